"""`manage.py send_bulletin 2024/march`: mail an issue by hand, or rehearse it."""

import datetime
import re
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from kombu.exceptions import OperationalError

from bulletins.models import Bulletin
from mailings.models import Mailing
from mailings.opening import GRACE, due, open_mailing, refuse_unready, send_now
from mailings.rehearsal import frozen_now, rehearse, send_test
from mailings.reports import balance
from mailings.tasks import drain
from subscribers.addresses import check_address

ADDRESS_OF_ISSUE = re.compile(r"(?P<year>[1-9][0-9]{3})/(?P<slug>[-\w]+)", re.ASCII)


def named(username: str | None) -> User | None:
    """Return the member of staff of a name, or None for no name."""
    if username is None:
        return None
    person = User.objects.filter(username=username, is_active=True, is_staff=True).first()
    if person is None:
        raise ValidationError(f"There is no active member of staff called {username!r}.")
    return person


class Command(BaseCommand):
    help = (
        "Open an issue's mailing, such as 2024/march. Without an option: only if it is due. "
        "Example: send_bulletin 2026/december --dry-run"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("issue", help="year/slug, such as 2024/march")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="print counts and one letter; write nothing")
        how.add_argument("--only", metavar="ADDRESS", help="send one letter marked [TEST]; write nothing")
        how.add_argument("--now", action="store_true", help="open the mailing at once, whatever its hour")
        parser.add_argument("--by", metavar="USERNAME", help="with --now: who does it, for the record")

    def handle(self, *args: Any, **options: Any) -> None:
        bulletin = self.find(options["issue"])
        try:
            if options["dry_run"]:
                self.stdout.write(rehearse(bulletin))
            elif options["only"]:
                address = check_address(options["only"])
                said = send_test(frozen_now(bulletin), address)
                self.stdout.write(f"A test letter went to {address}: {said}")
            else:
                self.open(bulletin, options["now"], named(options["by"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except ValueError as error:
            raise CommandError(f"{bulletin.title} cannot be written as a letter: {error}") from error

    def find(self, issue: str) -> Bulletin:
        """Return the issue that year/slug names."""
        named = ADDRESS_OF_ISSUE.fullmatch(issue.strip("/"))
        issues = Bulletin.objects.in_year(int(named["year"])) if named else Bulletin.objects.none()
        bulletin = issues.filter(slug=named["slug"]).first() if named else None
        if bulletin is None:
            raise CommandError(f"There is no issue {issue!r}: give year/slug, such as 2024/march.")
        return bulletin

    def open(self, bulletin: Bulletin, now: bool, by: User | None) -> None:
        """Open the mailing and wake the workers."""
        at = timezone.now()
        refuse_unready(bulletin)
        if now:
            self.confirm_late(bulletin, at)
            mailing: Mailing | None = send_now(bulletin, by, "send_bulletin --now", at)
        elif due(at).filter(pk=bulletin.pk).exists():
            mailing = open_mailing(bulletin, at)
        else:
            raise CommandError(f"{bulletin.title} is not due. See --dry-run; --now sends it all the same.")
        if mailing is None:
            raise CommandError(f"{bulletin.title} was changed, or opened, at this very moment: look again.")
        self.stdout.write(f"{bulletin.title}: {balance(mailing)}")
        self.wake(mailing)

    def wake(self, mailing: Mailing) -> None:
        """Wake the workers; without a broker the next tick does."""
        try:
            drain.apply_async([mailing.pk], retry=False)
        except (OperationalError, OSError) as error:
            self.stderr.write(f"The broker cannot be reached ({error}): manage.py tick sends it.")

    def confirm_late(self, bulletin: Bulletin, at: datetime.datetime) -> None:
        """Ask for a typed yes when the issue's hour is long past."""
        if bulletin.publish_at is None or at < bulletin.publish_at + GRACE:
            return
        when = f"{timezone.localtime(bulletin.publish_at):%d %B %Y at %H:%M}"
        self.stdout.write(f"{bulletin.title} was due on {when}, more than 12 hours ago.")
        self.stdout.write("Type yes to mail it to every active subscriber now: ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip() != "yes":
            raise CommandError("Nothing was mailed: it was not confirmed with yes.")
