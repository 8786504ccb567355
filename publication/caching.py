"""Pages that are the same for everybody: how long a cache may keep them, and how it asks whether they changed."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.http import http_date

# Seconds after which no cache shows a page that was corrected; half of them a copy may be shown while it is renewed.
LONGEST = 10
KEPT = (200, 302, 410)


@dataclass(frozen=True)
class Moments:
    """When what a page shows was changed last, and when it changes by itself; None where that is not known."""

    changed: datetime.datetime | None = None
    ends: datetime.datetime | None = None


def cacheable(moments: Callable[[datetime.datetime], Moments]) -> Callable[..., Any]:
    """Return a decorator for views whose page anybody may be shown again, until the moment at which it changes."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            known = moments(timezone.now())
            return marked(request, view(request, *args, **kwargs), known)

        return answer

    return decorate


def marked(request: HttpRequest, response: HttpResponse, known: Moments) -> HttpResponseBase:
    """Say how long an answer may be kept; answer 304 to whoever has this very page.

    The ETag alone decides that: an author's new name changes a page and no date of it.
    """
    if response.status_code not in KEPT:
        return response
    response["Cache-Control"] = cache_control(known.ends, timezone.now())
    if known.changed:
        response["Last-Modified"] = http_date(known.changed.timestamp())
    if response.status_code != 200:
        return response
    set_response_etag(response)
    return get_conditional_response(request, etag=response.get("ETag"), response=response) or response


def cache_control(ends: datetime.datetime | None, at: datetime.datetime) -> str:
    """Return what caches are told (RFC 9111, 5.2.2, and RFC 5861): a page is never shown past its end."""
    left = LONGEST if ends is None else min(LONGEST, int((ends - at).total_seconds()))
    if left <= 0:
        return "public, no-cache"
    renewing = left // 2
    return f"public, max-age={left - renewing}, stale-while-revalidate={renewing}"


# For pages that only staff change.
standing = cacheable(lambda at: Moments())
