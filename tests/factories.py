"""The small cast of the tests: plain functions that make rows, with keyword overrides."""

import datetime
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils.text import slugify

from bulletins.approval import approve, withdraw
from bulletins.models import Author, Bulletin, Event, NewsItem, Section, Source
from bulletins.schedule import first_wednesday, instant
from publication.models import Publication
from resources.models import Helpline, Resource, ResourceTopic
from subscribers.models import ConsentEvent, Subscriber

# The first Wednesday of March 2026, half past seven in London (which is UTC then).
MARCH = datetime.datetime(2026, 3, 4, 7, 30, tzinfo=datetime.UTC)
numbers = count(1)


def make_staff(name: str = "alice", *permissions: str, **fields: Any):
    """Make a member of staff with permissions by their code names."""
    user = get_user_model().objects.create_user(
        name, f"{name}@example.org", "a long enough password", is_staff=True, **fields
    )
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def make_publication(**fields: Any) -> Publication:
    """Make the publication's one row."""
    defaults = {
        "name": "First Wednesday",
        "organisation": "Example Learning",
        "postal_address": "1 Example Street, Exampleton",
        "sender_address": "bulletin@example.org",
        "feedback_address": "editors@example.org",
    }
    return Publication.objects.create(**{**defaults, **fields})


def make_author(**fields: Any) -> Author:
    """Make an author, or return the one of that name."""
    name = fields.pop("name", "Erin Example")
    return Author.objects.get_or_create(name=name, defaults={"role": "Example Editor", **fields})[0]


def make_bulletin(**fields: Any) -> Bulletin:
    """Make a draft for March 2026 with one section and one item, unless told otherwise."""
    defaults = {
        "month": datetime.date(2026, 3, 1),
        "title": "March 2026 e-bulletin",
        "author": fields.pop("author", None) or make_author(),
        "intro": "<p>Welcome to the example issue.</p>",
        "publish_at": MARCH,
    }
    bulletin = Bulletin.objects.create(**{**defaults, **fields})
    make_item(bulletin)
    return bulletin


def make_section(bulletin: Bulletin, **fields: Any) -> Section:
    """Make a section of an issue."""
    return Section.objects.create(bulletin=bulletin, **{"heading": "In the news", **fields})


def make_item(bulletin: Bulletin, **fields: Any) -> NewsItem:
    """Make a news item in an issue's first section, which is made when there is none."""
    section = fields.pop("section", None) or bulletin.sections.first() or make_section(bulletin)
    defaults = {"headline": "An example headline", "body": "<p>An example story.</p>"}
    return NewsItem.objects.create(bulletin=bulletin, section=section, **{**defaults, **fields})


def make_approved(at: datetime.datetime | None = None, **fields: Any) -> Bulletin:
    """Make an approved issue; approved a day before its hour unless told otherwise."""
    bulletin = make_bulletin(**fields)
    approver = make_staff(f"approver-{next(numbers)}", "approve_bulletin")
    approve(bulletin, approver, at or (bulletin.publish_at or MARCH) - datetime.timedelta(days=1))
    return Bulletin.objects.get(pk=bulletin.pk)


def make_published(month: datetime.date, **fields: Any) -> Bulletin:
    """Make an issue that was published on a month's first Wednesday, without naming an approver."""
    defaults = {
        "month": month,
        "title": f"{month:%B %Y} e-bulletin",
        "publish_at": instant(first_wednesday(month.year, month.month), datetime.time(7, 30)),
    }
    bulletin = make_bulletin(**{**defaults, **fields})
    Bulletin.objects.filter(pk=bulletin.pk).update(status="approved")
    return Bulletin.objects.get(pk=bulletin.pk)


def make_withdrawn(month: datetime.date, reason: str, **fields: Any) -> Bulletin:
    """Make an issue that was published once and then taken down."""
    bulletin = make_published(month, **fields)
    withdraw(bulletin, reason)
    return bulletin


def make_event(section: Section, **fields: Any) -> Event:
    """Make an event in a section: the afternoon of 6 March 2024 in London, unless told otherwise."""
    start = datetime.datetime(2024, 3, 6, 16, 30, tzinfo=datetime.UTC)
    return Event.objects.create(section=section, **{"title": "An example webinar", "start": start, **fields})


def make_source(item: NewsItem, **fields: Any) -> Source:
    """Make a source of an item, from England and with an address, unless told otherwise."""
    defaults = {
        "publisher": "Example Council",
        "title": "Keys and who holds them",
        "date": datetime.date(2024, 2, 28),
        "nation": "England",
        "link": "https://council.example.org/keys",
    }
    return Source.objects.create(item=item, **{**defaults, **fields})


def make_resource(title: str, **fields: Any) -> Resource:
    """Make a resource for parents."""
    defaults = {"slug": slugify(title), "summary": f"Why read {title}.", "body": "<p>An example guide.</p>"}
    return Resource.objects.create(title=title, **{**defaults, **fields})


def make_resource_topic(name: str, **fields: Any) -> ResourceTopic:
    """Make a topic of resources."""
    return ResourceTopic.objects.create(name=name, **{"slug": slugify(name), **fields})


def make_helpline(name: str = "Example Line", **fields: Any) -> Helpline:
    """Make a helpline that nobody has checked, in the panel, unless told otherwise."""
    defaults = {"number": "0800 000 0000", "who_for": "parents in examples", "urgent": True}
    return Helpline.objects.create(name=name, **{**defaults, **fields})


def make_subscriber(**fields: Any) -> Subscriber:
    """Make an active subscriber with proof of their consent; one whose status is pending has only asked."""
    defaults = {"address": f"reader-{next(numbers)}@example.org", "status": "active", "created_at": MARCH}
    subscriber = Subscriber.objects.create(**{**defaults, **fields})
    shown = {"at": subscriber.created_at, "wording": "The words shown.", "source": "test"}
    for what in ["asked"] if subscriber.status == "pending" else ["asked", "confirmed"]:
        ConsentEvent.objects.create(subscriber=subscriber, what=what, **shown)
    return subscriber
