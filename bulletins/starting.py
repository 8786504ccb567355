"""Start an issue: its month gives title, address and day; the standing sections are copied in."""

import datetime

from django.db import transaction

from bulletins.models import Bulletin, PublicationDay, Section, StandingSection
from bulletins.schedule import first_of_month, first_wednesday, instant
from publication.models import Publication


@transaction.atomic
def start_issue(bulletin: Bulletin, at: datetime.datetime) -> None:
    """Fill in what follows from a new issue's month, save it, and give it the standing sections."""
    bulletin.month = first_of_month(bulletin.month)
    words = Publication.objects.current()
    bulletin.title = bulletin.title or f"{words.name} {bulletin.month:%B %Y}"
    if bulletin.publish_at is None:
        set_day(bulletin, words.publication_hour, at)
    bulletin.save()
    for standing in StandingSection.objects.all():
        Section.objects.create(
            bulletin=bulletin,
            kind=standing.kind,
            heading=standing.heading,
            body=standing.intro,
            position=standing.position,
        )


def set_day(bulletin: Bulletin, hour: datetime.time, at: datetime.datetime) -> None:
    """Put the issue on its month's publication day; a month that is past gets no day, for a person to choose."""
    day = PublicationDay.objects.filter(month=bulletin.month).first()
    date = day.date if day else first_wednesday(bulletin.month.year, bulletin.month.month)
    moment = instant(date, hour)
    if moment > at:
        bulletin.publish_at = moment
        bulletin.publish_reason = day.reason if day else ""
