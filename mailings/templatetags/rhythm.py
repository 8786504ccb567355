"""Whether the clock ticks, where the desk must say so."""

import datetime
from typing import Any

from django import template
from django.db.models import QuerySet
from django.utils import timezone

from mailings.models import Mailing, Rhythm

register = template.Library()

QUIET = datetime.timedelta(minutes=2)


@register.simple_tag
def standing_still() -> QuerySet[Mailing]:
    """Return the mailings that are paused: most of them need a person."""
    paused = Mailing.objects.filter(state=Mailing.State.PAUSED).select_related("bulletin")
    return paused.only("pause_cause", "bulletin__title")


@register.inclusion_tag("mailings/_quiet_clock.html")
def quiet_clock() -> dict[str, Any]:
    """Warn when the clock has not ticked for two minutes, or never: nothing is opened or sent then."""
    ticked_at = Rhythm.objects.ticked_at()
    return {"ticked_at": ticked_at, "quiet": ticked_at is None or timezone.now() - ticked_at > QUIET}
