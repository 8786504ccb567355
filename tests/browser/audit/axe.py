"""axe-core on every screen: light and dark, on a phone and on a desk."""

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, Route

from tests.browser.audit.findings import Finding, Outcome, Room, Screen
from tests.browser.audit.tools import PACKAGES

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCHEMES = ("light", "dark")
WIDTHS = (1280, 320)
# Milliseconds that a page may take.
PATIENCE = 30_000
# A letter is shown inside a mail program, whose landmarks are its own.
NOT_FOR_LETTERS = ["landmark-one-main", "region", "landmark-no-duplicate-main", "landmark-complementary-is-top-level"]
RUN = """([tags, off]) => axe.run(document, {
  runOnly: tags, rules: Object.fromEntries(off.map((id) => [id, {enabled: false}])), resultTypes: ["violations"],
  iframes: false,
})"""
# What is folded is not looked at.
UNFOLD = """() => {
  document.querySelectorAll("details:not([open])").forEach((fold) => { fold.open = true; });
  document.querySelectorAll(".row-toggle[aria-expanded=false]").forEach((toggle) => toggle.click());
}"""
EDITORS_ARE_READY = """() => !window.CKEDITOR ||
  Object.values(CKEDITOR.instances).every((editor) => editor.status === "ready")"""


class Axe:
    """The walk through all screens, in every mode."""

    def __init__(self, browser: Browser, script: str, desk: Any) -> None:
        self.browser, self.script, self.desk = browser, script, desk
        self.runs = 0

    def audit(self, screens: list[Screen]) -> Outcome:
        """Return what axe finds on each screen in each mode."""
        found = [finding for scheme in SCHEMES for finding in self._in_scheme(scheme, screens)]
        looked_at = f"{len(screens)} screens, {self.runs} runs"
        return Outcome(
            "axe-core",
            PACKAGES["axe-core"],
            looked_at,
            found,
            {"rules": ", ".join(RULES), "screens": ", ".join(screen.name for screen in screens)},
        )

    def _in_scheme(self, scheme: str, screens: list[Screen]) -> Iterator[Finding]:
        contexts = {room: self._context(scheme, room) for room in Room}
        for screen in screens:
            page = contexts[screen.room].new_page()
            yield from self._on_screen(page, screen, scheme)
            page.close()
        for context in contexts.values():
            context.close()

    def _context(self, scheme: str, room: Room) -> BrowserContext:
        context = self.browser.new_context(
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            locale="en-GB",
            # Only to bring axe in: the tests hold the policy.
            bypass_csp=True,
            storage_state=self.desk if room is Room.DESK else None,
        )
        context.set_default_timeout(PATIENCE)
        return context

    def _on_screen(self, page: Page, screen: Screen, scheme: str) -> Iterator[Finding]:
        try:
            show(page, screen)
            page.evaluate(self.script)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                yield from self._violations(page, screen, f"{scheme}, {width} px")
        except Error as fault:
            yield Finding("axe-core", screen.name, scheme, "could not be run", str(fault).splitlines()[0])

    def _violations(self, page: Page, screen: Screen, mode: str) -> Iterator[Finding]:
        self.runs += 1
        off = NOT_FOR_LETTERS if screen.room is Room.LETTER else []
        for violation in page.evaluate(RUN, [RULES, off])["violations"]:
            for node in violation["nodes"]:
                where = f"{node['target'][0]}  {node['html'][:160]}  {(node.get('failureSummary') or '')[:300]!r}"
                yield Finding("axe-core", screen.name, mode, violation["id"], where)


def show(page: Page, screen: Screen) -> None:
    """Open a screen, or show what was once answered at its address; wait for its editors and unfold it."""
    if screen.html is not None:
        page.route(screen.url, lambda route: answer(route, screen))
    page.goto(screen.url, wait_until="load")
    if screen.room is Room.DESK:
        page.wait_for_function(EDITORS_ARE_READY)
        page.evaluate(UNFOLD)


def answer(route: Route, screen: Screen) -> None:
    """Give the kept answer; what it asks for (its style sheet) is fetched as ever."""
    route.fulfill(body=screen.html, content_type="text/html; charset=utf-8")
