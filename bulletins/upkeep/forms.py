"""The form of an item's own page at the desk: where it has it from, whether it still holds, what took its place."""

import datetime
import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import inlineformset_factory
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from bulletins.corrections import RestoreForm
from bulletins.forms import check_year
from bulletins.models import NewsItem, Source
from publication.desk import DayInput

# Both an item's own page and its place in its issue.
ADDRESS = re.compile(r"(?:^|/)(?P<year>[0-9]{4})/(?P<issue>[-\w]+)/#?(?P<item>[-\w]+)/?$")
TODAY = "checked_today"
UNKNOWN = "No item has this address: choose one of the list, or paste the address of the item’s own page."


def path_of(item: NewsItem) -> str:
    """Return what names an item whose issue is loaded: the path of its page, be that published yet or not."""
    return f"/bulletins/{item.bulletin.month.year}/{item.bulletin.slug}/{item.slug}/"


class ItemAddressField(forms.CharField):
    """An item, by the address of its page."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        """Write an item as its path."""
        item = NewsItem.objects.select_related("bulletin").filter(pk=value).first() if isinstance(value, int) else None
        return path_of(item) if item else value

    def clean(self, value: Any) -> NewsItem | None:
        """Return the item at an address; None for an empty one."""
        written = super().clean(value)
        if not written:
            return None
        found = ADDRESS.search(written)
        if not found:
            raise ValidationError(UNKNOWN)
        issue = {"bulletin__month__year": found["year"], "bulletin__slug": found["issue"]}
        item = NewsItem.objects.filter(**issue, slug=found["item"]).first()
        if item is None:
            raise ValidationError(UNKNOWN)
        return item


def check_past(day: datetime.date, instead: str) -> None:
    """Refuse a day that is still to come in London, and say what to do instead."""
    if day > timezone.localdate():
        raise ValidationError(f"{date_format(day, 'j F Y')} is still to come: {instead}")


def superseding(item: NewsItem) -> Iterable[NewsItem]:
    """Yield what supersedes an item, what supersedes that, and so on."""
    newer = item.superseded_by
    while newer:
        yield newer
        newer = newer.superseded_by


class UpkeepForm(forms.ModelForm):
    """Whether an item still holds, and what took its place."""

    superseded_by = ItemAddressField(
        required=False,
        label="Superseded by our item",
        widget=UnfoldAdminTextInputWidget(attrs={"list": "newer-items", "autocomplete": "off"}),
        help_text="Begin to type its headline and choose it, or paste the address of its page. Readers are led there "
        "as soon as its issue is published.",
    )

    class Meta:
        model = NewsItem
        fields = ["checked_on", "superseded_by", "superseded_elsewhere", "superseded_link"]
        widgets = {
            "checked_on": DayInput,
            "superseded_elsewhere": UnfoldAdminTextInputWidget(
                attrs={"placeholder": "Such as: the guidance of September 2026"}
            ),
            "superseded_link": UnfoldAdminTextInputWidget(attrs={"placeholder": "https://", "inputmode": "url"}),
        }
        labels = {
            "checked_on": "Checked on",
            "superseded_elsewhere": "Superseded outside the bulletin by",
            "superseded_link": "Its address",
        }
        help_texts = {
            "checked_on": "When somebody last made sure that it still holds. Without it, readers of an item of more "
            "than eighteen months are told that it may be out of date.",
            "superseded_elsewhere": "In words, where no item of ours tells of it.",
            "superseded_link": "Where those words lead; it may stay empty.",
        }

    def clean_checked_on(self) -> Any:
        """Refuse a day to come and, of an item that is out, one before readers had it."""
        day, bulletin = self.cleaned_data["checked_on"], self.instance.bulletin
        if not day or "checked_on" not in self.changed_data:
            return day
        check_year(day)
        check_past(day, "give the day of the check, today at the latest, or leave it empty.")
        if bulletin.date and bulletin.is_published(timezone.now()) and day < bulletin.date:
            out = date_format(bulletin.date, "j F Y")
            raise ValidationError(f"Its issue was published on {out}: give that day or a later one, or leave it empty.")
        return day

    def clean_superseded_by(self) -> NewsItem | None:
        """Refuse the item itself, and one that it supersedes in turn."""
        newer = self.cleaned_data["superseded_by"]
        if newer == self.instance:
            raise ValidationError("That is this item itself.")
        if newer and self.instance in superseding(newer):
            raise ValidationError(f"“{newer}” is superseded by this item: take that away there first.")
        return newer


class SourceForm(forms.ModelForm):
    """One source, on a line of its own."""

    class Meta:
        model = Source
        fields = ["publisher", "title", "date", "nation", "position", "link"]
        widgets = {
            "publisher": UnfoldAdminTextInputWidget(attrs={"placeholder": "Who published it"}),
            "title": UnfoldAdminTextInputWidget(attrs={"placeholder": "Its title, as it is printed"}),
            "date": DayInput,
            "nation": UnfoldAdminSelectWidget,
            "link": UnfoldAdminTextInputWidget(attrs={"placeholder": "https://", "inputmode": "url"}),
            "position": UnfoldAdminIntegerFieldWidget(attrs={"min": 0}),
        }
        labels = {"date": "Published on", "nation": "Holds in", "link": "Address", "position": "Order"}
        help_texts = dict.fromkeys(("date", "position"), "")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].required = False
        self.initial["position"] = self.instance.position or None
        self.fields["nation"].choices = [("", "not said"), *Source.Nation.choices]  # type: ignore[attr-defined]

    def clean_date(self) -> Any:
        """Refuse a year that is a slip of the fingers, and a day to come."""
        day = self.cleaned_data["date"]
        if day and "date" in self.changed_data:
            check_year(day)
            check_past(day, "give the day on which it was published, or leave it empty.")
        return day

    def clean_position(self) -> int:
        """Take no number as: last."""
        return self.cleaned_data["position"] or 0


def told(item: NewsItem, asked: QueryDict | None) -> RestoreForm:
    """Return what is asked about readers; no browser may insist on it, for most changes need no answer."""
    form = RestoreForm(asked, initial={"correction_about": item.pk}, use_required_attribute=False)
    form.offer_items(item.bulletin, letter=False)
    return form


SourceForms = inlineformset_factory(NewsItem, Source, SourceForm, extra=1)


class UpkeepForms:
    """All that is asked on the page; of an issue that is out, a change of the sources asks what readers are told.

    The day of a check, and what took an item's place, are themselves what readers are told, and so ask nothing.
    """

    def __init__(self, item: NewsItem, is_out: bool, data: QueryDict | None = None) -> None:
        if data is not None and TODAY in data:
            data = data.copy()
            data["checked_on"] = timezone.localdate().isoformat()
        self.item = UpkeepForm(data, instance=item)
        self.sources = SourceForms(data, instance=item, prefix="sources")
        asked = data if data is not None and self.sources.has_changed() else None
        self.told = told(item, asked) if is_out else None

    def is_valid(self) -> bool:
        """Tell whether all of it may be stored."""
        valid = [self.item.is_valid(), self.sources.is_valid()]
        if self.told and self.told.is_bound:
            valid.append(self.told.is_valid())
        return all(valid)

    @property
    def given(self) -> dict[str, Any]:
        """What was said about the correction; nothing where nobody was asked."""
        return self.told.cleaned_data if self.told and self.told.is_bound else {}

    @property
    def changed(self) -> list[str]:
        """What was changed, in words."""
        words = {"checked_on": "the day of the last check"}
        said = [words.get(name, "what supersedes it") for name in self.item.changed_data]
        return list(dict.fromkeys([*said, *(["the sources"] if self.sources.has_changed() else [])]))

    def save(self) -> None:
        """Store what was changed, and only that."""
        if self.item.has_changed():
            self.item.save()
        self.sources.save()
