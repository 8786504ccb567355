"""Correcting an issue that is out: silently, or with a dated note for its readers."""

import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import User
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from bulletins.forms import BulletinForm, SentenceField
from bulletins.models import Bulletin, Correction, NewsItem
from publication.models import one_line

SILENT, NOTED = "silent", "noted"
CHOICES = [
    (SILENT, "A typo: change it silently"),
    (NOTED, "What it says: tell readers"),
]


class CorrectionFields(forms.Form):
    """What is asked of whoever changes an issue that is out."""

    correction = forms.ChoiceField(
        choices=CHOICES,
        widget=UnfoldAdminRadioSelectWidget,
        label="This change is",
        error_messages={"required": "Readers have seen this issue: choose whether they are told of this change."},
    )
    correction_note = SentenceField(
        required=False,
        max_length=300,
        validators=[one_line],
        label="Note for readers",
        widget=UnfoldAdminTextareaWidget(
            attrs={"rows": 2, "placeholder": "Such as: The webinar is on 12 March, not on 11 March as we wrote."}
        ),
        help_text="One or two sentences: what was wrong, and what is right. It stands on the web with today’s date "
        "for good; only another correction corrects it.",
    )
    correction_about = forms.ModelChoiceField(
        NewsItem.objects.none(),
        required=False,
        empty_label="the issue as a whole",
        widget=UnfoldAdminSelectWidget,
        label="The note is about",
    )
    correction_letter = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanWidget,
        label="Go on to a letter to those who got the issue",
        help_text="Nothing is sent before you have seen it on a page of its own.",
    )

    def offer_items(self, bulletin: Bulletin, letter: bool) -> None:
        """Offer an issue's items, and a letter where there may be one."""
        self.fields["correction_about"].queryset = bulletin.items.order_by("section__position", "position", "pk")  # type: ignore[attr-defined]
        if not letter:
            del self.fields["correction_letter"]

    def check_note(self) -> None:
        """Refuse a note without words, and words that nobody would be shown."""
        how, note = self.cleaned_data.get("correction"), self.cleaned_data.get("correction_note")
        if how == NOTED and not note and "correction_note" not in self.errors:
            self.add_error("correction_note", "Say in a sentence what changed.")
        if how == SILENT and note:
            self.add_error("correction", "You wrote a note: choose to tell readers, or empty the note.")


class RestoreForm(CorrectionFields):
    """Bringing back the words of an issue that is out."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.check_note()
        return cleaned


class CorrectedBulletinForm(BulletinForm, CorrectionFields):
    """An issue that is out, and what readers are told of the change."""

    # Its month has been seen, and is no box any more.
    month = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_items(self.instance, letter=self.instance.audience == Bulletin.Audience.SUBSCRIBERS)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.check_note()
        return cleaned


def correct(bulletin: Bulletin, given: dict[str, Any], by: User, at: datetime.datetime) -> Correction | None:
    """Write down the note that was given with a change; of an item that this change deleted its headline stays."""
    if given.get("correction") != NOTED:
        return None
    about = given.get("correction_about")
    item = bulletin.items.filter(pk=about.pk).first() if about else None
    headline = str(item or about or "")
    return Correction.objects.create(
        bulletin=bulletin, item=item, headline=headline, at=at, by=by, note=given["correction_note"]
    )


def reason(given: dict[str, Any]) -> str | None:
    """Return what the history says of a change: nothing where nobody was asked."""
    return {SILENT: "a typo, corrected silently", NOTED: "corrected with a note"}.get(given.get("correction", ""))
