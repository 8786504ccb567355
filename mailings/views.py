"""The desk: approve an issue with both eyes open, take the approval back, or take a published issue down."""

from collections.abc import Callable
from typing import cast

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods, require_POST

from bulletins import approval
from bulletins.composition import compose
from bulletins.models import Bulletin
from mailings.acts import readers as readers_in_words
from mailings.forms import ApproveForm, ReasonForm
from mailings.opening import GRACE
from mailings.preflight import checklist
from mailings.rehearsal import readers, text_of
from mailings.releasing import release
from mailings.send_now_page import may_be_sent_now
from publication.log import record


def take_back(bulletin: Bulletin, who: str, reason: str) -> None:
    """Lapse the approval; the reason names who took it back."""
    approval.lapse(bulletin, timezone.now(), f"{who}: {reason}"[:200])


def withdraw(bulletin: Bulletin, who: str, reason: str) -> None:
    """Take a published issue down; readers see the reason, not the person."""
    approval.withdraw(bulletin, reason)


VERBS: dict[str, Callable[[Bulletin, str, str], None]] = {"take-back": take_back, "withdraw": withdraw}
NOW = {"take-back": "a draft", "withdraw": "withdrawn"}
PAST = {"take-back": "Took its approval back", "withdraw": "Took it down"}


@staff_member_required
@permission_required("bulletins.approve_bulletin", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what approving will do, to how many; on POST do it."""
    bulletin = get_object_or_404(Bulletin.objects.with_parts(), pk=pk)
    typed = not approval.needs_second_person(bulletin)
    form = ApproveForm(request.POST if request.method == "POST" else None, bulletin=bulletin, typed=typed)
    if request.method == "POST" and form.is_valid():
        try:
            release(bulletin, cast(User, request.user), timezone.now(), request.POST.get("seen", ""))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"{bulletin} is approved. {what_follows(bulletin)}")
            return redirect("admin:bulletins_bulletin_change", pk)
    return render(request, "mailings/approve.html", approve_context(request, bulletin, form))


def approve_context(request: HttpRequest, bulletin: Bulletin, form: ApproveForm) -> dict:
    """Return what the approve page shows; a fault that is on the checklist is said once, with the way to its field."""
    looked = checklist(bulletin, timezone.now())
    said = {entry.finding.sentence for entry in looked.blocking}
    faults = approval.faults(bulletin, cast(User, request.user))
    return {
        **admin.site.each_context(request),
        "title": f"Approve {bulletin}",
        "bulletin": bulletin,
        "form": form,
        "reason_form": ReasonForm(),
        "faults": [fault for fault in faults if fault not in said],
        "checklist": looked,
        "follows": what_follows(bulletin),
        "in_force": approval.approval_in_force(bulletin),
        "is_published": bulletin.is_published(timezone.now()),
        "held": is_held(bulletin),
        "may_send_now": may_be_sent_now(bulletin),
        "seen": compose(bulletin).fingerprint(),
        "letter": text_of(bulletin),
    }


def is_held(bulletin: Bulletin) -> bool:
    """Tell whether an issue is kept from being mailed because it changed after its approval."""
    for_mailing = bulletin.audience == Bulletin.Audience.SUBSCRIBERS and not bulletin.mailings.exists()
    return for_mailing and approval.changed_since(bulletin)


def what_follows(bulletin: Bulletin) -> str:
    """Say in a sentence what becomes of an issue once it is approved."""
    now, hour = timezone.now(), bulletin.publish_at
    if hour is None:
        return "It has no publication date yet."
    when = date_format(timezone.localtime(hour), "l j F Y, H:i")
    people = readers_in_words(readers())
    if bulletin.audience == Bulletin.Audience.ARCHIVE_ONLY:
        return f"It is in the archive from {when}; it is never mailed."
    if hour > now:
        return f"It goes to {people} on {when}."
    if now < hour + GRACE:
        return f"It goes to {people} within a minute."
    return f"Its hour, {when}, is more than 12 hours past: it joins the archive and is not mailed by itself."


@staff_member_required
@permission_required("bulletins.approve_bulletin", raise_exception=True)
@require_POST
def undo(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Take an approval back, or take a published issue down, with a reason."""
    bulletin = get_object_or_404(Bulletin, pk=pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say why, in one sentence.")
        return redirect("mailings:approve", pk)
    try:
        with transaction.atomic():
            VERBS[verb](bulletin, str(request.user), form.cleaned_data["reason"])
            record(request.user, bulletin, f"{PAST[verb]}: “{form.cleaned_data['reason']}”")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("mailings:approve", pk)
    messages.success(request, f"{bulletin} is {NOW[verb]} now.")
    return redirect("admin:bulletins_bulletin_change", pk)
