"""The mailbox on the web: what every reader of the demo got."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from demo import letters

PAGE = 50


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """List the letters, the newest first."""
    page = Paginator(letters.keys(), PAGE).get_page(request.GET.get("page"))
    shown = [found for key in page if (found := letters.letter(key))]
    context = {"page": page, "letters": shown, "of_issues": letters.of_issues()}
    return render(request, "demo/mailbox.html", context)


@require_safe
def letter(request: HttpRequest, key: str) -> HttpResponse:
    """Show one letter: as HTML, as text, and its header."""
    found = found_or_404(key)
    return render(request, "demo/letter.html", {"letter": found, "text": found.part("plain")})


@require_safe
@xframe_options_sameorigin
def html(request: HttpRequest, key: str) -> HttpResponse:
    """Show a letter's HTML part by itself; its links work, anything active in it does not."""
    page = found_or_404(key).part("html") or "<p>This letter has no HTML part."
    # The letter stands in a frame: its links lead the whole window on.
    response = HttpResponse(page.replace("<head>", '<head><base target="_top">', 1))
    response["Content-Security-Policy"] = (
        "sandbox allow-popups allow-top-navigation-by-user-activation allow-same-origin; "
        "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
    )
    return response


@require_safe
def raw(request: HttpRequest, key: str) -> HttpResponse:
    """Give a letter as it came over the wire."""
    return HttpResponse(found_or_404(key).raw, content_type="text/plain; charset=utf-8")


def found_or_404(key: str) -> letters.Letter:
    """Return a letter or answer 404."""
    found = letters.letter(key)
    if found is None:
        raise Http404("There is no such letter.")
    return found
