"""From a file of words to an issue's rows. Its events are dated by the week after the issue and the day in it."""

import datetime
import tomllib
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from bulletins.models import Author, Bulletin, Event, NewsItem, Section, Source, Topic
from bulletins.schedule import first_of_month, instant
from publication.images import Picture

CONTENT = Path(__file__).parent / "content"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
Words = dict[str, Any]


def read(path: Path) -> Words:
    """Read an issue's file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def write(words: Words, date: datetime.date, **fields: Any) -> Bulletin:
    """Write an issue that is dated `date`; `fields` say what else its row holds."""
    bulletin = Bulletin.objects.create(
        month=first_of_month(date),
        author=make_author(words["author"]),
        summary=words["summary"],
        intro=words["intro"],
        sign_off=words["sign_off"],
        **fields,
    )
    for position, section in enumerate(words["sections"], 1):
        write_section(bulletin, section, position, date)
    return bulletin


def write_section(bulletin: Bulletin, words: Words, position: int, date: datetime.date) -> None:
    """Write a section with its events and items."""
    section = Section.objects.create(
        bulletin=bulletin,
        kind=words["kind"],
        heading=words["heading"],
        body=words.get("body", ""),
        position=position,
    )
    for event in words.get("events", ()):
        write_event(section, event, date)
    for place, item in enumerate(words.get("items", ()), 1):
        write_time(write_item(section, item, place), item, date)


def write_event(section: Section, words: Words, date: datetime.date) -> None:
    """Write an event so many weeks after the Monday before `date`."""
    monday = date - datetime.timedelta(days=date.weekday())
    day = monday + datetime.timedelta(weeks=words["week"], days=WEEKDAYS.index(words["weekday"]))
    start = instant(day, words["at"])
    end = start + datetime.timedelta(minutes=words["minutes"])
    Event.objects.create(section=section, title=words["title"], start=start, end=end, link=words["link"])


def write_item(section: Section, words: Words, position: int) -> NewsItem:
    """Write a news item with its topics and its picture."""
    item = NewsItem(section=section, headline=words["headline"], body=words["body"], position=position)
    item.link = words.get("link", "")
    if "image" in words:
        item.image_alt = words["image_alt"]
        drawn = Picture((CONTENT / "pictures" / words["image"]).read_bytes(), "png")
        item.image.save(drawn.name, drawn, save=False)
    item.save()
    item.topics.add(*[make_topic(name) for name in words["topics"]])
    return item


def write_time(item: NewsItem, words: Words, date: datetime.date) -> None:
    """Write what keeps an item true: its sources, its check on the day of its issue, and the older one it replaces."""
    for source in words.get("sources", ()):
        Source.objects.create(item=item, **source)
    if words.get("checked"):
        item.checked_on = date
        item.save(update_fields=["checked_on"])
    if "supersedes" in words:
        year, issue, slug = words["supersedes"].split("/")
        for older in NewsItem.objects.filter(bulletin__month__year=year, bulletin__slug=issue, slug=slug):
            older.superseded_by = item
            older.save(update_fields=["superseded_by"])


def make_author(name: str) -> Author:
    """Return the author of a name, with the role that `authors.toml` gives."""
    role = read(CONTENT / "authors.toml")[name]
    return Author.objects.get_or_create(name=name, defaults={"role": role})[0]


def make_topic(name: str) -> Topic:
    """Return the topic of a name."""
    return Topic.objects.get_or_create(name=name, defaults={"slug": slugify(name)})[0]
