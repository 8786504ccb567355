"""The parents' pages: the hub, one resource, and how a school links to them."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from resources.models import Resource


@require_safe
def hub(request: HttpRequest) -> HttpResponse:
    """List all resources for parents."""
    return render(request, "resources/hub.html", {"resources": Resource.objects.all()})


@require_safe
def resource(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one resource."""
    found = get_object_or_404(Resource, slug=slug)
    others = Resource.objects.exclude(pk=found.pk)
    return render(request, "resources/resource.html", {"resource": found, "others": others})


@require_safe
def link_to_us(request: HttpRequest) -> HttpResponse:
    """Show a school how to link to the hub from its own site."""
    address = settings.SITE_URL + reverse("resources:hub")
    return render(request, "resources/link_to_us.html", {"hub_address": address})
