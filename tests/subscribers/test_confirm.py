import threading

import pytest
import time_machine
from django.db import connection

from subscribers.consent import confirm
from subscribers.letters import post_due
from subscribers.models import OutgoingLetter, Subscriber, Suppression
from tests.factories import make_subscriber
from tests.subscribers.cast import DAY, HOUR, NOON, assert_private, last_said, link_in, sign_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(relay) -> str:
    sign_up()
    post_due(NOON)
    return link_in(relay.letters()[-1], "/subscribe/confirm/")


def token_of(link: str) -> str:
    return link.rstrip("/").rsplit("/", 1)[1]


def the_one() -> Subscriber:
    return Subscriber.objects.get()


@time_machine.travel(NOON + HOUR, tick=False)
def test_the_page_asks_and_its_button_confirms(visitor, link):
    page = visitor.get(link)
    assert page.status_code == 200
    assert_private(page)
    assert "a…@example.org" in page.content.decode()
    assert "ada@example.org" not in page.content.decode()
    assert "Yes, send me First Wednesday" in page.content.decode()

    done = visitor.post(link)
    assert done.status_code == 200
    assert_private(done)
    ada = the_one()
    assert ada.status == "active"
    said = last_said(ada)
    assert (said.what, said.at, said.wording) == ("confirmed", NOON + HOUR, "Yes, send me First Wednesday")


@time_machine.travel(NOON + HOUR, tick=False)
def test_get_and_head_change_nothing(visitor, link):
    before = Subscriber.objects.values().get()
    for _ in range(3):
        visitor.get(link)
        assert_private(visitor.head(link))
    assert Subscriber.objects.values().get() == before


@time_machine.travel(NOON + HOUR, tick=False)
def test_a_link_works_once(visitor, link):
    visitor.post(link)
    for again in (visitor.get(link), visitor.post(link)):
        assert again.status_code == 410
        assert_private(again)
        assert 'action="/subscribe/"' in again.content.decode()
    assert the_one().consent.filter(what="confirmed").count() == 1


@time_machine.travel(NOON + HOUR, tick=False)
def test_only_who_has_just_confirmed_is_led_to_the_way_out(visitor, link):
    ada = the_one()
    assert "/unsubscribe/" not in visitor.get(link).content.decode()
    done = visitor.post(link).content.decode()
    assert f'Changed your mind? <a href="/unsubscribe/{ada.letter_token}/">Unsubscribe</a>' in done
    for over in (visitor.post(link), visitor.get(link)):
        assert "/unsubscribe/" not in over.content.decode()


@time_machine.travel(NOON + HOUR, tick=False)
def test_who_reloads_reads_first_that_all_is_well(visitor, link):
    visitor.post(link)
    page = visitor.post(link).content.decode()
    assert "no longer works" not in page
    calm = page.index("If you pressed its button already, all is well")
    assert page.index("<h1>Nothing left to confirm here</h1>") < calm < page.index("ask for a new letter")


@pytest.mark.parametrize(
    "token", ["x", "x" * 42, "x" * 43, "x" * 5000, "%00", "%00" * 43, "%0A", "%C3%A9" * 43, "%FF", "🙂" * 43]
)
def test_a_wrong_link_gets_the_same_page(visitor, token):
    page = f"/subscribe/confirm/{token}/"
    for response in (visitor.get(page), visitor.post(page)):
        assert response.status_code == 410
        assert_private(response)
        assert "Nothing left to confirm here" in response.content.decode()


def test_a_link_lasts_seven_days(visitor, link):
    with time_machine.travel(NOON + 7 * DAY - HOUR):
        assert visitor.get(link).status_code == 200
    with time_machine.travel(NOON + 7 * DAY):
        assert visitor.get(link).status_code == 410
        assert visitor.post(link).status_code == 410
    assert the_one().status == "pending"


@time_machine.travel(NOON + HOUR, tick=False)
def test_an_erased_person_leaves_no_trace(visitor, link):
    the_one().delete()
    assert visitor.post(link).status_code == 410
    assert not Subscriber.objects.exists()


@time_machine.travel(NOON + HOUR, tick=False)
def test_one_barred_since_is_not_subscribed(visitor, link):
    Suppression.objects.create(address_hash=the_one().address_hash, reason="complaint", at=NOON)
    assert visitor.post(link).status_code == 410
    assert the_one().status == "pending"


@pytest.mark.parametrize("reason", ["unsubscribed", "erased"])
def test_a_fresh_opt_in_lifts_an_earlier_wish(relay, reason):
    ada = make_subscriber(address="ada@example.org", status="unsubscribed")
    Suppression.objects.create(address_hash=ada.address_hash, reason=reason, at=NOON)
    sign_up()
    post_due(NOON)
    token = token_of(link_in(relay.letters()[-1], "/subscribe/confirm/"))
    assert confirm(token, "Yes.", "test", NOON + HOUR) == ada
    assert not Suppression.objects.exists()


def test_only_the_newest_link_works(relay, link):
    sign_up(at=NOON + 2 * DAY)
    post_due(NOON + 2 * DAY)
    newest = link_in(relay.letters()[-1], "/subscribe/confirm/")
    assert newest != link
    assert confirm(token_of(link), "Yes.", "test", NOON + 2 * DAY) is None
    assert confirm(token_of(newest), "Yes.", "test", NOON + 2 * DAY)


def test_the_token_itself_is_not_stored(link):
    ada, token = the_one(), token_of(link)
    assert token not in (ada.link_hash, ada.letter_token)
    assert len(ada.link_hash) == 64
    assert ada.link_expires_at == NOON + 7 * DAY


def test_a_letter_token_confirms_nothing(visitor, link):
    assert visitor.post(f"/subscribe/confirm/{the_one().letter_token}/").status_code == 410


def test_confirming_voids_a_letter_still_to_go(relay, link):
    OutgoingLetter.objects.update(sent=None)
    assert confirm(token_of(link), "Yes.", "test", NOON)
    assert post_due(NOON + DAY) == 0
    assert len(relay.accepted) == 1


@time_machine.travel(NOON + HOUR, tick=False)
def test_a_post_from_our_own_page_without_a_referrer_counts(visitor, link):
    assert visitor.post(link, headers={"Origin": "https://evil.example"}).status_code == 403
    assert visitor.post(link, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert the_one().status == "pending"
    assert visitor.post(link, headers={"Origin": "null"}).status_code == 200


def test_other_methods_are_refused(visitor, link):
    assert visitor.put(link).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_confirm_once(relay, link):
    start, answers = threading.Barrier(6), []

    def race() -> None:
        try:
            start.wait()
            answers.append(confirm(token_of(link), "Yes.", "test", NOON))
        finally:
            connection.close()

    racers = [threading.Thread(target=race) for _ in range(6)]
    for each in racers:
        each.start()
    for each in racers:
        each.join()
    assert [each for each in answers if each] == [the_one()]
    assert len(answers) == 6
    assert the_one().consent.filter(what="confirmed").count() == 1
