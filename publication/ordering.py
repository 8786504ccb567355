"""Lists of the desk whose rows have an order of their own."""

from typing import Any

from django.db.models import Max
from django.forms import ModelForm
from django.http import HttpRequest

from publication.desk import DeskAdmin


class RowForm(ModelForm):
    """One row of such a list: its number says whose it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].widget.attrs["aria-label"] = f"Order of {self.instance}"


class OrderedAdmin(DeskAdmin):
    """Rows that are dragged, or numbered, in the list; one that is added goes last."""

    ordering_field = "position"
    list_before_template = "admin/_order.html"
    actions: Any = None

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the form of a row."""
        return super().get_changelist_form(request, **{"form": RowForm, **kwargs})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save a row, the last one if it is added."""
        if not change:
            obj.position = (self.model._default_manager.aggregate(last=Max("position"))["last"] or 0) + 1
        super().save_model(request, obj, form, change)
