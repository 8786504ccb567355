"""What goes wrong at the forms, row by row: each id carries the number of its rule.

B1 no address  B2 too long  B3 no public domain  B4 letters of the world  B5 line breaks and NUL  B6 more than
an address  B7 more than was asked for  B8 links that are good no more  B9 visits of scanners  B10 one-click
bodies  B11 floods  B12 programs.
"""

from html import unescape

import pytest
import time_machine

from subscribers.consent import confirm, take_in
from subscribers.letters import post_due
from subscribers.models import OutgoingLetter, SignUp, Subscriber
from tests.factories import make_subscriber
from tests.subscribers.cast import DAY, HOUR, NOON, link_in, part, press, sign_up, stamped

pytestmark = pytest.mark.django_db

SHAPE = "Enter an address like name@example.org"
PUBLIC = "needs a public domain after the @"
LONG = "too long: at most 64 characters before the @, 254 in all"
LATIN = "The part before the @ must be plain Latin letters for now."
ONE = "Enter one address only, without a name, spaces or quotation marks."
EMPTY = "Enter your email address, like name@example.org."
THANKS = "/subscribe/look-in-your-mailbox/"

REFUSED = {
    "B1 nothing": ("", EMPTY),
    "B1 spaces": ("   ", EMPTY),
    "B1 a word": ("ada", SHAPE),
    "B1 a@b": ("a@b", SHAPE),
    "B1 a..b@x.org": ("a..b@x.org", SHAPE),
    "B1 a@x..org": ("a@x..org", SHAPE),
    "B1 two @": ("a@b@x.org", SHAPE),
    "B1 nothing before": ("@example.org", SHAPE),
    "B1 nothing after": ("ada@", SHAPE),
    "B2 65 before the @": ("a" * 65 + "@example.org", LONG),
    "B2 255 in all": ("a@" + "x" * 60 + ("." + "x" * 60) * 3 + ".examplexx", LONG),
    "B2 a megabyte": ("a@" + "x" * 1_000_000 + ".org", LONG),
    "B3 localhost": ("a@localhost", PUBLIC),
    "B3 in brackets": ("a@[127.0.0.1]", PUBLIC),
    "B3 IPv6 in brackets": ("a@[IPv6:::1]", PUBLIC),
    "B3 bare number": ("a@127.0.0.1", PUBLIC),
    "B4 umlaut before the @": ("jürgen@example.org", LATIN),
    "B4 another script": ("адам@example.org", LATIN),
    "B4 Cyrillic a in a Latin word": ("аda@example.org", LATIN),
    "B5 CRLF and a header": ("x@y.org\r\nBcc: z@example.org", ONE),
    "B5 LF and a header": ("x@y.org\nBcc: z@example.org", ONE),
    "B5 CR inside": ("x\r@y.org", ONE),
    "B5 NUL": ("x\x00@y.org", ONE),
    "B5 NUL at the end": ("x@y.org\x00", ONE),
    "B5 line separator": ("x@y\u2028z.org", ONE),
    "B6 with a name": ("A <a@x.org>", ONE),
    "B6 in angles": ("<a@x.org>", ONE),
    "B6 two with a comma": ("a@x.org, b@x.org", ONE),
    "B6 two with a space": ("a@x.org b@x.org", ONE),
    "B6 two with a semicolon": ("a@x.org;b@x.org", ONE),
    "B6 quoted": ('"a b"@x.org', ONE),
    "B6 markup": ("<script>alert(1)</script>@x.org", ONE),
}

TAKEN = {
    "B2 64 before the @": ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
    "B4 umlaut in the domain": ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    "B4 another script in the domain": ("ada@пример.example", "ada@xn--e1afmkfd.example"),
    "B6 spaces around": ("  ada@example.org \t", "ada@example.org"),
    "B6 capitals in the domain": ("Ada@EXAMPLE.Org", "Ada@example.org"),
    "B6 plus": ("ada+news@example.org", "ada+news@example.org"),
    "B6 apostrophe": ("o'brien@example.org", "o'brien@example.org"),
}


