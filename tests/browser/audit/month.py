"""The screens of an editor's month beyond the lists: checklist, preview, a reviewer's pages, history, corrections."""

import json
from collections.abc import Iterator

from playwright.sync_api import Page

from tests.browser.audit.findings import Room, Screen
from tests.browser.desk import await_editors, log_in
from tests.browser.house import House
from tests.config.machine import wait_for

# Seconds that the demo takes to mail its issue.
MAILED_WITHIN = 180
OVER = (
    "from mailings.models import Mailing; print(Mailing.objects.filter(number=0, state='finished', sent__gt=0).count())"
)
# A draft that was edited and tested, one that is answered for and approved, and a correction of one that was mailed.
LIVED_IN = """
import datetime, json
from django.utils import timezone
from bulletins.corrections import correct
from bulletins.drafts import LINK_LASTS, draft_token
from bulletins.models import Bulletin
from bulletins.preflight.checklist import accept
from bulletins.schedule import first_wednesday, instant
from demo.issues import CONTENT, answer_for, read, write
from demo.staff import make_staff
from mailings.preflight import checklist
from mailings.releasing import release
from mailings.test_letters import ask
from publication.log import record
from publication.models import Publication
at, staff = timezone.now(), make_staff()
draft = Bulletin.objects.filter(status="draft").first()
draft.sign_off = "<p>Thank you for reading.</p>"
draft.save()
item = draft.items.exclude(body="").first()
draft.items.filter(body="").first().delete()
item.headline, item.body = "The last ten minutes of a lesson", item.body.replace("five minutes", "ten minutes")
item.save()
looked = checklist(draft, at)
for entry in looked.unanswered[:1]:
    accept(looked, (entry.finding.rule, entry.finding.key), staff["editor"], "It is meant so.", at)
ask(draft, [staff["editor"].email], staff["editor"], at)
record(staff["editor"], draft, f"Sent a test to {staff['editor'].email}.")
date = first_wednesday(at.year + 1, 3)
hour = instant(date, Publication.objects.current().publication_hour)
ready = write(read(CONTENT / "due.toml"), date, title=f"First Wednesday {date:%B %Y}", publish_at=hour)
answer_for(ready, staff["editor"], at, "It is meant so.")
release(ready, staff["approver"], at)
mailed = Bulletin.objects.get(mailings__number=0, mailings__state="finished", mailings__sent__gt=0)
mailed.summary = "What the summary says after the correction."
mailed.last_edited_by = staff["editor"]
mailed.save()
note = "The webinar begins at four o’clock, not at five as we wrote."
told = {"correction": "noted", "correction_note": note, "correction_about": mailed.items.first()}
correct(mailed, told, staff["editor"], at)
never = Bulletin.objects.filter(status="approved", mailings=None, publish_at__lt=at).first()
tokens = {"token": draft_token(draft, at + LINK_LASTS), "over": draft_token(draft, at - datetime.timedelta(minutes=1))}
keys = {"draft": draft.pk, "ready": ready.pk, "mailed": mailed.pk, "never": never.pk}
print(json.dumps({**tokens, **keys, "page": mailed.get_absolute_url()}))
"""


def month_screens(house: House, page: Page) -> Iterator[Screen]:
    """Let some days of a month pass in the house, and return the screens it leaves; `page` is logged in."""
    assert wait_for(lambda: shell(house, OVER) != "0", MAILED_WITHIN), "The demo's mailing did not come to its end."
    made = json.loads(shell(house, LIVED_IN))
    issues = f"{house.site}/admin/issues"
    yield from draft_screens(house, made, f"{issues}/{made['draft']}")
    yield from ready_screens(f"{issues}/{made['ready']}")
    yield Screen("issue, corrected", Room.PUBLIC, house.site + made["page"])
    for name in ("draft", "mailed"):
        yield from history_screens(page, f"{issues}/{made[name]}/history/", name)
    yield from correction_screens(page, house.site, made)


def shell(house: House, code: str) -> str:
    return house.manage("shell", "-v", "0", "-c", code).strip()


