"""Pages that are the same for everybody: how long a cache may keep them, and how it asks whether they changed."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.http import http_date

# After this long no cache shows a page as it was before its correction.
LONGEST = datetime.timedelta(seconds=10)
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
            asked = timezone.now()
            known = moments(asked)
            end = min(asked + LONGEST, known.ends or asked + LONGEST)
            return marked(request, view(request, *args, **kwargs), known.changed, end)

        return answer

    return decorate


def marked(
    request: HttpRequest, response: HttpResponse, changed: datetime.datetime | None, end: datetime.datetime
) -> HttpResponseBase:
    """Say until when an answer may be kept; answer 304 to whoever has this very page.

    The ETag alone decides that: an author's new name changes a page and no date of it.
    """
    if response.status_code not in KEPT:
        return response
    response["Cache-Control"] = cache_control(end, timezone.now())
    if changed:
        response["Last-Modified"] = http_date(changed.timestamp())
    if response.status_code != 200:
        return response
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    set_response_etag(response)
    return get_conditional_response(request, etag=response.get("ETag"), response=response) or response


def cache_control(end: datetime.datetime, at: datetime.datetime) -> str:
    """Return what caches are told (RFC 9111, 5.2.2, and RFC 5861): a copy is never shown past its end.

    They count whole seconds, and show a copy to the end of its last one. In the second half of the time they may show
    it while they renew it.
    """
    left = int((end - at).total_seconds()) - 1
    if left <= 0:
        return "public, no-cache"
    return f"public, max-age={left - left // 2}, stale-while-revalidate={left // 2}"


# For pages that only staff change.
standing = cacheable(lambda at: Moments())