@pytest.mark.parametrize(("typed", "words"), REFUSED.values(), ids=REFUSED)
def test_refused_with_words_and_the_value_kept(visitor, caplog, typed, words):
    caplog.set_level("DEBUG")
    response = press(visitor, typed)
    page = unescape(response.content.decode())
    assert response.status_code == 200
    assert "<title>Error: Subscribe" in page
    assert page.count(words) == 2, "once in the summary, once beside the field"
    assert '<div class="error-summary" role="alert" tabindex="-1" autofocus>' in page
    assert 'href="#signup-address"' in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="signup-address_error"' in page
    assert typed.replace("\x00", "\N{REPLACEMENT CHARACTER}").strip() in page
    assert "\x00" not in page
    assert "<script>" not in response.content.decode()
    assert "Bcc" not in caplog.text
    assert not SignUp.objects.exists()


@pytest.mark.parametrize(("typed", "stored"), TAKEN.values(), ids=TAKEN)
def test_taken_and_written_in_one_way(visitor, typed, stored):
    assert press(visitor, typed)["Location"] == THANKS
    take_in()
    assert Subscriber.objects.get().address == stored


# There is one field. Who posts others, posts them for nothing.
EXTRA = {
    "B7 a name of 10,000": {"name": "x" * 10_000},
    "B7 control and bidi characters": {"name": "\x07\u202egro.live\u202c", "school": "\r\nBcc: z@example.org"},
    "B7 a promise": {"name": "You won! https://spam.example", "subject": "You won!", "message": "You won!"},
    "B7 fields of the table": {"status": "active", "id": "1", "letter_token": "x" * 43, "wording": "You won!"},
}


@pytest.mark.parametrize("fields", EXTRA.values(), ids=EXTRA)
def test_what_was_not_asked_for_goes_nowhere(visitor, relay, fields):
    press(visitor, "ada@example.org", **fields)
    take_in()
    ada = Subscriber.objects.get()
    assert (ada.status, ada.name, ada.school, ada.role) == ("pending", "", "", "")
    assert "You won" not in ada.consent.get().wording
    assert post_due(NOON + 40_000 * DAY) == 1
    assert_no_free_text(relay.letters()[0], *fields.values())


def assert_no_free_text(letter, *typed: str) -> None:
    """Nothing of what was typed is anywhere in the letter; numbers and states say nothing by themselves."""
    whole = (
        "".join(f"{name}: {value}\n" for name, value in letter.items()) + part(letter, "plain") + part(letter, "html")
    )
    for words in typed:
        assert len(words) < 7 or words not in whole
    for words in ("You won", "spam.example", "Bcc", "\u202e", "gro.live", "xxxxxxxx"):
        assert words not in whole


@pytest.mark.parametrize(
    "address",
    [
        "you.won.50.pounds.see-spam.example@example.org",
        "=cmd|calc@example.org",
        "{{settings}}@example.org",
        "a&b@x.org",
    ],
)
def test_an_address_that_is_a_message_stands_in_the_envelope_only(visitor, relay, address):
    press(visitor, address)
    take_in()
    post_due(NOON + 40_000 * DAY)
    (letter,) = relay.letters()
    local = address.partition("@")[0]
    assert relay.addresses == [address]
    assert letter["To"] == address
    others = "".join(f"{name}: {value}\n" for name, value in letter.items() if name != "To")
    for text in (others, part(letter, "plain"), unescape(part(letter, "html"))):
        assert local not in text


def wrong(person: Subscriber, link: str) -> str:
    return link[:-44] + "x" * 43 + "/"


def used(person: Subscriber, link: str) -> str:
    assert confirm(link.rstrip("/").rpartition("/")[2], "Yes.", "test", NOON)
    return link


def expired(person: Subscriber, link: str) -> str:
    Subscriber.objects.update(link_expires_at=NOON)
    return link


def erased(person: Subscriber, link: str) -> str:
    person.delete()
    return link


@pytest.mark.parametrize("make", [wrong, used, expired, erased], ids=lambda make: f"B8 {make.__name__}")
@time_machine.travel(NOON + HOUR, tick=False)
def test_a_link_that_is_good_no_more_leads_to_one_page(visitor, relay, make):
    person = sign_up()
    post_due(NOON)
    link = make(person, link_in(relay.letters()[0], "/subscribe/confirm/"))
    before = list(Subscriber.objects.values())
    answers = [visitor.get(link), visitor.post(link)]
    nothing_ever = visitor.get("/subscribe/confirm/never-was-one/")
    for answer in answers:
        assert (answer.status_code, answer.content) == (410, nothing_ever.content)
    assert 'action="/subscribe/"' in answers[0].content.decode(), "it offers a new letter"
    assert list(Subscriber.objects.values()) == before


