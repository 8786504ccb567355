import re
import threading

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from mailings.tasks import post_letters
from subscribers.addresses import address_hash
from subscribers.consent import ask, confirm, hand_in, take_in, unsubscribe
from subscribers.letters import post_due
from subscribers.models import ConsentEvent, OutgoingLetter, SignUp, Subscriber, Suppression
from tests.factories import make_publication, make_subscriber
from tests.subscribers.cast import DAY, HOUR, NOON, press, sign_up

pytestmark = pytest.mark.django_db


def waiting() -> list[str]:
    return list(OutgoingLetter.objects.filter(sent=None).values_list("kind", flat=True))


def test_a_new_address_waits_for_its_letter(visitor):
    make_publication(name="The Example")
    response = press(visitor, " Ada@Example.ORG ")
    assert (response.status_code, response["Location"]) == (303, "/subscribe/look-in-your-mailbox/")
    assert not Subscriber.objects.exists()
    take_in()
    ada = Subscriber.objects.get()
    assert (ada.address, ada.status) == ("Ada@example.org", "pending")
    said = ada.consent.get()
    assert (said.what, said.source) == ("asked", "sign-up form")
    assert said.wording.startswith("Send me The Example by email once a month.")
    assert waiting() == ["confirm"]
    assert not SignUp.objects.exists()


def test_consent_is_dated_to_the_press_not_to_the_tick(visitor):
    with time_machine.travel(NOON, tick=False):
        press(visitor, "ada@example.org")
    with time_machine.travel(NOON + HOUR, tick=False):
        take_in()
    ada = Subscriber.objects.get()
    assert (ada.created_at, ada.consent.get().at, ada.letters.get().due) == (NOON, NOON, NOON)


def test_the_task_that_posts_letters_takes_sign_ups_in_first(visitor, relay):
    press(visitor, "ada@example.org")
    post_letters()
    assert relay.addresses == ["ada@example.org"]


def test_a_sign_up_that_cannot_be_taken_in_keeps_no_other_waiting(caplog):
    for address in ("first@example.org", "ada@example.org"):
        hand_in(address, "The words.", "test", NOON)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE subscribers_subscriber ADD CONSTRAINT no_first CHECK (address NOT LIKE 'first%%') NOT VALID"
        )
    take_in()
    assert Subscriber.objects.get().address == "ada@example.org"
    assert SignUp.objects.get().address == "first@example.org"
    assert "cannot be taken in: IntegrityError" in caplog.text
    assert "first@" not in caplog.text


def test_the_form_shows_the_very_words_that_are_recorded(visitor):
    make_publication(name="Tom & Ada's <b>")
    page = visitor.get("/subscribe/")
    assert "Send me Tom &amp; Ada&#x27;s &lt;b&gt; by email once a month." in page.content.decode()
    press(visitor, "ada@example.org")
    take_in()
    assert ConsentEvent.objects.get().wording.startswith("Send me Tom & Ada's <b> by email once a month.")


def test_the_page_has_one_labelled_field_for_people_and_sets_no_cookie(visitor):
    response = visitor.get("/subscribe/")
    page = response.content.decode()
    assert 'for="signup-address"' in page
    fields = re.findall("<input[^>]*>", page)
    assert [re.findall('name="([^"]*)"', field) for field in fields] == [["stamp"], ["address"], ["website"]]
    for words in ('id="signup-address"', 'type="email"', 'autocomplete="email"', 'spellcheck="false"'):
        assert words in fields[1]
    assert not response.cookies
    assert "no-store" in response["Cache-Control"]


def test_what_was_typed_stays_in_the_field(visitor):
    page = press(visitor, "ada@localhost").content.decode()
    assert 'value="ada@localhost"' in page


def test_a_barred_address_is_not_stored():
    Suppression.objects.create(address_hash=address_hash("ada@example.org"), reason="complaint", at=NOON)
    ask("ada@example.org", "The words.", "test", NOON)
    assert not Subscriber.objects.exists()


