"""Who may post a form, and what a page behind a secret link tells the world.

Public pages set no cookie, so there is no session for another site to borrow and no CSRF token to compare.
What is left is a site that posts our forms from its visitors' browsers, and those say where they come from.
"""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponse]


def from_elsewhere(request: HttpRequest, has_token: bool) -> bool:
    """Tell whether a browser says that another site's page made this request; silence is no such word."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site not in (None, "same-origin", "none"):
        return True
    if origin == "null":
        # Our pages behind a secret link send no referrer, and a browser then posts "Origin: null" (Fetch).
        return site is None and not has_token
    return origin not in (None, settings.SITE_URL, f"{request.scheme}://{request.get_host()}")


def own_pages_only(view: View) -> View:
    """Refuse, with 403 and a plain page, a POST that another site's page made."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: str) -> HttpResponse:
        if request.method == "POST" and from_elsewhere(request, "token" in kwargs):
            return render(request, "subscribers/refused.html", status=403)
        return view(request, **kwargs)

    return csrf_exempt(guarded)


def private(view: View) -> View:
    """Keep the page behind a secret link out of search engines, caches and referrers."""

    @wraps(view)
    def kept(request: HttpRequest, **kwargs: str) -> HttpResponse:
        response = view(request, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-store"
        return response

    return kept
