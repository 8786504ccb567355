"""The feeds' answers. They hold nothing of the request: the same for every reader and proxy."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from bulletins.addresses import whole
from bulletins.feeds.entries import Channel, of_issues, of_topic
from bulletins.feeds.formats import FORMATS
from bulletins.freshness import fresh
from bulletins.models import Topic


@require_safe
@fresh
def issues(request: HttpRequest, form: str) -> HttpResponse:
    """Give the newest issues as a feed."""
    return answer(request, of_issues(timezone.now()), form)


@require_safe
@fresh
def topic(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Give the newest items about a topic as a feed."""
    return answer(request, of_topic(get_object_or_404(Topic, slug=slug), timezone.now()), form)


def answer(request: HttpRequest, channel: Channel, form: str) -> HttpResponse:
    """Answer with a feed in one of its forms, which names its own address."""
    write, content_type = FORMATS[form]
    return HttpResponse(write(channel, whole(request.path)), content_type=content_type)
