"""The forms that editors fill in."""

import datetime
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from bulletins.approval import approval_in_force
from bulletins.models import Bulletin
from bulletins.schedule import first_of_month, london_date
from bulletins.starting import last_issue
from publication.desk import DayInput
from publication.models import one_line

STANDING, LIKE_LAST = "standing", "last"
YEARS = range(1990, 2100)
OUT = "published"


def check_year(day: datetime.date) -> None:
    """Refuse a year that can only be a slip of the fingers."""
    if day.year not in YEARS:
        raise forms.ValidationError(f"Give a year between {YEARS[0]} and {YEARS[-1]}.")


class MonthField(forms.DateField):
    """Takes any day and keeps the first of its month."""

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day:
            check_year(day)
        return first_of_month(day) if day else day


class SentenceField(forms.CharField):
    """A sentence that is long enough to be typed in a box of several lines, and is stored as one."""

    widget = UnfoldAdminTextareaWidget

    def to_python(self, value: Any) -> str:
        """Join lines that were broken."""
        return " ".join((super().to_python(value) or "").split())


class NewBulletinForm(forms.ModelForm):
    """The first step: for which month, by whom, and what it starts with."""

    month = MonthField(widget=DayInput, help_text="Any day of the month that the issue is for.")
    structure = forms.ChoiceField(
        widget=UnfoldAdminRadioSelectWidget, required=False, label="It starts with", initial=STANDING
    )

    class Meta:
        model = Bulletin
        fields = ["month", "author", "special"]
        widgets = {"special": UnfoldBooleanSwitchWidget}
        help_texts = {"special": "Beside the month's own issue. You choose its day, and say why."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        last = last_issue()
        choices = [(STANDING, "the standing sections")]
        if last:
            choices.append((LIKE_LAST, f"the sections and closing words of {last}, without its items"))
        self.fields["structure"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a second issue of a month that nobody called special: each would be mailed."""
        cleaned = super().clean() or {}
        month = cleaned.get("month")
        if month is None or cleaned.get("special"):
            return cleaned
        own = Bulletin.objects.monthly().exclude(status=Bulletin.Status.WITHDRAWN).filter(month=month).first()
        if own:
            words = "{:%B %Y} has its issue already: “{}”. Open that one, or tick “A special issue” for one beside it."
            self.add_error("month", words.format(month, own))
        return cleaned


class BulletinForm(forms.ModelForm):
    """The issue itself."""

    month = MonthField(widget=DayInput, help_text="Any day of the month that the issue is for.")

    summary = SentenceField(
        required=False,
        max_length=300,
        validators=[one_line],
        widget=UnfoldAdminTextareaWidget(
            attrs={
                "rows": 2,
                "placeholder": "Such as: New guidance on phones in school, and four webinars before half-term.",
            }
        ),
        help_text="One sentence. It follows the subject in the inbox, and stands in lists and search results.",
    )

    # What the page was opened with: two people's edits must not overwrite each other without a word.
    seen = forms.CharField(widget=forms.HiddenInput, required=False, label="")

    class Meta:
        model = Bulletin
        fields = "__all__"  # noqa: DJ007
        labels = {"slug": "address"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = mark(self.instance)
        if "publish_at" in self.fields:
            self.fields["publish_at"].error_messages["invalid_date"] = "Give the day too, or clear the hour as well."

    def clean_publish_at(self) -> datetime.datetime | None:
        """Refuse an hour far out of time."""
        moment = self.cleaned_data["publish_at"]
        if moment:
            check_year(moment)
        return moment

    def clean(self) -> dict[str, Any]:
        """Refuse what was saved or published meanwhile, a day that is past, and an unexplained one elsewhere."""
        cleaned = super().clean() or {}
        stored = Bulletin.objects.select_related("last_edited_by").get(pk=self.instance.pk)
        self.check_meanwhile(stored, cleaned.get("seen"))
        moment, month = cleaned.get("publish_at"), cleaned.get("month")
        if moment and is_late(stored, moment) and cleaned.get("audience") == Bulletin.Audience.SUBSCRIBERS:
            when = date_format(timezone.localtime(moment), "j F Y")
            self.add_error("publish_at", f"{when} is past: choose a day to come, or make it an archive-only issue.")
        elif moment and month and first_of_month(london_date(moment)) != month and not cleaned.get("publish_reason"):
            self.add_error("publish_at", f"This day is not in {month:%B %Y}: say why in “reason for this day”.")
        return cleaned

    def check_meanwhile(self, stored: Bulletin, seen: str | None) -> None:
        """Raise ValidationError if the issue was changed, or published, since the page was opened.

        That it was published is said once: the page then knows it, and the next save is a correction.
        """
        if not seen:
            return
        opened, _, standing = seen.partition(" ")
        if opened != stored.updated_at.isoformat():
            raise forms.ValidationError(overtaken(stored, opened))
        if stored.is_published(timezone.now()) and standing != OUT:
            self.data = {**dict(self.data.items()), self.add_prefix("seen"): mark(stored)}
            raise forms.ValidationError(
                f"This issue was published at {clock(stored.publish_at)} while you had it open. Saving again corrects "
                "what readers see on the web; the letters that were sent stay as they are."
            )


def mark(bulletin: Bulletin) -> str:
    """Return what the page keeps of the issue it was opened with: when it was saved last, and whether it is out."""
    return f"{bulletin.updated_at.isoformat()} {OUT if bulletin.is_published(timezone.now()) else ''}".strip()


def is_late(stored: Bulletin, moment: datetime.datetime) -> bool:
    """Tell whether an issue that is to go out is given another moment, on a day that is past.

    An hour of today that has just struck is how an editor says "at once".
    """
    if london_date(moment) >= london_date(timezone.now()) or stored.status == Bulletin.Status.WITHDRAWN:
        return False
    # The boxes show no seconds.
    return stored.publish_at is None or moment.replace(second=0) != stored.publish_at.replace(second=0, microsecond=0)


def clock(moment: datetime.datetime | None) -> str:
    """Write an instant of today as London's clocks show it, and one of another day with that day."""
    if moment is None:
        return "an hour unknown"
    local = timezone.localtime(moment)
    return date_format(local, "H:i" if local.date() == timezone.localdate() else "H:i \\o\\n j F Y")


def overtaken(stored: Bulletin, opened: str) -> str:
    """Say who changed an issue after somebody opened it, when, and where it is to be seen as it stands."""
    approval, who = approval_in_force(stored), str(stored.last_edited_by or "Somebody")
    if approval and approval.at.isoformat() > opened:
        who, did, when = str(approval.by), "approved", approval.at
    else:
        did, when = "changed", stored.updated_at
    return format_html(
        "{} {} this issue at {}, after you opened it, so nothing was saved. Your text is still here: "
        '<a href="{}" target="_blank" rel="noopener">open the issue as it stands in a new tab</a>, '
        "put into it what you need of this page, and save there.",
        who,
        did,
        clock(when),
        reverse("admin:bulletins_bulletin_change", args=[stored.pk]),
    )


def ask_again(form: forms.BaseForm) -> None:
    """Say beside each upload of a form that comes back that it was not kept: no browser can fill its box again."""
    for name in form.fields:
        box = form[name]
        if isinstance(box.field, forms.FileField) and box.html_name in form.files and not box.errors:
            form.add_error(name, "Choose the picture again: it was not stored.")
