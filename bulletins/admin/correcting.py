"""What the write screen asks of whoever changes an issue that is out."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from bulletins.corrections import correct
from bulletins.models import Bulletin

ASKED = (
    "What readers are told",
    {
        "fields": ["correction", "correction_note", "correction_about", "correction_letter"],
        "description": "This issue is out. Saving changes what readers see on the web at once; letters that have left "
        "stay as they are.",
    },
)


def is_out(bulletin: Bulletin | None) -> bool:
    """Tell whether an issue was out when the page began to be made: asked once, so that all of the page agrees."""
    if bulletin is None:
        return False
    if not hasattr(bulletin, "_is_out"):
        bulletin._is_out = bulletin.is_published(timezone.now())  # type: ignore[attr-defined]
    return bool(bulletin._is_out)  # type: ignore[attr-defined]


def asked(bulletin: Bulletin, fieldsets: list[Any]) -> list[Any]:
    """Return the boxes of the page of an issue that is out, with those about the correction after the first."""
    name, options = ASKED
    letter = bulletin.audience == Bulletin.Audience.SUBSCRIBERS
    fields = [field for field in options["fields"] if letter or field != "correction_letter"]
    return [*fieldsets[:1], (name, {**options, "fields": fields}), *fieldsets[1:]]


def note_correction(request: HttpRequest, bulletin: Bulletin, given: dict[str, Any]) -> None:
    """Write down the note that came with a change, and say what readers see of it."""
    if correct(bulletin, given, request.user, timezone.now()):  # type: ignore[arg-type]
        messages.success(request, "The note stands on the issue’s page, with today’s date.")


def on_to_the_letter(request: HttpRequest, bulletin: Bulletin, given: dict[str, Any]) -> HttpResponse | None:
    """Lead to the letter about a correction, where that was asked for; who may not send one is told who may."""
    if not given.get("correction_letter"):
        return None
    if not request.user.has_perm("bulletins.approve_bulletin"):
        messages.warning(request, "A letter about it is sent by somebody who may approve issues: ask one of them.")
        return None
    return HttpResponseRedirect(reverse("mailings:correction_letter", args=[bulletin.pk]))
