import threading

import pytest
from django.db import connection
from django.utils import timezone

from subscribers.addresses import address_hash
from subscribers.consent import ask, confirm, unsubscribe
from subscribers.letters import post_due
from subscribers.models import ConsentEvent, OutgoingLetter, Subscriber, Suppression
from tests.factories import make_publication, make_subscriber
from tests.subscribers.cast import DAY, HOUR, NOON, sign_up

pytestmark = pytest.mark.django_db


def waiting() -> list[str]:
    return list(OutgoingLetter.objects.filter(sent=None).values_list("kind", flat=True))


def test_a_new_address_waits_for_its_letter(visitor):
    make_publication(name="The Example")
    response = visitor.post("/subscribe/", {"address": " Ada@Example.ORG "})
    assert (response.status_code, response["Location"]) == (303, "/subscribe/look-in-your-mailbox/")
    ada = Subscriber.objects.get()
    assert (ada.address, ada.status) == ("Ada@example.org", "pending")
    said = ada.consent.get()
    assert (said.what, said.source) == ("asked", "sign-up form")
    assert said.wording.startswith("Send me The Example by email once a month.")
    assert waiting() == ["confirm"]


def test_the_form_shows_the_very_words_that_are_recorded(visitor):
    make_publication(name="Tom & Ada's <b>")
    page = visitor.get("/subscribe/")
    assert "Send me Tom &amp; Ada&#x27;s &lt;b&gt; by email once a month." in page.content.decode()
    visitor.post("/subscribe/", {"address": "ada@example.org"})
    assert ConsentEvent.objects.get().wording.startswith("Send me Tom & Ada's <b> by email once a month.")


def test_the_page_has_one_labelled_field_and_sets_no_cookie(visitor):
    response = visitor.get("/subscribe/")
    page = response.content.decode()
    assert 'for="signup-address"' in page
    field = page[page.index("<input") :].split(">")[0]
    assert 'id="signup-address"' in field
    for words in ('type="email"', 'name="address"', 'autocomplete="email"', 'spellcheck="false"'):
        assert words in field
    assert page.count("<input") == 1
    assert not response.cookies
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter your email address, like name@example.org."),
        ("a..b@x.org", "Enter an address like name@example.org."),
        ("x@y.org\r\nBcc: z@example.org", "Enter one address only"),
        ("x\x00y@example.org", "Null characters are not allowed."),
        ("<script>alert(1)</script>@example.org", "Enter one address only"),
    ],
)
def test_a_bad_address_comes_back_with_a_sentence_beside_it(visitor, typed, words):
    response = visitor.post("/subscribe/", {"address": typed})
    page = response.content.decode()
    assert response.status_code == 200
    assert page.count(words) == 2
    assert "<title>Error: " in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="signup-address_error"' in page
    assert "<script>" not in page
    assert not Subscriber.objects.exists()
    assert not response.cookies


def test_what_was_typed_stays_in_the_field(visitor):
    page = visitor.post("/subscribe/", {"address": "ada@localhost"}).content.decode()
    assert 'value="ada@localhost"' in page


def test_nothing_at_all_is_a_sentence_too(visitor):
    assert "Enter your email address" in visitor.post("/subscribe/", {}).content.decode()


@pytest.mark.parametrize("status", ["", "pending", "active", "unsubscribed", "bounced", "complained"])
@pytest.mark.parametrize("reason", ["", "unsubscribed", "erased", "complaint", "hard bounce"])
def test_the_answer_tells_nothing_about_the_address(visitor, status, reason):
    if status:
        make_subscriber(address="ada@example.org", status=status)
    if reason:
        Suppression.objects.create(address_hash=address_hash("ada@example.org"), reason=reason, at=NOON)
    response = visitor.post("/subscribe/", {"address": "ADA@example.org"})
    assert (response.status_code, response["Location"], response.content) == (
        303,
        "/subscribe/look-in-your-mailbox/",
        b"",
    )
    assert not response.cookies
    barred = status in ("bounced", "complained") or reason in ("complaint", "hard bounce")
    assert waiting() == ([] if barred else ["already" if status == "active" else "confirm"])


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
        response = visitor.post("/subscribe/", {"address": "ada@example.org"}, headers=headers)
        assert response.status_code == 403, headers
        assert "another site" in response.content.decode()
        assert not response.cookies
    assert not Subscriber.objects.exists()


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
    assert visitor.post("/subscribe/", {"address": "ada@example.org"}, headers=headers).status_code == 303


def test_the_host_a_request_came_to_is_our_own_too(visitor):
    headers = {"Origin": "https://127.0.0.1:8443", "Host": "127.0.0.1:8443"}
    assert visitor.post("/subscribe/", {"address": "ada@example.org"}, headers=headers).status_code == 303


def test_get_and_head_change_nothing(visitor):
    for address in ("/subscribe/?address=ada@example.org", "/subscribe/look-in-your-mailbox/"):
        assert visitor.get(address).status_code == 200
        assert visitor.head(address).status_code == 200
    assert not Subscriber.objects.exists()


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
def test_two_sign_ups_of_one_address_at_once_make_one_person():
    start, errors = threading.Barrier(8), []

    def race(address: str) -> None:
        try:
            start.wait()
            ask(address, "The words.", "test", timezone.now())
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    racers = [threading.Thread(target=race, args=[a]) for a in ["ada@example.org", "ADA@EXAMPLE.ORG"] * 4]
    for each in racers:
        each.start()
    for each in racers:
        each.join()
    assert errors == []
    assert Subscriber.objects.get().letters.get().kind == "confirm"