@pytest.mark.parametrize("method", ["get", "head", "options"])
@pytest.mark.parametrize("page", ["subscribe", "confirm", "unsubscribe", "undo"])
@time_machine.travel(NOON + HOUR, tick=False)
def test_b9_a_scanner_that_follows_every_link_changes_nothing(visitor, relay, page, method):
    person = sign_up()
    post_due(NOON)
    path = {
        "subscribe": "/subscribe/?address=eve@example.org",
        "confirm": link_in(relay.letters()[0], "/subscribe/confirm/"),
        "unsubscribe": f"/unsubscribe/{person.letter_token}/?List-Unsubscribe=One-Click&leave=yes",
        "undo": f"/unsubscribe/{person.letter_token}/undo/",
    }[page]
    before = list(Subscriber.objects.values()), OutgoingLetter.objects.count(), person.consent.count()
    response = getattr(visitor, method)(path)
    assert response.status_code == (405 if method == "options" else 302 if page == "undo" else 200)
    after = list(Subscriber.objects.values()), OutgoingLetter.objects.count(), person.consent.count()
    assert after == before
    assert not SignUp.objects.exists()


URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = 'multipart/form-data; boundary="b"'
PARTS = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
ONE_CLICK = {
    "B10 urlencoded": (b"List-Unsubscribe=One-Click", URLENCODED, True),
    "B10 multipart": (PARTS, MULTIPART, True),
    "B10 no body": (b"", URLENCODED, False),
    "B10 wrong value": (b"List-Unsubscribe=yes", URLENCODED, False),
    "B10 wrong name": (b"Unsubscribe=One-Click", URLENCODED, False),
    "B10 text": (b"List-Unsubscribe=One-Click", "text/plain", False),
    "B10 JSON": (b'{"List-Unsubscribe": "One-Click"}', "application/json", False),
    "B10 multipart cut short": (PARTS[:60], MULTIPART, False),
}


@pytest.mark.parametrize(("body", "kind", "leaves"), ONE_CLICK.values(), ids=ONE_CLICK)
def test_one_click_acts_on_its_own_body_only(visitor, body, kind, leaves):
    ada = make_subscriber()
    visitor.cookies["sessionid"] = "anything"
    for _ in range(2):
        response = visitor.post(f"/unsubscribe/{ada.letter_token}/", body, content_type=kind)
        assert (response.status_code, response.cookies) == (200, {})
        ada.refresh_from_db()
        assert ada.status == ("unsubscribed" if leaves else "active")
    assert ada.consent.filter(what="unsubscribed").count() == leaves


def test_b11_a_flood_from_one_network_meets_429_and_words(visitor):
    answers = [press(visitor, f"reader{number}@example.org") for number in range(100)]
    assert [answer.status_code for answer in answers] == [303] * 30 + [429] * 70
    assert "Your address was not stored." in answers[-1].content.decode()
    assert SignUp.objects.count() == 30


def test_b11_a_flood_for_one_address_is_one_letter(visitor, relay):
    for number in range(100):
        visitor.defaults["REMOTE_ADDR"] = f"198.51.100.{number}"
        assert press(visitor, ["ada@example.org", "ADA@Example.org"][number % 2])["Location"] == THANKS
    take_in()
    assert post_due(NOON + 40_000 * DAY) == 1
    assert relay.addresses == ["ada@example.org"]


PROGRAMS = {
    "B12 the field nobody sees": {"website": "https://spam.example"},
    "B12 posted in 0.2 s": {"stamp": 0.2},
}


@pytest.mark.parametrize("fields", PROGRAMS.values(), ids=PROGRAMS)
@time_machine.travel(NOON, tick=False)
def test_a_program_gets_the_thanks_of_a_person_and_no_letter(visitor, fields):
    seconds = fields.get("stamp", 10)
    program = press(visitor, "ada@example.org", **{**fields, "stamp": stamped(seconds=seconds)})
    assert not SignUp.objects.exists()
    person = press(visitor, "ada@example.org")
    assert SignUp.objects.exists()
    assert (program.status_code, program.content, program.headers) == (303, b"", person.headers)
