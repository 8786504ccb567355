"""The rows of the write screen: sections, items and events."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from unfold.forms import PaginationInlineFormSet

from bulletins.models import Bulletin, Event, NewsItem, Section
from publication.desk import DeskStackedInline

# What the screen fills in by itself in a row that was added.
FILLED_IN = {"position", "section", "kind"}
STILL_LED_TO = (
    "“%(instance)s” cannot be deleted, for readers are led to it from what it took the place of: %(related_objects)s. "
    "Take that away there first."
)


class RowForm(ModelForm):
    """A row that was added and left empty is no row, although the screen has put it somewhere."""

    def has_changed(self) -> bool:
        """Tell whether somebody typed something."""
        changed = set(self.changed_data)
        return bool(changed - FILLED_IN if self.empty_permitted else changed)


class SectionFormSet(PaginationInlineFormSet):
    """Refuses to delete a section that still holds items or events."""

    def clean(self) -> None:
        super().clean()
        for form in self.deleted_forms:
            section = form.instance
            if section.pk and (section.items.exists() or section.events.exists()):
                raise ValidationError(f"“{section}” still holds items or events: move or delete those first.")


class ItemFormSet(PaginationInlineFormSet):
    """Says in our words why an item that others lead their readers to is not deleted."""

    def full_clean(self) -> None:
        super().full_clean()
        for error in self.non_form_errors().as_data():
            if error.code == "deleting_protected":
                error.message = STILL_LED_TO


class RowInline(DeskStackedInline):
    """Rows of an issue, each folded to one line."""

    form = RowForm
    collapsible = True


class SectionInline(RowInline):
    model = Section
    formset = SectionFormSet
    fields = ["heading", "kind", "body", "position"]
    ordering_field = "position"
    hide_ordering_field = True
    helps = {
        "heading": "Printed above what the section holds.",
        "kind": "What it is about.",
        "body": "A text of its own, above its items: notices, course lists, episode lists. It may stay empty.",
    }
    examples = {"heading": "Such as: In the news"}


class PartInline(RowInline):
    """A part that chooses its section among those of its own issue."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "section" and field is not None and request.resolver_match:
            issue = request.resolver_match.kwargs.get("object_id", 0)
            field.queryset = Section.objects.filter(bulletin_id=issue)
            asked_once(field)
        return field


def asked_once(field: Any) -> None:
    """Load a field's choices from the table once for all rows, not once for each."""
    field.choices = list(field.choices)


class NewsItemInline(PartInline):
    model = NewsItem
    formset = ItemFormSet
    verbose_name = "item"
    verbose_name_plural = "items"
    fields = [
        "headline", "section", "body", "image", "shown", "image_alt", "link", "topics", "upkeep", "address", "position"
    ]  # fmt: skip
    readonly_fields = ["shown", "upkeep", "address"]
    ordering = ["section__position", "section__pk", "position", "pk"]
    ordering_field = "position"
    hide_ordering_field = True
    helps = {
        "headline": "What happened, in a few words. It stands in the contents list, the letter and search results.",
        "section": "Where it stands. A new section must be saved before it can be chosen.",
        "body": "Paste from Word as you like: headings, lists and quotations stay, colours and fonts go.",
        "image_alt": "What it shows, in a sentence: it is read out, and printed where pictures are not.",
        "link": "Where to read more: it becomes a line under the text.",
        "topics": "What it is about: one or two help readers to find it among all issues.",
    }
    examples = {"headline": "Such as: New guidance on keeping phones out of lessons", "link": "https://"}

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            asked_once(field)
        return field

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[NewsItem]:
        items = super().get_queryset(request).select_related("section", "superseded_by")
        return items.prefetch_related("topics", "sources")

    @admin.display(description="sources and age")
    def upkeep(self, item: NewsItem) -> str:
        """Where it has it from and whether it still holds, and the way to change that."""
        if not item.pk:
            return "Save the issue first: then its sources have a page of their own."
        address = reverse("upkeep:item", args=[item.pk])
        return format_html('{} <a href="{}">Sources, checks, what took its place</a>', upkeep_in_words(item), address)

    @admin.display(description="address")
    def address(self, item: NewsItem) -> str:
        """The end of its address, kept when the headline is corrected."""
        return item.slug or "made of the headline when you save"

    @admin.display(description="image as it is")
    def shown(self, item: NewsItem) -> str:
        """The image as it is stored."""
        # On a page that comes back with errors, an upload has no address.
        if item.image and not item.image._committed:
            item = NewsItem.objects.filter(pk=item.pk).first() or NewsItem()
        if not item.image:
            return "none yet"
        return format_html('<img class="stored" src="{}" alt="{}">', item.image.url, item.image_alt)


def upkeep_in_words(item: NewsItem) -> str:
    """Say how many sources an item has, when it was checked and whether something took its place."""
    number = len(item.sources.all())
    said = [f"{number or 'No'} source{'' if number == 1 else 's'}"]
    if item.checked_on:
        said.append(f"checked on {date_format(item.checked_on, 'j F Y')}")
    if newer := item.superseded_by or item.superseded_elsewhere:
        said.append(f"superseded by “{newer}”")
    return f"{', '.join(said)}."


class EventInline(PartInline):
    model = Event
    fields = ["title", "section", ("start", "end"), "link"]
    helps = {
        "section": "Where it stands, such as the webinars.",
        "start": "UK time.",
        "end": "UK time; it may stay empty.",
        "link": "Where to sign up or read more.",
    }
    examples = {"title": "Such as: Webinar: safer recruitment", "link": "https://"}

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Event]:
        return super().get_queryset(request).select_related("section")


def renumber(bulletin: Bulletin) -> None:
    """Number the sections of an issue, and the items of each section, from 1 in the order they stand in."""
    sections = list(bulletin.sections.prefetch_related("items"))
    number(sections)
    for section in sections:
        number(list(section.items.all()))


def number(rows: list[Any]) -> None:
    """Give rows the positions 1, 2, 3; only those that have another one are written, each with its history."""
    for position, row in enumerate(rows, 1):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])
