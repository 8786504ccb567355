"""The parents' pages: the hub, one resource, and how a school links to them."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from publication.caching import standing
from resources.kit import SMS_CHARACTERS, kit
from resources.models import Helpline, Resource, ResourceTopic

RELATED = 4


@require_safe
@standing
def hub(request: HttpRequest) -> HttpResponse:
    """List all resources for parents, or those of the topic in the query, and all helplines."""
    wanted = request.GET.get("topic", "")
    topics = list(ResourceTopic.objects.with_counts())
    topic = next((topic for topic in topics if topic.slug == wanted), None)
    context = {
        "wanted": wanted,
        "topic": topic,
        "topics": topics,
        "total": Resource.objects.count(),
        "resources": Resource.objects.filter(topic__in=[topic] if topic else []) if wanted else Resource.objects.all(),
        "helplines": Helpline.objects.all(),
    }
    return render(request, "resources/hub.html", context)


@require_safe
@standing
def resource(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one resource, and a few beside it."""
    found = get_object_or_404(Resource.objects.select_related("topic"), slug=slug)
    context = {"resource": found, "others": Resource.objects.beside(found)[:RELATED]}
    return render(request, "resources/resource.html", context)


@require_safe
@standing
def link_to_us(request: HttpRequest) -> HttpResponse:
    """Show a school how to link to the hub from its own site."""
    address = settings.SITE_URL + reverse("resources:hub")
    context = {"hub_address": address, "kit": kit(address), "sms_characters": SMS_CHARACTERS}
    return render(request, "resources/link_to_us.html", context)
