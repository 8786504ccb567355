"""The forms with which an issue is released, or taken back."""

from typing import Any

from django import forms

from bulletins.models import Bulletin
from publication.models import one_line


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
        typed = self.cleaned_data["confirmation"].strip()
        if typed != self.wanted:
            raise forms.ValidationError(f"Type {self.wanted} to confirm that you approve this issue by yourself.")
        return typed


class ReasonForm(forms.Form):
    """A reason in one sentence."""

    reason = forms.CharField(max_length=200, validators=[one_line], label="Why, in one sentence")
