"""The standing pages, the pictures, the process's pulse, and its apology."""

import sys

from django.conf import settings
from django.contrib import admin
from django.core.files.storage import default_storage
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from publication.caching import standing

AWAY_SECONDS = 60
# The class of PostgreSQL's error codes for an operator's intervention: 57P01 to 57P03 are its shutdown and start.
SHUTTING_DOWN = "57P"
# The desk, what is not published yet, what a reader was searching for, and the links that are somebody's own.
NOT_FOR_CRAWLERS = (
    "/admin/",
    "/drafts/",
    "/bulletins/search/?",
    "/subscribe/confirm/",
    "/unsubscribe/",
    "/preferences/",
)


@require_safe
@standing
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is stored about readers, and what is not."""
    return render(request, "publication/privacy.html")


@require_safe
@standing
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say how these pages are made to be usable."""
    return render(request, "publication/accessibility.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a POST without its token: the public pages that take none are only for reading."""
    if request.path.startswith("/admin/"):
        return out_of_date(request)
    return HttpResponseNotAllowed(["GET", "HEAD"])


def out_of_date(request: HttpRequest) -> HttpResponse:
    """Say that the sign-in changed while a page was open, and give back the words that were typed, to be copied.

    They are shown as text, and nothing that may be a password is among them.
    """
    title = "This page is out of date"
    context = {**admin.site.each_context(request), "title": title, "typed": typed_words(request)}
    answer = render(request, "admin/out_of_date.html", context, status=403)
    answer["Cache-Control"] = "no-store"
    return answer


def typed_words(request: HttpRequest) -> list[str]:
    """Return the texts that somebody sent with a form; nothing that may be a password is among them."""
    sent = ((name, str(words)) for name, words in request.POST.items() if "password" not in name)
    return [words for _, words in sent if " " in words]


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead those who ask for the icon where it used to be, without looking at the page."""
    return redirect(static("favicon.ico"), permanent=True)


@require_safe
def picture(request: HttpRequest, name: str) -> FileResponse:
    """Give a stored picture, which never changes: another one has another name."""
    try:
        file = default_storage.open(f"pictures/{name}")
    except FileNotFoundError as error:
        raise Http404("There is no such picture.") from error
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return FileResponse(file, headers=headers)


@require_safe
@standing
def robots(request: HttpRequest) -> HttpResponse:
    """Tell crawlers what is not theirs (RFC 9309), and where the map of the rest is."""
    closed = [f"Disallow: {start}" for start in NOT_FOR_CRAWLERS]
    lines = ["User-agent: *", *closed, "", f"Sitemap: {settings.SITE_URL}/sitemap.xml", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that this process lives; it asks nothing else."""
    return HttpResponse("ok", content_type="text/plain")


def server_error(request: HttpRequest) -> HttpResponse:
    """Apologise for a fault of ours; 503, with when to come again, where it is only that the database is away."""
    if is_away(sys.exc_info()[1]):
        return HttpResponse(get_template("503.html").render(), status=503, headers={"Retry-After": AWAY_SECONDS})
    return HttpResponse(get_template("500.html").render(), status=500)


def is_away(fault: BaseException | None) -> bool:
    """Tell whether a fault is that PostgreSQL cannot be reached or is shutting down: its own faults have a code.

    What psycopg2 raises for a connection that it finds lost only when it sends is a plain DatabaseError.
    """
    if not isinstance(fault, OperationalError | InterfaceError) and type(fault) is not DatabaseError:
        return False
    code = getattr(fault.__cause__, "pgcode", None)
    return not code or code.startswith(SHUTTING_DOWN)
