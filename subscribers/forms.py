"""The sign-up form."""

import re
from typing import Any

from django import forms

from subscribers.addresses import check_address

# Programs fill in what sounds like a link for them to leave; no browser keeps one to offer.
TRAP = "website"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class AddressField(forms.CharField):
    """A mail address, checked and normalised; its errors say how to mend it."""

    def to_python(self, value: str | None) -> str:
        """Check before Django does, whose words for a NUL are no help."""
        typed = super().to_python(value)
        return check_address(typed) if typed else ""

    def prepare_value(self, value: str | None) -> str | None:
        """Show again what was typed, but for the control characters that no page may hold."""
        return CONTROL.sub("\N{REPLACEMENT CHARACTER}", value) if value else value


class SubscribeForm(forms.Form):
    """One address, and nothing else."""

    address = AddressField(
        label="Email address",
        error_messages={"required": "Enter your email address, like name@example.org."},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "signup-%s", "label_suffix": "", **kwargs})

    @property
    def is_of_a_program(self) -> bool:
        """Tell whether the field that no person sees is filled in."""
        return bool(self.data.get(TRAP))
