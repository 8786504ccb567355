"""Celery's nudges to look up links: each says only "look at the table"."""

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from bulletins.links.archive import ask_for_archive
from bulletins.links.waiting import look_up_waiting
from bulletins.models import LinkCheck

log = logging.getLogger(__name__)

# How long one turn takes at most, and how long its nudge is worth anything.
TURN_SECONDS = 10
STALE_SECONDS = 75


@shared_task
def look_up_links() -> None:
    """Look up links for a while; what is left then is for the next turn, so that letters are not kept waiting."""
    look_up_waiting(TURN_SECONDS)
    nudge()


@shared_task
def ask_for_links_of_the_archive() -> None:
    """Ask for the links of all that readers may see, each once a week: a night's share of them."""
    ask_for_archive(timezone.now())
    nudge()


def nudge() -> None:
    """Wake a worker if a link can be looked up now; without a broker, or while its host rests, a later tick does."""
    if not LinkCheck.objects.claimable(timezone.now()).exists():
        return
    try:
        look_up_links.apply_async(retry=False, expires=STALE_SECONDS)
    except (OperationalError, OSError) as error:
        log.warning("links are looked up later, for the broker cannot be reached: %s", type(error).__name__)
