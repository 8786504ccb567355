"""Alerts to staff: each kind once for a publication day, recorded before it is mailed."""

import datetime
import logging
import smtplib

from django.utils import timezone

from bulletins.models import PublicationDay
from mailings.models import AlertSent
from publication.letters import alert_staff

log = logging.getLogger(__name__)


def raise_alert(day: PublicationDay, kind: str, words: str, at: datetime.datetime) -> bool:
    """Record an alert to be mailed; False when it was raised before."""
    _, new = AlertSent.objects.get_or_create(
        day=day, kind=kind[:40], defaults={"words": words, "raised_at": at}
    )
    return new


def post_alerts() -> int:
    """Mail the alerts that wait; one that the relay does not take waits for the next tick."""
    posted = 0
    for alert in AlertSent.objects.filter(sent_at__isnull=True).select_related("day"):
        try:
            alert_staff(f"the issue of {alert.day.month:%B %Y}", alert.words)
        except (OSError, smtplib.SMTPException) as error:
            log.warning("an alert could not be mailed: %s", error)
            break
        posted += AlertSent.objects.filter(pk=alert.pk, sent_at__isnull=True).update(sent_at=timezone.now())
    return posted