def draft_screens(house: House, made: dict, issue: str) -> Iterator[Screen]:
    """Return what a draft is looked at on: by staff, and by a reviewer with a link, a link that is over, or none."""
    yield Screen("desk: checklist, with findings", Room.DESK, f"{issue}/check/")
    yield Screen("desk: preview, letter", Room.DESK, f"{issue}/preview/")
    yield Screen("desk: preview, letter in the dark", Room.DESK, f"{issue}/preview/?show=letter&dark")
    yield Screen("desk: preview, web page", Room.DESK, f"{issue}/preview/?show=web")
    yield Screen("desk: preview, plain text", Room.DESK, f"{issue}/preview/?show=text")
    drafts = f"{house.site}/drafts"
    yield Screen("draft, by a reviewer's link", Room.PUBLIC, f"{drafts}/{made['token']}/")
    yield Screen("letter: draft, by a reviewer's link", Room.LETTER, f"{drafts}/{made['token']}/letter/")
    yield Screen("draft, link over", Room.PUBLIC, f"{drafts}/{made['over']}/", status=410)
    yield Screen("draft, letter of a link over", Room.PUBLIC, f"{drafts}/{made['over']}/letter/", status=410)
    yield Screen("draft, link of nobody", Room.PUBLIC, f"{drafts}/nobody-signed-this/", status=410)


def ready_screens(issue: str) -> Iterator[Screen]:
    """Return the pages of an issue that is approved and waits for its day."""
    yield Screen("desk: checklist, all answered", Room.DESK, f"{issue}/check/")
    yield Screen("desk: issue that waits, approval", Room.DESK, f"{issue}/approve/")
    yield Screen("desk: issue that waits, send now", Room.DESK, f"{issue}/send-now/")


def history_screens(page: Page, history: str, name: str) -> Iterator[Screen]:
    """Return an issue's history, the comparison that its newest change leads to, and the page that takes it back."""
    yield Screen(f"desk: history, {name}", Room.DESK, history)
    page.goto(history)
    yield Screen(f"desk: compare, {name}", Room.DESK, followed(page, "Compare"))
    page.goto(followed(page, "Compare"))
    yield Screen(f"desk: restore, {name}", Room.DESK, followed(page, "Bring back the wording before"))


def followed(page: Page, name: str) -> str:
    """Return the whole address of the first link of this name."""
    return str(page.get_by_role("link", name=name).first.evaluate("link => link.href"))


def correction_screens(page: Page, site: str, made: dict) -> Iterator[Screen]:
    """Return what follows an issue that is out: the write screen and what it asks, the letter and how it will read."""
    letter = f"{site}/admin/issues/{made['mailed']}/correction-letter/"
    yield Screen(
        "desk: correction letter, never mailed", Room.DESK, letter.replace(str(made["mailed"]), str(made["never"]))
    )
    yield Screen("desk: correction letter", Room.DESK, letter)
    page.goto(letter)
    yield answered(page, "Show how it will read", "desk: correction letter, as it reads")
    write = f"{site}/admin/bulletins/bulletin/{made['mailed']}/change/"
    yield Screen("desk: published issue", Room.DESK, write)
    page.goto(write)
    await_editors(page)
    page.get_by_label("Summary").fill("What nobody was told of.")
    yield answered(page, "Save and continue editing", "desk: published issue, asked about its correction")


def answered(page: Page, button: str, name: str) -> Screen:
    """Press a button at the desk, and keep what it answers."""
    with page.expect_navigation() as answer:
        page.get_by_role("button", name=button).click()
    assert answer.value is not None
    return Screen(name, Room.DESK, answer.value.url, answer.value.text())


def first_page(page: Page, role: str) -> Screen:
    """Log in, and keep the first page as this member of staff sees it."""
    log_in(page, role)
    answer = page.goto("/admin/")
    assert answer is not None
    return Screen(f"desk: first page of the {role}", Room.DESK, answer.url, answer.text())
