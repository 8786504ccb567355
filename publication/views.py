"""The standing pages, and the process's pulse."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.views.csrf import csrf_failure as default_csrf_failure
from django.views.decorators.http import require_safe


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is stored about readers, and what is not."""
    return render(request, "publication/privacy.html")


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say how these pages are made to be usable."""
    return render(request, "publication/accessibility.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a POST without its token: the public pages that take none are only for reading."""
    if request.path.startswith("/admin/"):
        return default_csrf_failure(request, reason)
    return HttpResponseNotAllowed(["GET", "HEAD"])


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that this process lives; it asks nothing else."""
    return HttpResponse("ok", content_type="text/plain")
