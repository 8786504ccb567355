import re

import pytest
import time_machine

from subscribers.consent import undo, unsubscribe
from subscribers.models import Subscriber, Suppression
from tests.factories import make_publication, make_subscriber
from tests.subscribers.cast import DAY, HOUR, NOON, assert_private, last_said

pytestmark = pytest.mark.django_db

UNKNOWN = "A" * 43
MALFORMED = ["x", "x" * 5000, "%00", "%00" * 43, "%0A", "%C3%A9" * 43, "%FF", "🙂" * 43, "%3Cscript%3E"]


def page_of(person: Subscriber) -> str:
    return f"/unsubscribe/{person.letter_token}/"


def leave(person: Subscriber, at=NOON) -> bool:
    return unsubscribe(person, "Stop.", "test", at)


def status_of(person: Subscriber) -> str:
    return Subscriber.objects.get(pk=person.pk).status


def same_kind(response) -> str:
    """What a page says apart from the address and the token."""
    page = re.sub(r"<strong class=.address.>.*?</strong>", "<strong></strong>", response.content.decode())
    return re.sub(r"/unsubscribe/.*?/undo/", "/unsubscribe/undo/", page)


@time_machine.travel(NOON, tick=False)
def test_the_page_asks_and_its_button_stops_the_letters(visitor):
    ada = make_subscriber(address="ada@example.org")
    page = visitor.get(page_of(ada))
    assert page.status_code == 200
    assert_private(page)
    assert "a…@example.org" in page.content.decode()
    assert "ada@example.org" not in page.content.decode()
    first, *others = re.findall("<button.*?</button>", page.content.decode())
    assert first == '<button name="leave" value="yes">Stop sending First Wednesday</button>'
    assert others == ['<button class="small">Undo: send me First Wednesday again</button>']

    done = visitor.post(page_of(ada), {"leave": "yes"})
    assert done.status_code == 200
    assert_private(done)
    assert f'action="{page_of(ada)}undo/"' in done.content.decode()
    assert status_of(ada) == "unsubscribed"
    said = last_said(ada)
    assert (said.what, said.wording, said.source, said.at) == (
        "unsubscribed",
        "Stop sending First Wednesday",
        "unsubscribe page",
        NOON,
    )
    row = Suppression.objects.get()
    assert (row.address_hash, row.reason) == (ada.address_hash, "unsubscribed")


def test_get_head_and_a_wrong_body_change_nothing(visitor):
    ada = make_subscriber()
    visitor.get(page_of(ada))
    visitor.get(page_of(ada) + "?leave=yes&List-Unsubscribe=One-Click")
    visitor.head(page_of(ada))
    for body in ({}, {"other": "yes"}, {"List-Unsubscribe": "one-click"}, {"List-Unsubscribe": ""}):
        response = visitor.post(page_of(ada), body)
        assert response.status_code == 200
        assert 'name="leave"' in response.content.decode()
    visitor.post(page_of(ada), {"leave": "yes"}, content_type="application/json")
    assert status_of(ada) == "active"
    assert ada.consent.count() == 2


def test_leaving_twice_is_said_once(visitor):
    ada = make_subscriber()
    first = visitor.post(page_of(ada), {"leave": "yes"})
    again = visitor.post(page_of(ada), {"leave": "yes"})
    assert again.content == first.content
    assert ada.consent.filter(what="unsubscribed").count() == 1
    assert Suppression.objects.count() == 1


@pytest.mark.parametrize("token", [UNKNOWN, *MALFORMED])
def test_an_unknown_token_gets_the_pages_of_a_known_one(visitor, token):
    known, unknown = page_of(make_subscriber()), f"/unsubscribe/{token}/"
    for ask in (
        lambda page: visitor.get(page),
        lambda page: visitor.post(page, {"leave": "yes"}),
        lambda page: visitor.post(page, {"List-Unsubscribe": "One-Click"}),
        lambda page: visitor.post(page, {}),
        lambda page: visitor.post(f"{page}undo/"),
    ):
        one, other = ask(unknown), ask(known)
        assert (one.status_code, other.status_code) == (200, 200)
        assert_private(one)
        assert same_kind(one) == same_kind(other)


def test_the_erased_get_the_page_of_the_unknown(visitor):
    ada = make_subscriber()
    ada.delete()
    erased, unknown = visitor.get(page_of(ada)), visitor.get(f"/unsubscribe/{UNKNOWN}/")
    assert erased.content.decode().replace(ada.letter_token, UNKNOWN) == unknown.content.decode()


@pytest.mark.parametrize("token", [UNKNOWN, "cut-short"])
def test_a_link_cut_short_is_spoken_of_before_anybody_believes_they_have_left(visitor, token):
    make_publication(feedback_address="editors@example.org")
    ask = visitor.get(f"/unsubscribe/{token}/").content.decode()
    hint = (
        "A link that was cut short on its way stops nothing: should letters still come, use the link in the newest one."
    )
    assert ask.index(hint) < ask.index("<button")
    done = visitor.post(f"/unsubscribe/{token}/", {"leave": "yes"}).content.decode()
    hint = "If letters still come, this link may have been cut short on its way: use the one in the newest letter, or"
    assert done.index("no longer goes to") < done.index(hint) < done.index("<button")


def test_leaving_is_never_guarded(visitor):
    ada = make_subscriber()
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert visitor.post(page_of(ada), {"leave": "yes"}, headers=foreign).status_code == 200
    assert status_of(ada) == "unsubscribed"


