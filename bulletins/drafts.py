"""An issue before it is published, shown to whoever has its link: signed, for a week, and found by no search engine."""

import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from bulletins.composition import compose
from bulletins.models import Bulletin
from bulletins.upkeep.notices import notices

LINK_LASTS = datetime.timedelta(days=7)
SALT = "bulletins.drafts"


class LinkOver(Exception):
    """A reviewer's link that nobody signed, or whose week is over."""


def draft_token(bulletin: Bulletin, until: datetime.datetime) -> str:
    """Return what opens an issue before it is published, until an instant."""
    return signing.dumps([bulletin.pk, int(until.timestamp())], salt=SALT)


def draft_link(bulletin: Bulletin, at: datetime.datetime) -> str:
    """Return the whole address to give to a reviewer, good for a week from an instant."""
    return settings.SITE_URL + reverse("bulletins:draft", args=[draft_token(bulletin, at + LINK_LASTS)])


def read_token(token: str, at: datetime.datetime) -> tuple[int, datetime.datetime]:
    """Return an issue's key and when its link ends; raise LinkOver where it does not open anything."""
    try:
        key, seconds = signing.loads(token, salt=SALT)
    except signing.BadSignature as fault:
        raise LinkOver from fault
    until = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    if at >= until:
        raise LinkOver
    return key, until


def draft_context(bulletin: Bulletin, at: datetime.datetime) -> dict[str, Any]:
    """Return what the issue's page shows as long as the issue is not published."""
    context = {"bulletin": bulletin, "issue": compose(bulletin), "others": bulletin.others(at)}
    return {**context, "at": at, "notices": notices(bulletin, at), "draft": True}


def kept_private(response: HttpResponse) -> HttpResponse:
    """Keep an answer out of search engines, caches and other sites' logs."""
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    add_never_cache_headers(response)
    return response


@require_safe
def draft(request: HttpRequest, token: str) -> HttpResponse:
    """Show an issue to somebody who has its link; one that is published is at its own address."""
    at = timezone.now()
    try:
        key, until = read_token(token, at)
    except LinkOver:
        return kept_private(render(request, "bulletins/link_over.html", status=410))
    bulletin = get_object_or_404(Bulletin.objects.with_parts(), pk=key)
    if bulletin.status == Bulletin.Status.WITHDRAWN or bulletin.is_published(at):
        return kept_private(redirect(bulletin))
    context = {**draft_context(bulletin, at), "until": until, "token": token}
    return kept_private(render(request, "bulletins/issue.html", context))
