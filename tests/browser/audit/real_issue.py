"""A real issue of the bulletin, where one lies beside this checkout: looked at and weighed, never a part of us."""

import email.policy
from dataclasses import dataclass
from email.message import EmailMessage

from tests.browser.audit.findings import Room, Screen
from tests.browser.house import House
from tests.no_skips import REAL_BULLETINS

FILE = REAL_BULLETINS / "march-2024.txt"
PATH = "/bulletins/2024/march/"
PRINT_LETTER = """
from bulletins.models import Bulletin
from mailings.mime import unstuffed
from mailings.rehearsal import frozen_now, one_letter
issue = Bulletin.objects.get(month="2024-03-01")
print(unstuffed(one_letter(frozen_now(issue), "reader@example.org")).decode("ascii"))
"""


@dataclass(frozen=True)
class RealIssue:
    """Where it is on the site, and its letter."""

    url: str
    letter: EmailMessage

    def screens(self) -> list[Screen]:
        """Return its page and its letter."""
        html = self.letter.get_body(("html",)).get_content()
        shown = self.url.replace("/bulletins/", "/shown-as-letter/")
        return [
            Screen("issue of March 2024", Room.PUBLIC, self.url),
            Screen("letter: March 2024", Room.LETTER, shown, html),
        ]


def bring_in(house: House) -> RealIssue | None:
    """Import the issue into the house; None where the file is not there."""
    if not FILE.exists():
        return None
    house.manage("import_bulletin", str(FILE), "--approve-as", "approver")
    printed = house.manage("shell", "-v", "0", "-c", PRINT_LETTER)
    letter = email.message_from_string(printed, _class=EmailMessage, policy=email.policy.SMTP)
    return RealIssue(house.site + PATH, letter)


def weighed(real: RealIssue | None, issue: str) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return the pages and the letters that have a budget."""
    if not real:
        return {"issue": issue}, {}
    return {"issue": issue, "issue of March 2024": real.url}, {"letter of March 2024": real.letter.as_bytes()}
