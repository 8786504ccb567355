"""Read bulletins from plain text files into the archive."""

import datetime
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bulletins.importing.plain_text import parse
from bulletins.importing.reading import NotABulletin, digest, read
from bulletins.importing.report import lines_of
from bulletins.importing.storing import NotStored, Source, store


class Command(BaseCommand):
    """Import each file as an issue for the archive only; a refused file does not keep the others out."""

    help = "Import bulletins from plain text files: archive only, drafts until approved, never mailed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the files and, if wanted, the approver."""
        parser.add_argument(
            "files", nargs="+", metavar="FILE", type=Path, help="plain text in UTF-8, one bulletin each"
        )
        parser.add_argument("--approve-as", metavar="USERNAME", help="approve what is imported in this person's name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the files in order; raise a CommandError with a sentence for each refused one."""
        now = timezone.now()
        approver = approver_named(options["approve_as"]) if options["approve_as"] else None
        refused = []
        for path in options["files"]:
            try:
                self.import_file(path, approver, now)
            except (NotABulletin, NotStored) as error:
                refused.append(f"{printable(str(path))} was not imported: {error}")
        if refused:
            raise CommandError("\n".join(refused))

    def import_file(self, path: Path, approver: User | None, now: datetime.datetime) -> None:
        """Read, store and report one file."""
        text = read(path)
        parsed = parse(text)
        stored = store(parsed, Source(printable(path.name), digest(text)), approver, now)
        self.stdout.write(printable(str(path)))
        for line in lines_of(parsed, stored):
            self.stdout.write(f"  {line}")


def approver_named(username: str) -> User:
    """Return the person who approves; raise a CommandError unless that is staff with the permission."""
    user = get_user_model().objects.filter(username=username).first()
    if user is None:
        raise CommandError(f"There is no user “{username}”: give the username of somebody who may approve issues.")
    if not (user.is_active and user.is_staff and user.has_perm("bulletins.approve_bulletin")):
        raise CommandError(
            f"“{username}” may not approve issues: "
            "give them an active staff account with the permission “Can approve an issue”, or name another."
        )
    return user


def printable(name: str) -> str:
    """Return a file name that any terminal and any database can hold."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)
