"""The forms with which an issue is released, or taken back."""

import unicodedata
from typing import Any

from django import forms

from bulletins.models import Bulletin
from mailings.models.mailing import NO_REASON
from publication.models import one_line


def required_words(words: str) -> str:
    """Return words that say something. Raises ValidationError."""
    if not words.strip():
        raise forms.ValidationError("Say why, in one sentence.")
    return words.strip()


class ApproveForm(forms.Form):
    """Approve; alone, with a typed confirmation."""

    confirmation = forms.CharField(required=False, max_length=60)

    def __init__(self, *args: Any, bulletin: Bulletin, typed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = bulletin.slug
        if not typed:
            del self.fields["confirmation"]
            return
        self.fields["confirmation"].label = f"Type {self.wanted} to confirm"

    def clean_confirmation(self) -> str:
        """Accept the issue's own address only."""
        typed = self.cleaned_data["confirmation"].strip().lower()
        if typed != self.wanted:
            raise forms.ValidationError(f"Type {self.wanted} to confirm that you approve this issue by yourself.")
        return typed


class ReasonField(forms.CharField):
    """A reason in one sentence; what turns words around is left out, for nobody who is in a hurry sees it."""

    default_validators = [one_line]

    def to_python(self, value: Any) -> str:
        """Return the words without what turns them around; what controls a terminal is refused, not left out."""
        words = super().to_python(value) or ""
        return "".join(letter for letter in words if unicodedata.category(letter) != "Cf")


class ReasonForm(forms.Form):
    """A reason in one sentence."""

    reason = ReasonField(max_length=200, label="Why, in one sentence")

    def clean_reason(self) -> str:
        """Return the reason; one without a word is none."""
        return required_words(self.cleaned_data["reason"])


class ActForm(forms.Form):
    """Why something is done to a mailing; may be left empty where nothing is lost by it."""

    reason = ReasonField(max_length=200, required=False, label="Why, in one sentence (may be left empty)")

    def clean_reason(self) -> str:
        """Return the reason, or that there is none: an act is never kept without words."""
        return self.cleaned_data["reason"].strip() or NO_REASON


class CancelForm(ReasonForm):
    """Cancel, surely and with a reason."""

    sure = forms.BooleanField(label="Yes, stop this mailing", error_messages={"required": "Tick that you are sure."})


class RetryForm(ActForm):
    """Retry what failed; what perhaps arrived only at a wish of its own."""

    abandoned = forms.BooleanField(
        required=False, label="Also those perhaps delivered: whoever did get it then has it twice"
    )
