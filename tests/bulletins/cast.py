"""What the archive's tests tell of issues that are out: topics and correction notes."""

import datetime
from typing import Any

from django.utils.text import slugify

from bulletins.models import Bulletin, Correction, NewsItem, Topic
from tests.factories import make_staff, numbers


def make_topic(name: str, *items: NewsItem) -> Topic:
    """Make a topic, and give it to items."""
    topic = Topic.objects.create(name=name, slug=slugify(name))
    for item in items:
        item.topics.add(topic)
    return topic


def make_note(bulletin: Bulletin, note: str, **fields: Any) -> Correction:
    """Make a correction note about an issue two days after it was published, or about one of its items."""
    assert bulletin.publish_at is not None
    at = bulletin.publish_at + datetime.timedelta(days=2)
    headline = fields["item"].headline if "item" in fields else ""
    by = make_staff(f"corrector-{next(numbers)}")
    return Correction.objects.create(bulletin=bulletin, note=note, by=by, **{"at": at, "headline": headline, **fields})
