"""The forms that editors fill in."""

from typing import Any

from django import forms

from bulletins.models import Bulletin
from bulletins.schedule import first_of_month


class MonthField(forms.DateField):
    """Takes any day and keeps the first of its month."""

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        return first_of_month(day) if day else day


class DayInput(forms.DateInput):
    """The browser's own date picker, which wants ISO 8601."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"format": "%Y-%m-%d", **kwargs})


class NewBulletinForm(forms.ModelForm):
    """The first step: for which month, and by whom."""

    month = MonthField(widget=DayInput, help_text="Any day of the month that the issue is for.")

    class Meta:
        model = Bulletin
        fields = ["month", "author"]


class BulletinForm(forms.ModelForm):
    """The issue itself."""

    month = MonthField(widget=DayInput, help_text="Any day of the month that the issue is for.")

    class Meta:
        model = Bulletin
        fields = "__all__"  # noqa: DJ007
