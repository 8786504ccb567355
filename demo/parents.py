"""What the demo has for parents: topics, resources and helplines."""

import datetime

from bulletins.schedule import london_date
from demo.writing import CONTENT, Words, read
from resources.models import Helpline, Resource, ResourceTopic


def make_for_parents(at: datetime.datetime) -> None:
    """Make what is not there yet; no number is checked, for nobody has checked it."""
    written = read(CONTENT / "resources.toml")
    for position, words in enumerate(written["topic"], 1):
        ResourceTopic.objects.get_or_create(slug=words["slug"], defaults={**words, "position": position})
    for position, words in enumerate(written["resource"], 1):
        make_resource(words, position, london_date(at))
    for position, words in enumerate(read(CONTENT / "helplines.toml")["helpline"], 1):
        Helpline.objects.get_or_create(name=words["name"], defaults={**words, "position": position})


def make_resource(words: Words, position: int, today: datetime.date) -> None:
    """Make one resource; an address that is taken is left alone."""
    fields = {
        "title": words["title"],
        "summary": words["summary"],
        "body": words["body"],
        "topic": ResourceTopic.objects.get(slug=words["topic"]),
        "reviewed_on": today - datetime.timedelta(days=words["checked_days_ago"]),
        "position": position,
    }
    Resource.objects.get_or_create(slug=words["slug"], defaults=fields)