@pytest.mark.parametrize(
    ("status", "then", "on_record"),
    [
        ("pending", "unsubscribed", "unsubscribed"),
        ("active", "unsubscribed", "unsubscribed"),
        ("unsubscribed", "unsubscribed", None),
        ("bounced", "unsubscribed", "hard bounce"),
        ("complained", "complained", None),
    ],
)
def test_what_leaving_makes_of_each_status(status, then, on_record):
    ada = make_subscriber(status=status)
    assert leave(ada) == (on_record is not None)
    assert status_of(ada) == then
    assert list(Suppression.objects.values_list("reason", flat=True)) == ([on_record] if on_record else [])


def test_a_complaint_on_record_stays_one():
    ada = make_subscriber()
    Suppression.objects.create(address_hash=ada.address_hash, reason="complaint", at=NOON)
    leave(ada)
    assert Suppression.objects.get().reason == "complaint"


def test_leaving_voids_the_letters_still_to_go():
    ada = make_subscriber()
    ada.letters.create(kind="already", due=NOON)
    leave(ada)
    assert not ada.letters.exists()


@time_machine.travel(NOON + HOUR, tick=False)
def test_undo_brings_them_back(visitor):
    ada = make_subscriber()
    leave(ada)
    response = visitor.post(f"{page_of(ada)}undo/")
    assert response.status_code == 200
    assert_private(response)
    assert status_of(ada) == "active"
    said = last_said(ada)
    assert (said.what, said.wording) == ("returned", "Undo: send me First Wednesday again")
    assert not Suppression.objects.exists()


@time_machine.travel(NOON + HOUR, tick=False)
def test_one_who_left_can_come_back_from_the_page_opened_again(visitor):
    ada = make_subscriber()
    leave(ada)
    page = visitor.get(page_of(ada)).content.decode()
    (action,) = re.findall(
        '<form action="([^"]*)" method="post">\n<p class="small">Left already, and want it back', page
    )
    visitor.post(action)
    assert status_of(ada) == "active"


@pytest.mark.parametrize("status", Subscriber.Status.values)
def test_the_answer_to_undo_is_one_and_true_for_everybody(visitor, status):
    ada = make_subscriber(status=status)
    answer = visitor.post(f"{page_of(ada)}undo/")
    assert same_kind(answer) == same_kind(visitor.post(f"/unsubscribe/{UNKNOWN}/undo/"))
    page = re.sub("<[^>]*>", "", answer.content.decode())
    assert "Taken back" not in page
    assert "left the list of First Wednesday within the last thirty days, it is on it again" in page
    assert "If it never left, nothing has changed." in page
    assert "A link that was cut short brings nobody back" in page
    assert status_of(ada) == status
    assert "returned" not in ada.consent.values_list("what", flat=True)


@pytest.mark.parametrize("method", ["get", "head"])
def test_the_address_of_undo_opened_leads_to_the_page_that_asks(visitor, method):
    ada = make_subscriber()
    leave(ada)
    for page in (page_of(ada), f"/unsubscribe/{UNKNOWN}/"):
        response = getattr(visitor, method)(f"{page}undo/")
        assert (response.status_code, response["Location"]) == (302, page)
        assert_private(response)
    assert status_of(ada) == "unsubscribed"
    assert last_said(ada).what == "unsubscribed"


@pytest.mark.parametrize("token", MALFORMED)
def test_the_address_of_undo_leads_there_with_any_token(visitor, token):
    response = visitor.get(f"/unsubscribe/{token}/undo/", follow=True)
    assert [status for _, status in response.redirect_chain] == [302]
    assert same_kind(response) == same_kind(visitor.get(f"/unsubscribe/{UNKNOWN}/"))


def test_undo_is_guarded_and_only_posting_does_it(visitor):
    ada = make_subscriber()
    leave(ada)
    assert visitor.put(f"{page_of(ada)}undo/").status_code == 405
    assert visitor.post(f"{page_of(ada)}undo/", headers={"Origin": "https://evil.example"}).status_code == 403
    assert status_of(ada) == "unsubscribed"


def test_undo_twice_is_said_once():
    ada = make_subscriber()
    leave(ada)
    assert undo(ada, "Back.", "test", NOON + HOUR)
    assert not undo(ada, "Back.", "test", NOON + HOUR)
    assert ada.consent.filter(what="returned").count() == 1


def test_undo_lasts_thirty_days():
    ada = make_subscriber()
    leave(ada)
    assert not undo(ada, "Back.", "test", NOON + 30 * DAY)
    assert undo(ada, "Back.", "test", NOON + 29 * DAY)


@pytest.mark.parametrize("status", ["pending", "bounced"])
def test_undo_makes_nobody_active_who_was_not(status):
    ada = make_subscriber(status=status)
    leave(ada)
    assert not undo(ada, "Back.", "test", NOON + HOUR)
    assert status_of(ada) == "unsubscribed"


@pytest.mark.parametrize("status", ["pending", "active", "bounced", "complained"])
def test_undo_without_an_unsubscribing_does_nothing(status):
    ada = make_subscriber(status=status)
    assert not undo(ada, "Back.", "test", NOON)
    assert status_of(ada) == status


@pytest.mark.parametrize("reason", ["complaint", "hard bounce"])
def test_undo_lifts_neither_complaint_nor_bounce(reason):
    ada = make_subscriber()
    Suppression.objects.create(address_hash=ada.address_hash, reason=reason, at=NOON)
    leave(ada)
    assert not undo(ada, "Back.", "test", NOON)
    assert Suppression.objects.get().reason == reason


def test_other_methods_are_refused(visitor):
    assert visitor.put(page_of(make_subscriber())).status_code == 405
