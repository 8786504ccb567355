"""What the admin pages of all rooms share: the boxes that editors fill in, help that teaches, lists to look at."""

from typing import Any

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminCheckboxSelectMultipleWidget

from publication.notices import SaysWhatWasKept

BOX = " ".join(BASE_INPUT_CLASSES)


class DayInput(forms.DateInput):
    """The browser's own date picker, which wants ISO 8601."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"format": "%Y-%m-%d", "attrs": {"class": f"{BOX} day"}, **kwargs})


class HourInput(forms.TimeInput):
    """The browser's own time picker."""

    input_type = "time"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"format": "%H:%M", "attrs": {"class": f"{BOX} hour"}, **kwargs})


class MomentInput(forms.SplitDateTimeWidget):
    """A day and an hour side by side, in the browser's own pickers."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        forms.MultiWidget.__init__(self, (DayInput(), HourInput()), attrs)

    def name_boxes(self, label: str) -> None:
        """Give each of the two boxes its own name."""
        for box, part in zip(self.widgets, ("day", "hour"), strict=True):
            box.attrs["aria-label"] = f"{label}: {part}"


class Explained(BaseModelAdmin):
    """Fields with help texts and examples of their own: what editors read, apart from what the tables hold."""

    helps: dict[str, str] = {}
    examples: dict[str, str] = {}
    formfield_overrides = {
        models.DateField: {"widget": DayInput},
        models.TimeField: {"widget": HourInput},
        models.DateTimeField: {"widget": MomentInput, "form_class": forms.SplitDateTimeField},
        models.ImageField: {"widget": forms.ClearableFileInput},
        models.ManyToManyField: {"widget": UnfoldAdminCheckboxSelectMultipleWidget},
    }

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Give a form field its help text and its example."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is None:
            return None
        field.help_text = self.helps.get(db_field.name, field.help_text)
        if example := self.examples.get(db_field.name):
            field.widget.attrs["placeholder"] = example
        if isinstance(field.widget, MomentInput):
            field.widget.name_boxes(str(field.label).capitalize())
        return field


class DeskAdmin(SaysWhatWasKept, Explained, ModelAdmin):
    """A page of the desk. `nothing_yet` is what an empty list says: what it is for, and how to begin."""

    nothing_yet = ""
    list_filter_sheet = False

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write down a change; a save that changed nothing is none."""
        return super().log_change(request, obj, message) if message else None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Explain in the same words what is only looked at."""
        kwargs["help_texts"] = {**self.helps, **kwargs.get("help_texts", {})}
        return super().get_form(request, obj, change, **kwargs)


class ExplainedInline(Explained):
    """Rows whose help is the same where they are only looked at."""

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Explain in the same words what is only looked at."""
        return super().get_formset(request, obj, **{"help_texts": self.helps, **kwargs})  # type: ignore[misc]


class DeskStackedInline(ExplainedInline, StackedInline):
    """Rows of fields on the page of what they belong to."""

    extra = 0


class DeskTabularInline(ExplainedInline, TabularInline):
    """Lines of a table on the page of what they belong to."""

    extra = 0


class NeverByHand(BaseModelAdmin):
    """What only the pages and the clock write."""

    actions: Any = None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds a row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a row."""
        return False


class ReadOnly(NeverByHand):
    """What is there to be looked at."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes a row."""
        return False


def number_of(rows: models.QuerySet, key: str) -> Coalesce:
    """Return how many rows refer to the row of the outer query by a foreign key: a number for each, in one query."""
    counted = rows.filter(**{key: OuterRef("pk")}).order_by().values(key).annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number")), 0)
