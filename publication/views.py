"""The standing pages, and the process's pulse."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is stored about readers, and what is not."""
    return render(request, "publication/privacy.html")


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say how these pages are made to be usable."""
    return render(request, "publication/accessibility.html")


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that this process lives; it asks nothing else."""
    return HttpResponse("ok", content_type="text/plain")
