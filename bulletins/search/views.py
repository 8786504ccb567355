"""The search's page."""

import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bulletins.freshness import fresh
from bulletins.models import Bulletin, Topic
from bulletins.search.asked import Asked, SearchForm
from bulletins.search.filters import filters
from bulletins.search.matches import LIMIT, TooSlow, found, holds_a_word, in_time, matches
from bulletins.search.places import places
from bulletins.search.snippets import shown
from bulletins.search.spelling import meant

A_PAGE = 20


@require_safe
@fresh
def search(request: HttpRequest) -> HttpResponse:
    """Show the items that match what is asked, the best first; or, where none does, where to go instead."""
    at = timezone.now()
    form = SearchForm(request.GET)
    if fault := form.fault():
        typed = Asked(str(form.cleaned_data.get("q", "")))
        return answer(request, {"fault": fault, "asked": typed, **ways_on(at)}, status=400)
    asked = form.asked()
    if not asked.words:
        return answer(request, {"asked": asked, **ways_on(at)})
    try:
        with in_time():
            return answer(request, results(asked, request.GET.get("page", ""), at))
    except TooSlow:
        return answer(request, {"asked": asked, "slow": True}, status=503)


def answer(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render the search's page."""
    response = render(request, "bulletins/search.html", context, status=status)
    if status == 503:
        response["Retry-After"] = "10"
    return response


def results(asked: Asked, number: str, at: datetime.datetime) -> dict[str, Any]:
    """Return what the page of a search shows; a number that no page has is the first or the last one's."""
    if not holds_a_word(asked):
        return {"asked": asked, "wordless": True, **ways_on(at)}
    matched = matches(asked, at)
    page = Paginator(matched.keys, A_PAGE).get_page(number)
    elsewhere = places(asked, at) if page.number == 1 else []
    if not matched.keys:
        return {"asked": asked, "places": elsewhere, **instead(asked, at), **ways_on(at)}
    return {
        "asked": asked,
        "places": elsewhere,
        "page": page,
        "items": shown(list(page.object_list), asked.query),
        "count": len(matched.keys),
        "more": matched.more,
        "limit": LIMIT,
        "filters": filters(asked, matched),
    }


def instead(asked: Asked, at: datetime.datetime) -> dict[str, Any]:
    """Return what may help where nothing matches: all topics and years, or the word that was meant."""
    if asked.narrowed and found(asked.everywhere, at).exists():
        return {"wider": asked.everywhere}
    return {"meant": meant(asked, at)}


def ways_on(at: datetime.datetime) -> dict[str, Any]:
    """Return where to go without a search: the topics and the newest issue."""
    newest = Bulletin.objects.published(at).newest_first().first()
    return {"topics": Topic.objects.in_use(at).order_by("-count", "name"), "newest": newest}
