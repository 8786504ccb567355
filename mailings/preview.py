"""Look at an issue exactly as it will be mailed and printed: letter, phone, dark, text, inbox, web page."""

from pathlib import Path
from typing import Any, cast

from csp.decorators import csp_replace
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from bulletins.drafts import LinkOver, draft_context, draft_link, kept_private, read_token
from bulletins.models import Bulletin
from mailings.letter import Frozen
from mailings.mime import slot
from mailings.rehearsal import NOBODYS_TOKEN, frozen_now
from mailings.tasks import post_letters
from mailings.test_letters import AskForm, ask, lately
from mailings.waking import wake
from publication.log import record
from publication.models import Publication
from publication.palette import in_palette

KINDS = {"letter": "Letter", "web": "Web page", "text": "Plain text"}
# A letter's column, a page with its contents beside it, and the commonest phone, in CSS pixels.
WIDTHS = {"letter": (640, 375), "web": (1200, 375)}


@staff_member_required
@permission_required("bulletins.view_bulletin", raise_exception=True)
@require_safe
@never_cache
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an issue in one of its shapes, what an inbox shows of it, and the ways to let others see it."""
    bulletin = get_object_or_404(Bulletin, pk=pk)
    kind = request.GET.get("show", "letter")
    context = {
        **admin.site.each_context(request),
        **shown(bulletin, kind if kind in KINDS else "letter", "dark" in request.GET),
        "title": f"Preview of {bulletin}",
        "bulletin": bulletin,
        "draft_link": "" if bulletin.is_published(timezone.now()) else draft_link(bulletin, timezone.now()),
        "form": AskForm(asker=request.user),
        "tests": lately(bulletin),
        "may_test": request.user.has_perm("bulletins.change_bulletin"),
    }
    return render(request, "mailings/preview.html", context)


def shown(bulletin: Bulletin, kind: str, dark: bool) -> dict[str, Any]:
    """Return what the page shows of one shape."""
    frozen = frozen_now(bulletin)
    return {
        "kinds": KINDS,
        "kind": kind,
        "kind_name": KINDS[kind],
        "dark": dark,
        "widths": WIDTHS.get(kind, ()),
        "frozen": frozen,
        "hash": frozen.content_hash(),
        "sender": Publication.objects.current().sender,
        "text": frozen.text.replace(slot("token"), NOBODYS_TOKEN),
    }


@staff_member_required
@permission_required("bulletins.view_bulletin", raise_exception=True)
@require_safe
@never_cache
@xframe_options_sameorigin
@csp_replace({"script-src": ["'none'"], "form-action": ["'none'"]})  # type: ignore[arg-type]
def letter_frame(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the letter's HTML, in the colours that were asked for."""
    frozen = frozen_now(get_object_or_404(Bulletin, pk=pk))
    return HttpResponse(in_palette(html_of(frozen), "dark" in request.GET))


@staff_member_required
@permission_required("bulletins.view_bulletin", raise_exception=True)
@require_safe
@never_cache
@xframe_options_sameorigin
@csp_replace({"script-src": ["'none'"], "form-action": ["'none'"]})  # type: ignore[arg-type]
def web_frame(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the issue's web page as it will be, in the colours that were asked for."""
    bulletin = get_object_or_404(Bulletin.objects.with_parts(), pk=pk)
    words = {"publication": Publication.objects.current()}
    context = {**draft_context(bulletin, timezone.now()), **words, "draft": False}
    page = render_to_string("bulletins/issue.html", context, request)
    return HttpResponse(in_palette(with_its_styles(page), "dark" in request.GET))


def with_its_styles(page: str) -> str:
    """Return a page with the site's style sheet inside it, so that its colours can be fixed."""
    sheet = Path(str(finders.find("site.css"))).read_text().replace('url("', f'url("{static("")}')
    link = f'<link rel="stylesheet" href="{static("site.css")}">'
    return page.replace(link, f"<style>{sheet}</style>")


def html_of(frozen: Frozen) -> str:
    """Return a letter's HTML with an unsubscribe link that belongs to nobody."""
    return frozen.html.replace(slot("token"), NOBODYS_TOKEN)


@staff_member_required
@permission_required("bulletins.change_bulletin", raise_exception=True)
@require_POST
def send_test_letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a test of the letter as it stands, to oneself or to named staff."""
    bulletin = get_object_or_404(Bulletin, pk=pk)
    form = AskForm(request.POST, asker=request.user)
    if not form.is_valid():
        messages.error(request, "No test was sent: tick at least one person.")
        return back(request, pk)
    to, by = form.cleaned_data["to"], cast(User, request.user)
    number = ask(bulletin, to, by, timezone.now())
    record(by, bulletin, f"Sent a test to {', '.join(to)}.")
    messages.success(request, f"A test is on its way to {number} {'person' if number == 1 else 'people'}.")
    wake(request, post_letters)
    return back(request, pk)


def back(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead back to the part of the preview that tells of tests."""
    return redirect(reverse("mailings:preview", args=[pk]) + "#tests")


@require_safe
@csp_replace({"style-src": ["'unsafe-inline'"], "script-src": ["'none'"]})  # type: ignore[arg-type]
def draft_letter(request: HttpRequest, token: str) -> HttpResponse:
    """Show the letter to somebody who has a reviewer's link."""
    at = timezone.now()
    try:
        key, _ = read_token(token, at)
    except LinkOver:
        return kept_private(render(request, "bulletins/link_over.html", status=410))
    bulletin = get_object_or_404(Bulletin, pk=key)
    if bulletin.status == Bulletin.Status.WITHDRAWN or bulletin.is_published(at):
        return kept_private(redirect(bulletin))
    return kept_private(HttpResponse(html_of(frozen_now(bulletin))))
