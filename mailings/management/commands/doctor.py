"""`manage.py doctor`: look at all that sending needs, a line each with how to mend it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from mailings.doctor.examination import examine
from mailings.doctor.findings import Level
from mailings.doctor.lookup import Lookup


class Command(BaseCommand):
    help = (
        "Look at database, Redis, workers, clock, relay, settings and the sender's domain. Sends nothing, changes "
        "nothing. Exit code 1 when something is wrong."
    )
    # They are among what is looked at: one that fails must not keep the rest from being seen.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--offline", action="store_true", help="ask the DNS nothing")
        parser.add_argument("--dkim-selector", default="", metavar="NAME", help="s= in the DKIM-Signature of a letter")
        parser.add_argument("--nameserver", default="", metavar="ADDRESS", help="ask this one, not the machine's own")
        parser.add_argument("--nameserver-port", type=int, default=53, metavar="PORT")

    def handle(self, *args: Any, **options: Any) -> None:
        lookup = None if options["offline"] else Lookup(options["nameserver"], options["nameserver_port"])
        number = 0
        for finding in examine(timezone.now(), lookup, options["dkim_selector"]):
            number += finding.level is Level.WRONG
            self.stdout.write(str(finding))
        if number:
            raise CommandError("One thing is wrong." if number == 1 else f"{number} things are wrong.")
