"""The forms that editors fill in."""

import datetime
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from bulletins.models import Bulletin
from bulletins.schedule import first_of_month, london_date
from publication.desk import DayInput
from publication.models import one_line

YEARS = range(1990, 2100)


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
    """The first step: for which month, and by whom."""

    month = MonthField(widget=DayInput, help_text="Any day of the month that the issue is for.")

    class Meta:
        model = Bulletin
        fields = ["month", "author"]


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

    # When the page was opened: two people's edits must not overwrite each other without a word.
    seen = forms.CharField(widget=forms.HiddenInput, required=False, label="")

    class Meta:
        model = Bulletin
        fields = "__all__"  # noqa: DJ007
        labels = {"slug": "address"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = self.instance.updated_at.isoformat()

    def clean_publish_at(self) -> datetime.datetime | None:
        """Refuse an hour far out of time."""
        moment = self.cleaned_data["publish_at"]
        if moment:
            check_year(moment)
        return moment

    def clean(self) -> dict[str, Any]:
        """Refuse to overwrite what somebody saved meanwhile, and an unexplained day outside the issue's month."""
        cleaned = super().clean() or {}
        stored = Bulletin.objects.select_related("last_edited_by").get(pk=self.instance.pk)
        if cleaned.get("seen") and cleaned["seen"] != stored.updated_at.isoformat():
            raise forms.ValidationError(
                f"{stored.last_edited_by or 'Somebody'} saved or approved this issue after you opened it. Your text is "
                "still here: copy what you need, load the page anew, and put it in again."
            )
        moment, month = cleaned.get("publish_at"), cleaned.get("month")
        if moment and month and first_of_month(london_date(moment)) != month and not cleaned.get("publish_reason"):
            self.add_error("publish_at", f"This day is not in {month:%B %Y}: say why in “reason for this day”.")
        return cleaned
