"""The page on which a person mails an approved issue at once, whatever its hour."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bulletins.models import Bulletin
from bulletins.words import moment_in_words
from mailings.acts import letters
from mailings.forms import ReasonForm
from mailings.instants import Clock
from mailings.models import Mailing
from mailings.opening import refuse_unready, send_now
from mailings.progress import kept
from mailings.rehearsal import readers
from mailings.steer_views import DESK
from mailings.tasks import tick
from mailings.waking import wake
from publication.reentry import PasswordAgain


class SendNowForm(PasswordAgain, ReasonForm):
    """A reason, the issue's own address typed, and the password once more."""

    confirmation = forms.CharField(max_length=60)
    field_order = ["reason", "confirmation", "password"]

    def __init__(self, *args: Any, bulletin: Bulletin, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = bulletin.slug
        self.fields["confirmation"].label = f"Type {self.wanted} to confirm"

    def clean_confirmation(self) -> str:
        """Accept the issue's own address only."""
        if self.cleaned_data["confirmation"].strip().lower() != self.wanted:
            raise forms.ValidationError(f"Type {self.wanted} to confirm that this issue is to leave now.")
        return self.wanted


@staff_member_required
@permission_required("bulletins.approve_bulletin", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
def send_now_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what sending now does, to how many; on POST do it."""
    bulletin = get_object_or_404(Bulletin.objects.with_parts(), pk=pk)
    given = request.POST if request.method == "POST" else None
    form = SendNowForm(given, bulletin=bulletin, request=request)
    if request.method == "POST" and form.is_valid():
        try:
            mailing = send(request, bulletin, form.cleaned_data["reason"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"The mailing has begun: {letters(mailing.planned)} on their way.")
            return redirect(DESK, mailing.pk)
    return render(request, "mailings/send_now.html", send_now_context(request, bulletin, form))


def send(request: HttpRequest, bulletin: Bulletin, reason: str) -> Mailing:
    """Open the mailing and wake the workers. Raises a ValidationError that says why it cannot be sent."""
    try:
        mailing = send_now(bulletin, cast(User, request.user), reason, Clock.read().now())
    except ValueError as error:
        raise ValidationError(f"{bulletin} cannot be written as a letter: {error}") from error
    kept.forget()
    wake(request, tick)
    return mailing


def send_now_context(request: HttpRequest, bulletin: Bulletin, form: SendNowForm) -> dict:
    """Return what the page shows."""
    return {
        **admin.site.each_context(request),
        "opts": Bulletin._meta,
        "original": bulletin,
        "title": f"Send {bulletin} now",
        "bulletin": bulletin,
        "form": form,
        "refusals": refusals(bulletin),
        "mailing": bulletin.mailings.filter(number=0).only("pk").first(),
        "readers": readers(),
        "hour": moment_in_words(bulletin.publish_at),
        "is_ahead": bulletin.publish_at is not None and bulletin.publish_at > timezone.now(),
    }


def refusals(bulletin: Bulletin) -> list[str]:
    """Return why an issue cannot be sent now, if it cannot."""
    try:
        refuse_unready(bulletin)
    except ValidationError as error:
        return error.messages
    return []


def may_be_sent_now(bulletin: Bulletin) -> bool:
    """Tell whether sending now is worth offering: an approved issue for subscribers that nobody has mailed."""
    approved = bulletin.status == Bulletin.Status.APPROVED and bulletin.audience == Bulletin.Audience.SUBSCRIBERS
    return approved and not bulletin.mailings.filter(number=0).exists()
