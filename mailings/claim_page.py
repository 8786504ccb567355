"""The page on which a person makes this installation the one that sends from its database."""

from typing import cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from mailings.claiming import claim, outlook
from mailings.rehearsal import readers
from publication.models import one_line


class ClaimForm(forms.Form):
    """A reason, and this installation's own name, typed."""

    reason = forms.CharField(max_length=200, validators=[one_line], label="Why, in one sentence")
    confirmation = forms.CharField(max_length=200)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["confirmation"].label = f"Type {settings.SENDER_IDENTITY} to confirm"

    def clean_confirmation(self) -> str:
        """Accept this installation's own name only."""
        typed = self.cleaned_data["confirmation"].strip()
        if typed != settings.SENDER_IDENTITY:
            raise forms.ValidationError(f"Type {settings.SENDER_IDENTITY} to confirm that it is to send from now on.")
        return typed


@staff_member_required
@permission_required("publication.add_senderclaim", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def claim_page(request: HttpRequest) -> HttpResponse:
    """Say who sends from this database and what claiming it does; on POST do it."""
    form = ClaimForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            paused = claim(cast(User, request.user), form.cleaned_data["reason"], timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"{settings.SENDER_IDENTITY} sends from now on. {what_is_paused(paused)}")
            return redirect("mailings:claim")
    return render(request, "mailings/claim.html", claim_context(request, form))


def claim_context(request: HttpRequest, form: ClaimForm) -> dict:
    """Return what the page shows."""
    return {
        **admin.site.each_context(request),
        "title": "Who sends",
        "identity": settings.SENDER_IDENTITY,
        "outlook": outlook(timezone.now()),
        "readers": readers(),
        "form": form,
    }


def what_is_paused(number: int) -> str:
    """Say in a sentence what waits for a person after a claim."""
    if not number:
        return "No mailing was under way."
    which = "1 mailing is" if number == 1 else f"{number} mailings are"
    return f"{which} paused: look whether the other installation sent it, then resume or cancel."
