"""How heavy a page and a letter are on the way to a reader."""

import gzip

from playwright.sync_api import APIRequestContext

from tests.browser.audit.findings import Finding, Outcome

PAGE_BYTES = 30_000
LETTER_BYTES = 40_000
STYLE = "/static/site.css"


def audit(session: APIRequestContext, site: str, pages: dict[str, str], letters: dict[str, bytes]) -> Outcome:
    """Weigh pages (HTML and style sheet, compressed) and letters (whole, as mailed) against their budgets."""
    style = len(gzip.compress(body(session, site + STYLE)))
    weights = {name: (style + len(gzip.compress(body(session, url))), PAGE_BYTES) for name, url in pages.items()}
    weights |= {name: (len(raw), LETTER_BYTES) for name, raw in letters.items()}
    heavy = [
        Finding("weight", name, "bytes", f"{weight:,} of {budget:,}", "too heavy")
        for name, (weight, budget) in weights.items()
        if weight >= budget
    ]
    measured = {name: f"{weight:,} of {budget:,} bytes" for name, (weight, budget) in weights.items()}
    return Outcome("weights", "gzip", f"{len(pages)} pages, {len(letters)} letters", heavy, measured)


def body(session: APIRequestContext, url: str) -> bytes:
    """Return what an address answers; an Error of Playwright's when that is no success."""
    return session.get(url, fail_on_status_code=True).body()
