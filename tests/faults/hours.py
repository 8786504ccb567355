"""Hours that pass in a moment: what is stored with a date is moved back, rather than waited for."""

import datetime

from django.db.models import F
from django.utils import timezone

from mailings.models import Delivery, Mailing
from tests.faults.oracle import Oracle

MOVED = {
    Mailing: ("started_at", "give_up_at", "watched_from", "look_again_at"),
    Delivery: ("not_before", "lease_until", "on_wire_at", "sent_at", "failed_at"),
}


def time_passes(period: datetime.timedelta, oracle: Oracle) -> None:
    """Let mailings, letters and the relay's log be as old as if so much time had passed."""
    for model, names in MOVED.items():
        model._default_manager.update(**{name: F(name) - period for name in names})
    began = timezone.now() - period - datetime.timedelta(minutes=1)
    old = f"{began.isoformat()} oracle postfix/master[1]: daemon started\n"
    oracle.log.write_text(old + oracle.log.read_text())


def hurry() -> None:
    """Let whatever waits for a later try be due now."""
    now = timezone.now()
    Delivery.objects.filter(state="queued", not_before__gt=now).update(not_before=now)
