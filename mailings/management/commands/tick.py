"""`manage.py tick`: a second clock for cron or a systemd timer, beside beat."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from kombu.exceptions import OperationalError

from mailings import clock, sending
from mailings.instants import Clock
from mailings.models import Mailing
from mailings.plain import plain_words
from mailings.tasks import drain, post_letters

# A little less than the five minutes of its cron.
FROM_HERE_SECONDS = 240


class Command(BaseCommand):
    help = "Do what is due and wake the workers; without a broker, send from here. Safe to run at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        with plain_words():
            self.look()

    def look(self) -> None:
        """Do what is due, and say what is under way."""
        mailings = clock.tick_now()
        try:
            for mailing_id in mailings:
                drain.apply_async([mailing_id], retry=False)
            post_letters.apply_async(retry=False)
        except (OperationalError, OSError) as error:
            self.stderr.write(f"The broker cannot be reached ({error}): sending from here.")
            self.send_from_here(mailings)
        else:
            self.watch_over(clock.stalled(Clock.read().now()))
        paused = Mailing.objects.filter(state=Mailing.State.PAUSED).count()
        waits = f", {paused:,} paused" if paused else ""
        self.stdout.write(f"{len(mailings)} mailing{'' if len(mailings) == 1 else 's'} under way{waits}.")

    def watch_over(self, mailings: list[int]) -> None:
        """Send what no worker sends, although the broker takes nudges: they may have lost it, or be dead."""
        if mailings:
            self.stderr.write("No worker takes the letters that are due: sending from here.")
            self.send_from_here(mailings)

    def send_from_here(self, mailings: list[int]) -> None:
        """Do the workers' part in this process, until nothing more leaves or cron is about to come again."""
        until = time.monotonic() + FROM_HERE_SECONDS
        sent = 1
        while sent and time.monotonic() < until:
            sent = sum(sending.drain(mailing_id, settings.DRAIN_SECONDS) for mailing_id in mailings)
            post_letters()
