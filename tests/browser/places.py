"""Where each kind of public page is, found by following the site's own links."""

from urllib.parse import urlsplit

from playwright.sync_api import Page

FIXED = {
    "home": "/",
    "archive": "/bulletins/",
    "search": "/bulletins/search/",
    "search, found": "/bulletins/search/?q=children",
    "search, narrowed": "/bulletins/search/?q=children&kind=news",
    "search, nothing found": "/bulletins/search/?q=xylophone",
    "search, did you mean": "/bulletins/search/?q=chldren",
    "topics": "/topics/",
    "hub": "/parental-resources/",
    "link to us": "/parental-resources/link-to-us/",
    "subscribe": "/subscribe/",
    "look": "/subscribe/look-in-your-mailbox/",
    "privacy": "/privacy/",
    "accessibility": "/accessibility/",
    "mailbox": "/demo/mailbox/",
}
# In the demo, what it replaces is more than eighteen months old.
SUPERSEDING = "/bulletins/2026/september/the-first-fridays-absences/"
MISSING = "/nothing-is-here/"
LINK_OVER = "/subscribe/confirm/a-link-that-is-over/"
UNKNOWN_LEAVE = "/unsubscribe/a-link-of-nobody/"


def public_places(page: Page) -> dict[str, str]:
    """Return the path of every kind of page that answers 200 to anybody, by kind."""
    page.goto("/bulletins/latest/")
    issue = urlsplit(page.url).path
    found = {"issue": issue, "year": "/".join(issue.split("/")[:3]) + "/"}
    found["item"] = first_link(page, f"main a[href^='{issue}']:not([href*='#']):not([href='{issue}'])")
    found["author"] = first_link(page, "main a[href^='/authors/']")
    page.goto(FIXED["topics"])
    found["topic"] = first_link(page, "main a[href^='/topics/']")
    page.goto(SUPERSEDING)
    found["item that supersedes"] = SUPERSEDING
    found["item superseded"] = first_link(page, ".replaces a")
    page.goto(FIXED["hub"])
    found["resource"] = first_link(
        page,
        "main a[href^='/parental-resources/']:not([href*='link-to-us'], [href*='#'], [href$='/parental-resources/'])",
    )
    return FIXED | found | {"unsubscribe": UNKNOWN_LEAVE}


def first_link(page: Page, selector: str) -> str:
    """Return the path that the first such link leads to."""
    return str(urlsplit(page.locator(selector).first.get_attribute("href") or "").path)
