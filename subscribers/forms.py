"""The sign-up form."""

from typing import Any

from django import forms

from subscribers.addresses import check_address


class SubscribeForm(forms.Form):
    """One address, and nothing else."""

    address = forms.CharField(
        label="Email address",
        error_messages={"required": "Enter your email address, like name@example.org."},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "signup-%s", "label_suffix": "", **kwargs})

    def clean_address(self) -> str:
        """Return the address normalised; its errors say how to mend it."""
        return check_address(self.cleaned_data["address"])