def test_one_who_left_stays_unsubscribed_until_they_confirm():
    make_subscriber(address="ada@example.org", status="unsubscribed")
    assert sign_up().status == "unsubscribed"


def test_asking_twice_owes_one_letter():
    sign_up()
    ada = sign_up(at=NOON + HOUR)
    assert waiting() == ["confirm"]
    assert ada.consent.count() == 1


def test_a_second_letter_goes_after_a_day_and_no_sooner(relay):
    sign_up()
    post_due(NOON)
    sign_up(at=NOON + 23 * HOUR)
    assert waiting() == []
    sign_up(at=NOON + DAY)
    assert waiting() == ["confirm"]


def test_one_who_came_and_left_within_a_day_may_come_again_at_once(relay):
    ada = sign_up()
    post_due(NOON)
    ada.refresh_from_db()
    Subscriber.objects.filter(pk=ada.pk).update(status="active", link_hash="", link_expires_at=None)
    ada.consent.create(what="confirmed", at=NOON + HOUR, wording="Yes.", source="test")
    unsubscribe(ada, "Stop.", "test", NOON + 2 * HOUR)
    sign_up(at=NOON + 3 * HOUR)
    assert waiting() == ["confirm"]


def test_an_active_address_is_told_so_once_in_thirty_days(relay):
    make_subscriber(address="ada@example.org")
    sign_up()
    assert post_due(NOON) == 1
    sign_up(at=NOON + 29 * DAY)
    assert waiting() == []
    sign_up(at=NOON + 30 * DAY)
    assert waiting() == ["already"]


def test_another_site_cannot_use_its_visitors_to_sign_people_up(visitor):
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://bulletin.example.org"},
        {"Origin": "https://bulletin.example.org.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://other.example.org"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://bulletin.example.org"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ):
        response = press(visitor, "ada@example.org", headers)
        assert response.status_code == 403, headers
        assert "another site" in response.content.decode()
        assert not response.cookies
    assert not SignUp.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://bulletin.example.org"},
        {"Origin": "https://bulletin.example.org", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_our_own_pages_and_programs_may(visitor, headers):
    assert press(visitor, "ada@example.org", headers).status_code == 303


def test_the_host_a_request_came_to_is_our_own_too(visitor):
    headers = {"Origin": "https://127.0.0.1:8443", "Host": "127.0.0.1:8443"}
    assert press(visitor, "ada@example.org", headers).status_code == 303


def test_get_and_head_change_nothing(visitor):
    for address in ("/subscribe/?address=ada@example.org", "/subscribe/look-in-your-mailbox/"):
        assert visitor.get(address).status_code == 200
        assert visitor.head(address).status_code == 200
    assert not SignUp.objects.exists()


def test_other_methods_are_refused(visitor):
    assert visitor.put("/subscribe/").status_code == 405
    assert visitor.delete("/subscribe/").status_code == 405
    assert visitor.post("/subscribe/look-in-your-mailbox/").status_code == 405


def test_the_mailbox_page_sets_no_cookie_and_names_nobody(visitor):
    response = visitor.get("/subscribe/look-in-your-mailbox/")
    assert "Look in your mailbox" in response.content.decode()
    assert not response.cookies


def test_a_letter_waits_when_the_link_was_confirmed_never(relay):
    sign_up()
    assert confirm("x" * 43, "Yes.", "test", NOON) is None
    assert waiting() == ["confirm"]


@pytest.mark.django_db(transaction=True)
def test_sign_ups_taken_in_by_several_at_once_make_one_person():
    start, errors = threading.Barrier(4), []
    for address in ["ada@example.org", "ADA@EXAMPLE.ORG"] * 4:
        hand_in(address, "The words.", "test", timezone.now())

    def race() -> None:
        try:
            start.wait()
            take_in()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    racers = [threading.Thread(target=race) for _ in range(4)]
    for each in racers:
        each.start()
    for each in racers:
        each.join()
    assert errors == []
    assert Subscriber.objects.get().letters.get().kind == "confirm"
    assert not SignUp.objects.exists()
