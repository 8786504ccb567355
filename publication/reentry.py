"""The password once more, before what cannot be taken back: a desk left open is not enough for that."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest


class PasswordAgain(forms.Form):
    """Asks whoever is signed in for their own password.

    A wrong one counts as at signing in (django-axes): who types five is locked out, and the answer becomes the page
    that says so.
    """

    # The name that django-axes leaves out of what it keeps.
    password = forms.CharField(
        max_length=4096,
        strip=False,
        label="Your password, once more",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        """Accept the password of this very person; what was typed goes no further."""
        name = self.request.user.get_username()
        known = authenticate(self.request, username=name, password=self.cleaned_data["password"])
        if known != self.request.user:
            raise forms.ValidationError("That is not your password.")
        return ""
