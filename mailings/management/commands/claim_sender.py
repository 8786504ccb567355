"""`manage.py claim_sender --why SENTENCE`: let this installation send from its database."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from mailings.acts import readers as readers_in_words
from mailings.claim_page import what_is_paused
from mailings.claiming import Outlook, claim, outlook
from mailings.plain import plain_words
from mailings.rehearsal import readers
from publication.models import SenderClaim


class Command(BaseCommand):
    help = "Let this installation (SENDER_IDENTITY) send from its database, which may be a copy. Asks before it does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--why", required=True, metavar="SENTENCE", help="the reason, kept for good")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="who decides it, kept for good")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with plain_words():
                paused = self.claim(options["by"], options["why"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{settings.SENDER_IDENTITY} sends from now on. {what_is_paused(paused)}")

    def claim(self, by: str, why: str) -> int:
        """Claim the sending once it is confirmed; return how many mailings are paused by it."""
        at, person, words = timezone.now(), claimant(by), reason(why)
        seen = outlook(at)
        if not seen.is_ours:
            self.confirm(seen)
        return claim(person, words, at)

    def confirm(self, seen: Outlook) -> None:
        """Say what it does, and have this installation's name typed."""
        self.stdout.write(f"{seen.sender} sends from this database. If it works on its own, switch it off first.")
        for mailing in seen.under_way:
            self.stdout.write(f"The mailing of {mailing.bulletin} is under way and will be paused.")
        for bulletin in seen.due:
            self.stdout.write(
                f"{bulletin} is due: its mailing to {readers_in_words(readers())} will be prepared and paused."
            )
        if seen.letters:
            self.stdout.write(f"Letters to one person that wait and will leave at once: {seen.letters:,}.")
        self.stdout.write(f"Type {settings.SENDER_IDENTITY} to send from here: ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip() != settings.SENDER_IDENTITY:
            raise CommandError("Nothing was claimed: it was not confirmed.")


def claimant(username: str) -> User:
    """Return the member of staff who claims. Raises ValidationError for one who may not."""
    person = User.objects.filter(username=username, is_active=True, is_staff=True).first()
    if person is None or not person.has_perm("publication.add_senderclaim"):
        raise ValidationError(f"There is no active member of staff called {username!r} who may claim the sending.")
    return person


def reason(why: str) -> str:
    """Return a reason that the table can hold. Raises ValidationError."""
    field = SenderClaim._meta.get_field("why")
    return str(field.clean(why.strip(), None))
