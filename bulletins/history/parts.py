"""The parts of an issue whose history is kept, and what of each is words, and what is terms."""

from dataclasses import dataclass
from typing import Any

from bulletins.history.wording import tokens
from bulletins.models import Author, Bulletin, Event, NewsItem, Section, Source, Topic
from bulletins.words import moment_of_day
from publication.richtext import RichTextField

# How fields are called, where their own name says it less well.
CALLED = {
    "body": "text",
    "sign_off": "closing words",
    "image": "picture",
    "image_alt": "picture in words",
    "link": "link",
    "publish_at": "publication day",
    "publish_reason": "reason for its day",
    "reading_minutes": "minutes to read",
    "withdrawn_reason": "reason for taking it down",
    "slug": "address",
    "checked_on": "day of the last check",
    "superseded_by": "what supersedes it",
    "superseded_elsewhere": "what supersedes it elsewhere",
    "superseded_link": "address of that",
}


@dataclass(frozen=True)
class Part:
    """A kind of part: its `words` are what is brought back, its `terms` stay as they are."""

    name: str
    model: type[Any]
    title: str
    words: tuple[str, ...]
    terms: tuple[str, ...]
    owner: str = "bulletin_id"

    def records(self, bulletin: Bulletin) -> Any:
        """Return the rows of history of this part of an issue, the oldest first; of items that are deleted too."""
        items = NewsItem.history.filter(bulletin_id=bulletin.pk).values("id")
        of_issue = {"item_id__in": items} if self.owner == "item_id" else {self.owner: bulletin.pk}
        rows = self.model.history.filter(**of_issue)
        return rows.select_related("history_user").order_by("history_date", "history_id")


PARTS = {
    part.name: part
    for part in (
        Part(
            "issue",
            Bulletin,
            "title",
            ("title", "author", "summary", "intro", "sign_off", "reading_minutes"),
            ("month", "slug", "publish_at", "publish_reason", "audience", "status", "withdrawn_reason"),
            owner="id",
        ),
        Part("section", Section, "heading", ("heading", "kind", "body"), ("position",)),
        Part(
            "item",
            NewsItem,
            "headline",
            ("headline", "body", "image", "image_alt", "link", "topics"),
            ("section", "slug", "position", "checked_on", "superseded_by", "superseded_elsewhere", "superseded_link"),
        ),
        Part(
            "source",
            Source,
            "title",
            ("publisher", "title", "date", "nation", "link"),
            ("position",),
            owner="item_id",
        ),
        Part("event", Event, "title", ("title", "start", "end", "link"), ("section",)),
    )
}


def called(field: str) -> str:
    """Return how editors call a field."""
    return CALLED.get(field, field)


@dataclass(frozen=True)
class Version:
    """A part as it stood after a change; or, with the stored row itself, as it stands now."""

    part: Part
    row: Any
    topics: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[str, int]:
        """Which part it is a version of."""
        return self.part.name, self.row.id

    @property
    def deleted(self) -> bool:
        """Whether the part was deleted: it stood like this until then."""
        return getattr(self.row, "history_type", "") == "-"

    @property
    def name(self) -> str:
        """What the part was called."""
        return getattr(self.row, self.part.title)

    def value(self, field: str) -> Any:
        """Return a field's stored value; of a foreign key the key, of topics their keys in order."""
        if field == "topics":
            return self.topics
        value = getattr(self.row, self.part.model._meta.get_field(field).attname)
        return str(value or "") if field == "image" else value

    def differs_from(self, other: "Version", fields: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of some fields that another version has otherwise.

        Of rich text the words count and how they stand: each editor breaks its lines of HTML elsewhere.
        """
        return tuple(field for field in fields if self.reads_otherwise(field, other))

    def reads_otherwise(self, field: str, other: "Version") -> bool:
        """Tell whether a field reads otherwise than in another version."""
        one, two = self.value(field), other.value(field)
        return one != two and not (is_rich(self, field) and tokens(one, True) == tokens(two, True))


@dataclass(frozen=True)
class Names:
    """What the keys in a history stand for."""

    authors: dict[int, str]
    sections: dict[int, str]
    topics: dict[int, str]
    items: dict[int, str]

    @classmethod
    def of(cls, versions: list[Version]) -> "Names":
        """Return the names for the versions of an issue; a deleted section is called as it was last."""
        sections = {version.row.id: version.name for version in versions if version.part.name == "section"}
        authors = dict(Author.objects.values_list("pk", "name"))
        newer = {version.value("superseded_by") for version in versions if version.part.name == "item"} - {None}
        items = dict(NewsItem.objects.filter(pk__in=newer).values_list("pk", "headline"))
        return cls(authors, sections, dict(Topic.objects.values_list("pk", "name")), items)

    def read(self, version: Version, field: str) -> str:
        """Return a field as one reads it; rich text stays HTML."""
        value = version.value(field)
        if field == "topics":
            return ", ".join(sorted(self.topics.get(key, "a topic that is gone") for key in value))
        named = {"author": self.authors, "section": self.sections, "superseded_by": self.items}
        if field in named:
            return named[field].get(value, "one that is gone") if value else ""
        if field in ("checked_on", "date") and value:
            return f"{value.day} {value:%B %Y}"
        if field in ("publish_at", "start", "end"):
            return moment_of_day(value) if value else ""
        if field == "month":
            return f"{value:%B %Y}"
        return "" if value is None else str(value)


def is_rich(version: Version, field: str) -> bool:
    """Tell whether a field holds rich text."""
    return field != "topics" and isinstance(version.part.model._meta.get_field(field), RichTextField)
