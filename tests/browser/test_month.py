"""The editors' month, from the first login to a letter in a mailbox: by keyboard alone, and by mouse."""

import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visit
from tests.browser.desk import await_editors, editor_of, rows
from tests.browser.hands import Hands, Keyboard, Mouse
from tests.browser.house import House, own_house
from tests.config.machine import wait_for

MOST_ACTIONS = 25
# Milliseconds: what waits for a worker, or for several pages.
PATIENCE = 30_000
STORIES = {
    "A kettle for the staff room": "The old one leaked. The new one was given by a neighbour of the school.",
    "Lost property on Fridays": "Coats and bottles wait in the hall until noon. Please write names inside.",
}
SUMMARY = "A kettle, lost coats, and how a small school keeps track of both until Friday noon."
# The month begins where nothing is begun: without the demo's draft.
NO_DRAFT = "from bulletins.models import Bulletin; Bulletin.objects.filter(status='draft').delete()"


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of this module's own, in which no issue is begun."""
    with own_house(tmp_path_factory.mktemp("month") / "checkout") as house:
        house.await_letter_of_issue()
        house.manage("shell", "-v", "0", "-c", NO_DRAFT)
        yield house


def log_in(hands: Hands, name: str) -> None:
    """Log in at the desk's door."""
    hands.page.goto("/admin/login/?next=/admin/")
    hands.write(hands.page.locator("input[name=username]"), name)
    hands.write(hands.page.locator("input[name=password]"), f"{name}-demo")
    hands.act(hands.page.get_by_role("button", name="Log in"))
    expect(hands.page).to_have_url(re.compile("/admin/$"))


def start(hands: Hands) -> None:
    """Start the next issue with the one button for it."""
    hands.act(hands.page.get_by_role("link", name=re.compile("^Start .+’s issue$")).first)
    hands.act(hands.page.get_by_role("button", name="Save", exact=True))
    await_editors(hands.page)


def write_items(hands: Hands) -> None:
    """Write the stories, each in an item of its own."""
    for number, (headline, words) in enumerate(STORIES.items()):
        hands.act(hands.page.get_by_role("link", name="Add another Item"))
        row = rows(hands.page).last
        hands.write(row.locator("input[name$=-headline]"), headline)
        if not number:
            hands.choose(row.locator("select[name$=-section]"), "In the news")
        editor_of(row).wait_for()
        hands.write(row.locator("iframe.cke_wysiwyg_frame"), words)


def send_now(hands: Hands) -> None:
    """Do not wait for the day: say why, type the issue's address and the password, and send."""
    hands.act(hands.page.get_by_role("link", name="Approval", exact=True))
    hands.act(hands.page.get_by_role("link", name="Send now…"))
    label = hands.page.get_by_text(re.compile("^Type .+ to confirm")).inner_text()
    hands.write(hands.page.locator("input[name=reason]"), "the test reads it at once")
    hands.write(hands.page.locator("input[name=confirmation]"), label.split()[1])
    hands.write(hands.page.locator("input[name=password]"), "approver-demo")
    hands.act(hands.page.get_by_role("button", name=re.compile("^Send to [0-9,]+ readers now")))
    expect(hands.page.locator(".mailing .how-far")).to_be_visible()


def try_and_check(hands: Hands) -> None:
    """Look at the letter, send a test to oneself, and see that the checklist is clean."""
    hands.act(hands.page.get_by_role("link", name="Preview", exact=True))
    # The frame runs no script, so it cannot be asked from outside: what is in it is fetched once more.
    frame = hands.page.locator("iframe").first.get_attribute("src") or ""
    assert next(iter(STORIES)) in hands.page.context.request.get(frame).text()
    hands.act(hands.page.get_by_role("button", name="Send the test"))
    expect(hands.page.locator("#test-letters")).to_contain_text("the relay took it", timeout=PATIENCE)
    hands.act(hands.page.get_by_role("link", name="Checklist", exact=True))
    expect(hands.page.get_by_text("Nothing")).to_be_visible()


def letters_called(house: House, title: str) -> list[EmailMessage]:
    """Return the letters of an issue that came to readers."""
    raw = (path.read_bytes() for path in house._mailbox())
    found = [BytesParser(_class=EmailMessage, policy=email.policy.default).parsebytes(data) for data in raw]
    return [letter for letter in found if letter["Subject"] == title]


@pytest.mark.parametrize("kind", [Keyboard, Mouse])
def test_the_month(visit: Visit, house: House, kind):
    editor, approver = (kind(visit(viewport={"width": 1280, "height": 1000})) for _ in range(2))
    log_in(editor, "editor")
    start(editor)
    title = editor.page.locator("input[name=title]").input_value()
    editor.write(editor.page.get_by_label("Summary"), SUMMARY)
    write_items(editor)
    editor.save()
    await_editors(editor.page)
    try_and_check(editor)

    log_in(approver, "approver")
    approver.act(approver.page.get_by_role("link", name="Check and approve").first)
    approver.act(approver.page.get_by_role("button", name=f"Approve {title}"))
    expect(
        approver.page.get_by_text(re.compile("is approved. It goes to [0-9,]+ readers on Wednesday")).first
    ).to_be_visible()
    actions = editor.actions + approver.actions
    print(f"\nFrom login to scheduled by {kind.__name__.lower()}: {actions} actions besides typing.")  # noqa: T201
    assert actions <= MOST_ACTIONS

    send_now(approver)
    assert wait_for(lambda: letters_called(house, title), 60), "no letter came"
    letter = letters_called(house, title)[0]
    words = letter.get_body(("plain",)).get_content()
    assert all(headline in words for headline in STORIES)
    reader = visit(java_script_enabled=False)
    reader.goto(re.search(rf"{re.escape(house.site)}/bulletins/[^\s#]+", words).group())
    for headline in STORIES:
        expect(reader.get_by_role("heading", name=headline)).to_be_visible()
