"""Alerts to staff: each kind once for a publication day, recorded before it is mailed."""

import datetime
import logging
import smtplib

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from bulletins.models import Bulletin, PublicationDay
from mailings.models import AlertSent, Mailing
from publication.letters import letter, staff_addresses
from publication.models import SenderClaim

log = logging.getLogger(__name__)

# What the relay says of one address; anything else is the connection's fault.
REFUSALS = (smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)


def link_to(page_of: Bulletin | Mailing | PublicationDay) -> str:
    """Return the address of the page of the desk on which something can be mended."""
    name = page_of._meta
    return settings.SITE_URL + reverse(f"admin:{name.app_label}_{name.model_name}_change", args=[page_of.pk])


def raise_alert(day: PublicationDay, kind: str, words: str, at: datetime.datetime, link: str = "") -> bool:
    """Record an alert to be mailed, with the page it leads to; False when it was raised before.

    The words are kept on one line, the link on a second.
    """
    lines = "\n".join(filter(None, [" ".join(words.split()), link]))
    _, new = AlertSent.objects.get_or_create(day=day, kind=kind[:40], defaults={"words": lines, "raised_at": at})
    return new


def post_alerts() -> int:
    """Mail the alerts that wait; return how many. One that nobody could be sent waits for the next time."""
    if not SenderClaim.objects.is_ours():
        return 0
    waiting = AlertSent.objects.filter(sent_at__isnull=True).order_by("raised_at", "pk")
    return sum(post_alert(pk) for pk in waiting.values_list("pk", flat=True))


@transaction.atomic
def post_alert(pk: int) -> bool:
    """Mail one alert; its row stays locked meanwhile, so that two processes do not both mail it."""
    alert = AlertSent.objects.select_for_update(skip_locked=True).filter(pk=pk, sent_at__isnull=True).first()
    if alert is None or not told(alert):
        return False
    alert.sent_at = timezone.now()
    alert.save(update_fields=["sent_at"])
    return True


def told(alert: AlertSent) -> int:
    """Write to each member of staff; return how many the relay took, for one is enough not to repeat it."""
    words, _, link = alert.words.partition("\n")
    context = {"subject": words.partition(". ")[0].rstrip("."), "words": words, "link": link}
    taken = 0
    for address in staff_addresses():
        try:
            taken += letter("publication/email/alert", address, context).send()
        except REFUSALS as error:
            log.warning("an alert was refused for one member of staff: %s", type(error).__name__)
        except (OSError, ValueError) as error:
            log.warning("an alert could not be mailed: %s", error)
            break
    return taken
