"""An issue's history, save by save: what each changed in the issue, its sections, items and events together."""

import datetime
from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from django.contrib.auth.models import User

from bulletins.history.parts import PARTS, Names, Version, called
from bulletins.models import Bulletin, NewsItem

BECAME = {"approved": "was approved", "draft": "became a draft again", "withdrawn": "was taken down"}


@dataclass(frozen=True)
class Change:
    """What one save did to one part; without `before`, it was not there."""

    before: Version | None
    after: Version
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Save:
    """What was written at one go: by whom (nobody: a command, or the clock), when, and why if that is known."""

    at: datetime.datetime
    by: User | None
    why: str
    changes: list[Change]


def versions_of(bulletin: Bulletin) -> list[Version]:
    """Return every version of every part of an issue, the oldest first: one query a kind of part, one for topics."""
    topics = topics_of(bulletin)
    found = [
        Version(part, row, topics.get(row.history_id, ()) if part.name == "item" else ())
        for part in PARTS.values()
        for row in part.records(bulletin)
    ]
    return with_last_topics(sorted(found, key=lambda version: version.row.history_date))


def topics_of(bulletin: Bulletin) -> dict[int, tuple[int, ...]]:
    """Return the topics of each version of an issue's items, by the version's key."""
    tagged = NewsItem.history.model.topics.filter(history__bulletin_id=bulletin.pk)
    topics: dict[int, list[int]] = defaultdict(list)
    for version, topic in tagged.order_by("topic_id").values_list("history_id", "topic_id"):
        topics[version].append(topic)
    return {version: tuple(keys) for version, keys in topics.items()}


def with_last_topics(versions: list[Version]) -> list[Version]:
    """Give what was deleted the topics it had last: they go before the row does."""
    last: dict[tuple[str, int], Version] = {}
    for place, version in enumerate(versions):
        if version.deleted and version.key in last:
            versions[place] = version = replace(version, topics=last[version.key].topics)
        last[version.key] = version
    return versions


def saves(versions: list[Version]) -> list[Save]:
    """Return what was changed save by save, the newest first; a save that changed nothing is left out."""
    standing: dict[tuple[str, int], Version] = {}
    found = [as_save(written, standing) for written in written_together(versions)]
    return [save for save in reversed(found) if save.changes]


def written_together(versions: list[Version]) -> list[list[Version]]:
    """Group versions by save, of each part the last one: a part's topics are written after its row."""
    groups: dict[tuple, dict[tuple[str, int], Version]] = defaultdict(dict)
    for version in versions:
        groups[version.row.saved_at, version.row.history_user_id][version.key] = version
    return [list(group.values()) for group in groups.values()]


def as_save(written: list[Version], standing: dict[tuple[str, int], Version]) -> Save:
    """Compare what one save wrote with what stood before it, which it then replaces."""
    changes = [change for version in written if (change := change_to(version, standing.get(version.key)))]
    standing.update({version.key: version for version in written})
    row = written[0].row
    why = next((version.row.history_change_reason for version in written if version.row.history_change_reason), "")
    return Save(row.history_date, row.history_user, why, changes)


def change_to(after: Version, before: Version | None) -> Change | None:
    """Return what a version changed; None where it says what stood there already."""
    before = None if before and before.deleted else before
    if before is None:
        return None if after.deleted else Change(None, after, after.part.words)
    fields = after.differs_from(before, after.part.words + after.part.terms)
    return Change(before, after, fields) if fields or after.deleted else None


def in_words(save: Save, names: Names) -> list[tuple[str, Change | None]]:
    """Say what a save changed, a sentence each, with the change that can be looked at."""
    started = any(change.after.part.name == "issue" and change.before is None for change in save.changes)
    if started:
        return [(counted(save.changes, "It had" if save.why else "The issue was started with"), None)]
    moved = [change for change in save.changes if change.fields == ("position",) and not change.after.deleted]
    said: list[tuple[str, Change | None]] = [
        (sentence(change, names), change) for change in save.changes if change not in moved
    ]
    return said + ([("The order was changed.", None)] if moved else [])


def counted(changes: list[Change], verb: str) -> str:
    """Say what an issue was started with."""
    numbers = Counter(change.after.part.name for change in changes)
    parts = [f"{numbers[name]} {name}{'' if numbers[name] == 1 else 's'}" for name in PARTS if numbers[name]]
    return f"{verb} {', '.join(parts[1:])}." if parts[1:] else "The issue was started."


def sentence(change: Change, names: Names) -> str:
    """Say what was changed in one part."""
    after = change.after
    who = "The issue" if after.part.name == "issue" else f"{after.part.name.capitalize()} “{after.name}”"
    if after.deleted:
        return f"{who} was deleted."
    if change.before is None:
        return f"{who} was {'brought back' if after.row.history_change_reason else 'added'}."
    said = []
    if words := [called(field) for field in change.fields if field not in ("position", "status", "section")]:
        said.append(f"{listed(words)} changed")
    if "section" in change.fields:
        said.append(f"moved to “{names.read(after, 'section')}”")
    if "status" in change.fields:
        return f"{who} {BECAME[after.value('status')]}."
    return f"{who}: {', '.join(said) or 'moved'}."


def listed(words: list[str]) -> str:
    """Write words as a list: “headline, link and text”."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
