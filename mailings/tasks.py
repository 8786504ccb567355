"""Celery's nudges: each says only "look at the table", so a lost or doubled one does no harm."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from mailings import clock, sending
from mailings.alerts import post_alerts
from subscribers.consent import take_in
from subscribers.letters import post_due


@shared_task
def tick() -> None:
    """Do what is due, and wake the senders."""
    for mailing_id in clock.tick_now():
        drain.apply_async([mailing_id], expires=settings.TICK_SECONDS)
    post_letters.apply_async(expires=settings.TICK_SECONDS)


@shared_task
def drain(mailing_id: int) -> None:
    """Send letters of one mailing for a while."""
    sending.drain(mailing_id, settings.DRAIN_SECONDS)


@shared_task
def post_letters() -> None:
    """Take in the sign-ups, and send the single letters and the alerts that are owed."""
    take_in()
    post_due(timezone.now())
    post_alerts()
