"""`make audit`: look at everything, say what was looked at, and end with status 1 if anything is wrong."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from config.company import say
from config.programs import CannotRun
from tests.browser.audit import lighthouse, nu, real_issue, weights
from tests.browser.audit.axe import Axe
from tests.browser.audit.desk import desk_screens, locked_out, mailing_screens
from tests.browser.audit.findings import Outcome, Room, Screen
from tests.browser.audit.month import first_page, month_screens
from tests.browser.audit.report import show, write
from tests.browser.audit.screens import letter_screens, public_screens
from tests.browser.audit.tools import Tools
from tests.browser.chromium import launch
from tests.browser.house import House, own_house
from tests.browser.places import public_places
from tests.config.machine import ROOT

FOLDER = ROOT / "var" / "audit"
MEASURED = (
    "home",
    "archive",
    "issue",
    "item",
    "search",
    "topics",
    "topic",
    "author",
    "hub",
    "resource",
    "link to us",
    "subscribe",
)


def main() -> int:
    """Return 0 when nothing is wrong, 1 when something is, or when the audit cannot run."""
    try:
        with sync_playwright() as playwright:
            say("Looking for the tools of the audit ...")
            tools = Tools(FOLDER / "tools", playwright)
            outcomes = audited(FOLDER, tools, playwright, sys.argv[1:])
    except CannotRun as fault:
        say(str(fault), sys.stderr)
        return 1
    show(outcomes)
    return 1 if any(outcome.findings for outcome in outcomes) else 0


def audited(folder: Path, tools: Tools, playwright: Playwright, wanted: list[str]) -> list[Outcome]:
    """Return what each wanted tool found in a demo of our own."""
    shutil.rmtree(folder / "site", ignore_errors=True)
    say("Starting a demo of its own ...")
    with own_house(folder / "site") as house:
        browser = launch(playwright, tools.chromium)
        outcomes = []
        for outcome in Audit(house, tools, browser).outcomes(folder, wanted):
            say(f"{outcome.tool} {outcome.version}: {outcome.looked_at}, {len(outcome.findings)} findings")
            outcomes.append(outcome)
            write(folder / "report.json", outcomes)
        browser.close()
    return outcomes


class Audit:
    """One walk through the house, and then the tools."""

    def __init__(self, house: House, tools: Tools, browser: Browser) -> None:
        self.house, self.tools, self.browser = house, tools, browser
        self.reader, self.member = self._visitor(), self._visitor()

    def outcomes(self, folder: Path, wanted: list[str]) -> Iterator[Outcome]:
        """Let each wanted tool (all, if none is named) look at what it is for."""
        say("Walking through the site and the desk ...")
        places = public_places(self.reader)
        screens = self.screens()
        real = real_issue.bring_in(self.house)
        screens += real.screens() if real else []
        state = self.member.context.storage_state()
        reader, member = self.reader.context.request, self.member.context.request
        sessions = {Room.PUBLIC: reader, Room.LETTER: reader, Room.DOOR: reader, Room.DESK: member}
        measured = {kind: self.house.site + places[kind] for kind in MEASURED}
        looks: dict[str, Callable[[], Outcome]] = {
            "weights": lambda: weights.audit(reader, self.house.site, *real_issue.weighed(real, measured["issue"])),
            "nu": lambda: nu.audit(self.tools.checker, folder / "pages", screens, sessions),
            "axe": lambda: Axe(self.browser, self.tools.axe, state).audit(screens),
            "lighthouse": lambda: lighthouse.audit(self.tools, folder, measured),
        }
        for name in wanted or looks:
            yield looks[name]()

    def screens(self) -> list[Screen]:
        """Return all screens; the door that closes comes last."""
        self.house.await_letter_of_issue()
        public = list(public_screens(self.house, self.reader))
        letters = list(letter_screens(self.house))
        desk = list(desk_screens(self.member, self.house.site))
        roles = [first_page(self._visitor(), role) for role in ("editor", "approver")]
        mailing = list(mailing_screens(self.house, self.member))
        month = list(month_screens(self.house, self.member))
        return [*public, *letters, *desk, *roles, *mailing, *month, locked_out(self.reader)]

    def _visitor(self) -> Page:
        return self.browser.new_context(base_url=self.house.site, locale="en-GB").new_page()


if __name__ == "__main__":
    sys.exit(main())
