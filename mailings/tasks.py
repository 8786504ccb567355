"""Celery's nudges: each says only "look at the table", so a lost or doubled one does no harm."""

import logging
import time
from typing import Any

from celery import Task, shared_task
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from bulletins.tasks import nudge
from mailings import clock, sending
from mailings.alerts import post_alerts
from mailings.statements import is_lost, one_line
from mailings.test_letters import post_tests
from subscribers.consent import take_in
from subscribers.letters import post_due

log = logging.getLogger(__name__)


class Nudge(Task):
    """A task that says in one line that the database was away, or full: the next tick asks it again."""

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Do it; anything else that is raised Celery logs with its traceback."""
        try:
            super().__call__(*args, **kwargs)
        except (DatabaseError, InterfaceError) as error:
            if not is_lost(error):
                raise
            log.warning("%s waits for the database: %s", self.name, one_line(error))


@shared_task(base=Nudge)
def tick() -> None:
    """Do what is due, and wake the senders."""
    for mailing_id in clock.tick_now():
        drain.apply_async([mailing_id], expires=settings.NUDGE_SECONDS)
    post_letters.apply_async(expires=settings.NUDGE_SECONDS)
    nudge()


@shared_task(base=Nudge)
def drain(mailing_id: int) -> None:
    """Send letters of one mailing for a while; a turn that was too short leads to the next, even where beat is dead."""
    began = time.monotonic()
    sent = sending.drain(mailing_id, settings.DRAIN_SECONDS)
    if sent and time.monotonic() - began >= settings.DRAIN_SECONDS:
        drain.apply_async([mailing_id], expires=settings.NUDGE_SECONDS)


@shared_task(base=Nudge)
def post_letters() -> None:
    """Take in the sign-ups, and send the single letters the alerts and the tests that are owed."""
    take_in()
    post_due(timezone.now())
    post_alerts()
    post_tests()
