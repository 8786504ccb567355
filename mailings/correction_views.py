"""The page on which a letter about a correction is written, looked at, and sent."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bulletins.models import Bulletin
from mailings.correction import (
    Request,
    Wording,
    faults,
    first_wording,
    freeze_correction,
    next_number,
    send_correction,
    whom,
)
from mailings.instants import Clock
from mailings.letter import Frozen
from mailings.mime import slot
from mailings.progress import kept
from mailings.rehearsal import NOBODYS_TOKEN
from mailings.steer_views import DESK
from mailings.tasks import tick
from mailings.waking import wake
from publication.editor import EditorField
from publication.links import check_links, with_safe_links
from publication.log import record
from publication.models import one_line
from publication.reading import count_words
from publication.reentry import PasswordAgain
from publication.richtext import clean_html


class CorrectionLetterForm(PasswordAgain):
    """Subject and text; to send it, also what was seen of it, a typed confirmation and the password once more."""

    subject = forms.CharField(max_length=170, validators=[one_line])
    body = EditorField(label="Text", validators=[check_links])
    number = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    confirmation = forms.CharField(required=False, max_length=60)

    def __init__(self, *args: Any, bulletin: Bulletin, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = bulletin.slug
        self.fields["confirmation"].label = f"Type {self.wanted} to confirm"
        self.fields["password"].required = "send" in self.data

    def clean_password(self) -> str:
        """Ask for the password to send only."""
        return super().clean_password() if "send" in self.data else ""

    def clean_body(self) -> str:
        """Return the text as it is printed; refuse one without a word."""
        body = with_safe_links(clean_html(self.cleaned_data["body"]))
        if not count_words(body):
            raise forms.ValidationError("Say what was wrong, and what is right.")
        return body

    def clean(self) -> dict[str, Any]:
        """Refuse to send what was not confirmed; looking at it needs no confirmation."""
        cleaned = super().clean() or {}
        if "send" in self.data and cleaned.get("confirmation", "").strip().lower() != self.wanted:
            self.add_error("confirmation", f"Type {self.wanted} to confirm that this letter goes out.")
        return cleaned

    def wording(self) -> Wording:
        """Return what was written."""
        return Wording(self.cleaned_data["subject"].strip(), self.cleaned_data["body"])

    def asked(self) -> Request:
        """Return which letter is asked for."""
        return Request(self.cleaned_data["number"], self.cleaned_data["seen"])


@staff_member_required
@permission_required("bulletins.approve_bulletin", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
def correction_letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a letter about a correction; show how it will read; on a confirmed POST send it."""
    bulletin = get_object_or_404(Bulletin, pk=pk)
    form = form_for(request, bulletin)
    found = faults(bulletin, cast(User, request.user))
    written = request.method == "POST" and form.is_valid()
    if written and "send" in request.POST and (mailing := send(request, bulletin, form)):
        return redirect(DESK, mailing)
    frozen = freeze_correction(bulletin, form.wording(), Clock.read().now()) if may_show(form) else None
    context = {
        **admin.site.each_context(request),
        "title": f"Letter about a correction of {bulletin}",
        "bulletin": bulletin,
        "form": form,
        "faults": found,
        "whom": whom(bulletin),
        "preview": preview(frozen) if frozen and not found else None,
        "first_letter": next_number(bulletin) == 1,
    }
    return render(request, "mailings/correction_letter.html", context)


def form_for(request: HttpRequest, bulletin: Bulletin) -> CorrectionLetterForm:
    """Return the form as it was sent, or one that begins with the newest note."""
    if request.method == "POST":
        return CorrectionLetterForm(request.POST, bulletin=bulletin, request=request)
    first = first_wording(bulletin)
    given = {"subject": first.subject, "body": first.body, "number": next_number(bulletin)}
    return CorrectionLetterForm(initial=given, bulletin=bulletin, request=request)


def may_show(form: CorrectionLetterForm) -> bool:
    """Tell whether there is a whole letter to show, confirmed or not."""
    return form.is_bound and not {"subject", "body", "number"} & set(form.errors)


def preview(frozen: Frozen) -> dict[str, str]:
    """Return a letter as it will read, and the hash by which it is known again."""
    html, text = (part.replace(slot("token"), NOBODYS_TOKEN) for part in (frozen.html, frozen.text))
    return {"subject": frozen.subject, "html": html, "text": text, "seen": frozen.content_hash()}


def send(request: HttpRequest, bulletin: Bulletin, form: CorrectionLetterForm) -> int | None:
    """Send the letter and wake the workers; return the mailing's key, or None with the reasons in the form."""
    by, at = cast(User, request.user), Clock.read().now()
    try:
        mailing = send_correction(bulletin, form.wording(), form.asked(), by, at)
    except (ValidationError, ValueError) as error:
        form.add_error(None, error if isinstance(error, ValidationError) else ValidationError(str(error)))
        return None
    kept.forget()
    messages.success(
        request, f"The letter is on its way to {mailing.planned:,} reader{'' if mailing.planned == 1 else 's'}."
    )
    record(by, bulletin, f"Sent a letter about a correction to {mailing.planned:,} of its readers.")
    wake(request, tick)
    return int(mailing.pk)
