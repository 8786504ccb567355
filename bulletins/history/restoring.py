"""Bring back what was: a part's words as they stood, or a part that was deleted. An edit like any other."""

import datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import transaction

from bulletins.admin.parts import renumber
from bulletins.approval import lapse_if_changed
from bulletins.forms import mark
from bulletins.history.parts import Version
from bulletins.models import Bulletin, NewsItem, Section, Source, Topic
from bulletins.words import moment_of_day

MEANWHILE = "The issue was changed while you were reading: look at what is brought back once more."
NO_PICTURE = (
    "The picture of that time is not stored any more: copy the words from here, and give the item a new picture."
)
NO_SECTION = "Its section was deleted too: bring that back first, then the {part} goes into it again."
NO_ITEM = "Its item was deleted too: bring that back first, then the source stands under it again."


def standing(version: Version) -> Version | None:
    """Return how the part of a version stands now; None where it is deleted."""
    row = version.part.model.objects.filter(pk=version.row.id).first()
    if row is None:
        return None
    topics = row.topics.order_by("pk").values_list("pk", flat=True) if isinstance(row, NewsItem) else ()
    return Version(version.part, row, tuple(topics))


@transaction.atomic
def restore(version: Version, bulletin: Bulletin, by: User, at: datetime.datetime, seen: str) -> bool:
    """Bring a version's words back; tell whether that took an approval back. Its place and its address stay.

    `seen` is the mark of the issue that the person was shown. Raises ValidationError with what stands in the way.
    """
    locked = Bulletin.objects.select_for_update().get(pk=bulletin.pk)
    if seen != mark(locked):
        raise ValidationError(MEANWHILE)
    row = row_for(version, locked)
    why = f"brought back as it stood on {moment_of_day(version.row.history_date)}"
    bring_back(row, version, why)
    locked.last_edited_by = by
    if row is not locked:
        locked.save(update_fields=["last_edited_by", "updated_at"])
    renumber(locked)
    words = f"{version.part.name.capitalize()} “{version.name}” {why}."
    LogEntry.objects.log_actions(by.pk, [locked], CHANGE, change_message=words, single_object=True)
    return lapse_if_changed(locked, at, f"{by} brought back former words")


def row_for(version: Version, locked: Bulletin) -> Any:
    """Return the row that a version's words go into: its own, or a new one under its old key, in its old place."""
    if version.part.model is Bulletin:
        return locked
    found = version.part.model.objects.filter(pk=version.row.id).first()
    return found or new_row(version, locked)


def new_row(version: Version, locked: Bulletin) -> Any:
    """Return the row of a deleted part anew, under its old key and address, so that links to it hold again."""
    old = version.row
    if version.part.model is Section:
        return Section(pk=old.id, bulletin=locked, position=old.position)
    if version.part.model is Source:
        return new_source(old, locked)
    section = locked.sections.filter(pk=old.section_id).first()
    if section is None:
        raise ValidationError(NO_SECTION.format(part=version.part.name))
    if version.part.model is not NewsItem:
        return version.part.model(pk=old.id, bulletin=locked, section=section)
    taken = locked.items.filter(slug=old.slug).exists()
    return NewsItem(pk=old.id, bulletin=locked, section=section, slug="" if taken else old.slug, position=old.position)


def new_source(old: Any, locked: Bulletin) -> Source:
    """Return the row of a deleted source anew, under its item."""
    item = locked.items.filter(pk=old.item_id).first()
    if item is None:
        raise ValidationError(NO_ITEM)
    return Source(pk=old.id, item=item, position=old.position)


def bring_back(row: Any, version: Version, why: str) -> None:
    """Give a row a version's words, check and store them; they are sanitised as any text is."""
    fields = [field for field in version.part.words if field != "topics"]
    if "image" in fields and (name := version.value("image")) and not default_storage.exists(name):
        raise ValidationError(NO_PICTURE)
    for field in fields:
        setattr(row, row._meta.get_field(field).attname, version.value(field))
    others = {field.name for field in row._meta.fields} - set(fields)
    row.clean_fields(exclude=others)
    row.clean()
    row._change_reason = why
    row.save()
    if "topics" in version.part.words:
        row.topics.set(Topic.objects.filter(pk__in=version.topics))
