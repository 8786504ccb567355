"""`manage.py send_bulletin 2024/march`: mail an issue by hand, or rehearse it."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bulletins.models import Bulletin
from mailings.opening import GRACE, due, open_mailing, send_now
from mailings.rehearsal import rehearse, send_test
from mailings.reports import balance
from mailings.tasks import drain
from subscribers.addresses import check_address


class Command(BaseCommand):
    help = (
        "Open an issue's mailing, such as 2024/march. Without an option: only if it is due. "
        "Example: send_bulletin 2026/december --dry-run"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("issue", help="year/slug, such as 2024/march")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="print the counts and one letter; nothing is written")
        how.add_argument("--only", metavar="ADDRESS", help="send one letter marked [TEST] there; nothing is written")
        how.add_argument("--now", action="store_true", help="open the mailing at once, whatever its hour")

    def handle(self, *args: Any, **options: Any) -> None:
        bulletin = self.find(options["issue"])
        try:
            if options["dry_run"]:
                self.stdout.write(rehearse(bulletin))
            elif options["only"]:
                self.stdout.write(send_test(bulletin, check_address(options["only"])))
            else:
                self.open(bulletin, now=options["now"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def find(self, issue: str) -> Bulletin:
        """Return the issue that year/slug names."""
        year, _, slug = issue.strip("/").partition("/")
        found = Bulletin.objects.filter(slug=slug)
        bulletin = found.in_year(int(year)).first() if year.isdecimal() and len(year) == 4 else None
        if bulletin is None:
            raise CommandError(f"There is no issue {issue!r}: give year/slug as in its address, such as 2024/march.")
        return bulletin

    def open(self, bulletin: Bulletin, now: bool) -> None:
        """Open the mailing and wake the workers."""
        at = timezone.now()
        if now:
            self.confirm_late(bulletin, at)
            mailing = send_now(bulletin, None, "send_bulletin --now", at)
        elif due(at).filter(pk=bulletin.pk).exists():
            mailing = open_mailing(bulletin, at)
        else:
            raise CommandError(f"{bulletin.title} is not due. See --dry-run; --now sends it all the same.")
        if mailing is None:
            raise CommandError(f"{bulletin.title} is not what was approved: approve it again.")
        drain.apply_async([mailing.pk])
        self.stdout.write(f"{bulletin.title}: {balance(mailing)}")

    def confirm_late(self, bulletin: Bulletin, at: Any) -> None:
        """Ask for a typed yes when the issue's hour is long past."""
        if bulletin.publish_at is None or at < bulletin.publish_at + GRACE:
            return
        self.stdout.write(f"{bulletin.title} was due on {bulletin.publish_at:%d %B %Y}, more than 12 hours ago.")
        self.stdout.write("Type yes to mail it to every active subscriber now: ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip() != "yes":
            raise CommandError("Nothing was mailed: it was not confirmed with yes.")
