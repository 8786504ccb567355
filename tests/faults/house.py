"""What the faults happen to: readers, and an issue that is due in a moment."""

import datetime
import os
from itertools import count

from django.utils import timezone

from mailings.models import Delivery, Mailing
from publication.models import Publication
from subscribers.models import Subscriber
from tests.factories import make_approved, make_publication
from tests.mailings.cast import make_readers

FULL = os.environ.get("FAULTS") == "full"
READERS = 2000 if FULL else 200
MONTHS = count(1)


def mailing_soon(readers: int = READERS, seconds: float = 1) -> None:
    """Approve an issue that is due in so many seconds, for so many readers; made once, they read each issue."""
    if not Publication.objects.exists():
        make_publication()
    now, month = timezone.now(), next(MONTHS)
    make_readers(readers - Subscriber.objects.count(), first=Subscriber.objects.count(), created_at=now)
    make_approved(
        at=now,
        month=datetime.date(2000 + month // 12, month % 12 + 1, 1),
        title=f"Issue {month}",
        publish_at=now + datetime.timedelta(seconds=seconds),
        publish_reason="for the test",
    )


def opened() -> bool:
    """Whether a mailing is under way."""
    return Mailing.objects.filter(state="sending").exists()


def finished(number: int = 1) -> bool:
    """Whether so many mailings are finished."""
    return Mailing.objects.filter(state="finished").count() >= number


def waiting() -> int:
    """How many letters are queued, or held by a worker that has not put them on the wire."""
    return Delivery.objects.filter(state__in=["queued", "claimed"]).count()
