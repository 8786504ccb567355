"""What the pages of an issue's history show."""

from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.http import Http404
from django.utils.safestring import SafeString

from bulletins.history.parts import Names, Version, called, is_rich
from bulletins.history.restoring import standing
from bulletins.history.revisions import Change, Save, in_words
from bulletins.history.wording import side_by_side, tokens


@dataclass(frozen=True)
class Pair:
    """One field in two versions, word by word; of a picture the addresses."""

    label: str
    old: SafeString
    new: SafeString
    old_picture: str = ""
    new_picture: str = ""


@dataclass(frozen=True)
class Line:
    """A sentence about a change, and what can be looked at."""

    words: str
    change: Change | None


def told(save: Save, names: Names) -> dict[str, Any]:
    """Return a save with a line for each of its changes."""
    return {"save": save, "lines": [Line(words, change) for words, change in in_words(save, names)]}


def pairs(old: Version | None, new: Version | None, names: Names) -> list[Pair]:
    """Compare two versions of a part, field by field; of what was not there or is gone, every word is marked."""
    there = new or old
    assert there is not None
    fields = there.part.words + tuple(field for field in there.part.terms if field != "position")
    if old and new:
        return [pair(old, new, field, names) for field in new.differs_from(old, fields)]
    return [pair(old, new, field, names) for field in there.part.words if there.value(field)]


def pair(old: Version | None, new: Version | None, field: str, names: Names) -> Pair:
    """Compare one field."""
    if field == "image":
        return Pair(called(field), SafeString(""), SafeString(""), picture_of(old), picture_of(new))
    before, after = (tokens(names.read(one, field), is_rich(one, field)) if one else [] for one in (old, new))
    return Pair(called(field).capitalize(), *side_by_side(before, after))


def picture_of(version: Version | None) -> str:
    """Return the address of a version's picture; pictures are never deleted."""
    name = str(version.value("image") or "") if version else ""
    return default_storage.url(name) if name else ""


def one_of(versions: list[Version], part: str, record: int) -> Version:
    """Return a version by its key; answer 404 where the issue has no such."""
    found = (one for one in versions if one.part.name == part and one.row.history_id == record)
    version = next(found, None)
    if version is None:
        raise Http404("This issue has no such version.")
    return version


def before(versions: list[Version], version: Version) -> Version | None:
    """Return the version that another one replaced: the last of an earlier save."""
    same = [one for one in versions if one.key == version.key]
    earlier = [one for one in same[: same.index(version)] if one.row.saved_at != version.row.saved_at]
    return earlier[-1] if earlier and not earlier[-1].deleted else None


def stages(versions: list[Version], version: Version) -> list[Version]:
    """Return what a version's part was after each save, the newest first."""
    last = {one.row.saved_at: one for one in versions if one.key == version.key}
    return [*reversed(last.values())]


def can_return(version: Version | None) -> bool:
    """Tell whether bringing a version back would change a word."""
    if version is None:
        return False
    now = standing(version)
    return now is None or bool(version.differs_from(now, version.part.words))
