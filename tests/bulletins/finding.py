"""The cast of the tests of finding: a few issues whose items are known by their words."""

import datetime
from typing import Any

from bulletins.models import Bulletin, NewsItem, Topic
from tests.factories import make_author, make_item, make_published, make_section

MARCH = datetime.date(2024, 3, 1)


def make_found(headline: str, body: str = "", *, month: datetime.date = MARCH, **fields: Any) -> NewsItem:
    """Make an item in the published issue of a month, which is made when there is none; `kind` is its section's."""
    bulletin = Bulletin.objects.filter(month=month, status="approved").first() or make_published(month)
    if kind := fields.pop("kind", ""):
        fields["section"] = make_section(bulletin, kind=kind, heading=kind.capitalize())
    topics = [make_topic(name) for name in fields.pop("topics", ())]
    item = make_item(bulletin, headline=headline, body=f"<p>{body}</p>" if body else "", **fields)
    item.topics.set(topics)
    return item


def make_topic(name: str) -> Topic:
    """Make a topic, or return the one of that name."""
    return Topic.objects.get_or_create(name=name, defaults={"slug": name.lower().replace(" ", "-")})[0]


def make_many(issues: int, items: int = 1, topic: Topic | None = None, since: int = 1950) -> None:
    """Make so many published issues at once, of one author and a month each from a year on, with items on phones."""
    author = make_author()
    months = [datetime.date(since + number // 12, number % 12 + 1, 1) for number in range(issues)]
    bulletins = Bulletin.objects.bulk_create(
        Bulletin(
            month=month,
            title=f"{month:%B %Y} e-bulletin",
            slug=f"{month:%B}".lower(),
            author=author,
            publish_at=datetime.datetime.combine(month, datetime.time(7, 30), datetime.UTC),
            publish_reason="made for a test",
        )
        for month in months
    )
    Bulletin.objects.filter(pk__in=[bulletin.pk for bulletin in bulletins]).update(status="approved")
    sections = [make_section(bulletin) for bulletin in bulletins]
    made = NewsItem.objects.bulk_create(
        NewsItem(
            bulletin=section.bulletin,
            section=section,
            headline=f"Phones, story {number}",
            slug=f"phones-{number}",
            body="<p>Phones stay in the bag.</p>",
            position=number,
        )
        for section in sections
        for number in range(1, items + 1)
    )
    if topic:
        tagged = NewsItem.topics.through
        tagged.objects.bulk_create(tagged(newsitem_id=item.pk, topic_id=topic.pk) for item in made)
