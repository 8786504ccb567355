import re
import threading

import pytest
from django.db import connection

from subscribers.consent import unsubscribe
from subscribers.letters import MOST_ATTEMPTS, claimed, post_due
from subscribers.models import OutgoingLetter, Subscriber, Suppression
from tests.factories import make_publication, make_subscriber
from tests.relay import free_port
from tests.subscribers.cast import DAY, HOUR, NOON, link_in, part, sign_up

pytestmark = pytest.mark.django_db


def test_a_confirm_letter_says_who_why_and_that_ignoring_is_enough(relay):
    make_publication()
    sign_up()
    Subscriber.objects.update(name="Buy pills at evil.example", school="<b>evil</b>")
    assert post_due(NOON) == 1
    (letter,) = relay.letters()
    assert not letter.defects
    assert relay.addresses == ["ada@example.org"]
    assert letter["To"] == "ada@example.org"
    assert letter["Subject"] == "Please confirm: First Wednesday by email"
    assert letter["From"] == "First Wednesday <bulletin@example.org>"
    assert letter["Reply-To"] == "editors@example.org"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Id"] is None
    text, html = part(letter, "plain"), part(letter, "html")
    link = link_in(letter, "/subscribe/confirm/")
    for each in (text, html):
        assert f"https://bulletin.example.org{link}" in each
        assert "Somebody, most likely you" in each
        assert "do nothing" in each
        assert "The link works once, until Monday 16 March 2026, 12:00 (London time)." in each.replace("\n", " ")
        assert "Example Learning" in each
        assert "evil" not in each
        assert "/unsubscribe/" not in each
        assert "{{" not in each
        assert "https://bulletin.example.org/subscribe/" in each


def test_a_confirm_letter_has_one_button_and_its_link_in_plain_below(relay):
    make_publication()
    sign_up()
    assert post_due(NOON) == 1
    (letter,) = relay.letters()
    link = f"https://bulletin.example.org{link_in(letter, '/subscribe/confirm/')}"
    html, text = part(letter, "html"), part(letter, "plain")
    (button,) = re.findall(r'<table class="button".*?</table>', html, re.DOTALL)
    assert re.search(rf'<a href="{link}" style="[^"]*padding:13px 26px[^"]*">Open the page</a>', button)
    assert re.search(rf'<a href="{link}" [^>]*>{link}</a>', html.partition(button)[2])
    assert html.count(f'href="{link}"') == 2
    assert text.splitlines().count(link) == 1


def test_the_letter_has_another_headline_than_the_page_that_led_to_it(relay, visitor):
    make_publication()
    page = visitor.post("/subscribe/", {"address": "ada@example.org"}).content.decode()
    sign_up()
    assert post_due(NOON) == 1
    (headline,) = re.findall("<h1[^>]*>(.*?)</h1>", part(relay.letters()[0], "html"))
    assert headline == "Confirm your address"
    assert headline not in page


@pytest.mark.parametrize("kind", ["confirm", "already"])
def test_the_text_of_a_letter_is_wrapped_whatever_the_names(relay, kind):
    make_publication(name="A very long name " * 5, postal_address="1 Example Street, " * 10)
    make_subscriber(address="ada@example.org", status="active" if kind == "already" else "pending")
    sign_up()
    assert post_due(NOON) == 1
    text = part(relay.letters()[0], "plain")
    heads = [line for line in text.splitlines() if "https://" not in line and not line.startswith("A very long name")]
    assert max(map(len, heads)) <= 72
    assert "\n\n\n" not in text
    assert not text.startswith("\n")


def test_the_letter_to_one_on_the_list_can_unsubscribe(relay, visitor):
    make_publication()
    ada = make_subscriber(address="ada@example.org")
    sign_up()
    assert post_due(NOON) == 1
    (letter,) = relay.letters()
    assert letter["Subject"] == "You already get First Wednesday"
    link = link_in(letter, "/unsubscribe/")
    assert link == f"/unsubscribe/{ada.letter_token}/"
    assert f"https://bulletin.example.org{link}" in part(letter, "html")
    visitor.post(link, {"leave": "yes"})
    assert Subscriber.objects.get().status == "unsubscribed"


def test_a_letter_is_right_before_anybody_filled_in_the_publication(relay):
    sign_up()
    assert post_due(NOON) == 1
    text = part(relay.letters()[0], "plain")
    assert "None" not in text
    assert "{%" not in text


def test_a_letter_goes_once(relay):
    sign_up()
    assert post_due(NOON) == 1
    assert post_due(NOON) == 0
    assert post_due(NOON + 8 * DAY) == 0
    assert OutgoingLetter.objects.get().sent == NOON


def test_a_letter_waits_until_it_is_due(relay):
    sign_up(at=NOON + HOUR)
    assert post_due(NOON) == 0
    assert relay.accepted == []


def test_a_process_that_dies_repeats_the_letter_with_the_same_link(relay):
    sign_up()
    next(claimed(NOON))
    assert post_due(NOON) == 0
    assert post_due(NOON + HOUR / 4) == 1
    OutgoingLetter.objects.update(sent=None)
    assert post_due(NOON + HOUR) == 1
    first, again = relay.letters()
    assert link_in(first, "/subscribe/confirm/") == link_in(again, "/subscribe/confirm/")


def test_a_relay_that_is_down_costs_no_attempt(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    sign_up()
    assert post_due(NOON) == 0
    letter = OutgoingLetter.objects.get()
    assert (letter.attempts, letter.due, letter.sent) == (0, NOON, None)


def test_a_refused_letter_waits_twice_as_long_each_time_and_others_go(relay):
    relay.rcpt_answers["ada@example.org"] = "451 4.3.0 later"
    sign_up()
    sign_up("bob@example.org")
    assert post_due(NOON) == 1
    assert relay.addresses == ["bob@example.org"]
    ada = OutgoingLetter.objects.get(subscriber__address="ada@example.org")
    assert (ada.attempts, ada.due) == (1, NOON + HOUR / 4)
    assert post_due(ada.due) == 0
    ada.refresh_from_db()
    assert (ada.attempts, ada.due) == (2, NOON + HOUR / 4 + HOUR / 2)
    relay.rcpt_answers.clear()
    assert post_due(ada.due) == 1


def test_a_letter_refused_for_good_is_given_up(relay):
    relay.data_answers["ada@example.org"] = "550 5.7.1 no"
    sign_up()
    for day in range(MOST_ATTEMPTS):
        assert OutgoingLetter.objects.exists()
        post_due(NOON + day * DAY)
    assert not OutgoingLetter.objects.exists()
    assert sign_up(at=NOON + MOST_ATTEMPTS * DAY).letters.count() == 1


def test_a_letter_the_relay_took_before_it_vanished_comes_again(relay):
    relay.drop_after.add("ada@example.org")
    sign_up()
    sign_up("bob@example.org")
    assert post_due(NOON) == 0
    assert post_due(NOON + HOUR) == 2
    assert sorted(relay.addresses) == ["ada@example.org", "ada@example.org", "bob@example.org"]


def test_a_letter_that_cannot_be_written_stops_no_other(relay):
    sign_up()
    sign_up("bob@example.org")
    # The address field cannot hold a line break; the name of the publication could, before it was checked.
    make_publication(sender_name="Evil\nBcc: z@example.org")
    assert post_due(NOON) == 0
    assert list(OutgoingLetter.objects.values_list("attempts", flat=True)) == [1, 1]


@pytest.mark.parametrize("status", ["active", "bounced", "complained"])
def test_a_confirm_letter_nobody_waits_for_is_dropped(relay, status):
    ada = make_subscriber(address="ada@example.org", status=status)
    ada.letters.create(kind="confirm", due=NOON)
    assert post_due(NOON) == 0
    assert relay.accepted == []
    assert not OutgoingLetter.objects.exists()


def test_no_letter_goes_to_one_barred_since(relay):
    ada = sign_up()
    Suppression.objects.create(address_hash=ada.address_hash, reason="hard bounce", at=NOON)
    assert post_due(NOON) == 0
    assert relay.accepted == []


def test_no_letter_about_the_list_goes_to_one_who_left(relay):
    ada = make_subscriber(address="ada@example.org")
    sign_up()
    unsubscribe(ada, "Stop.", "test", NOON)
    assert post_due(NOON) == 0
    assert relay.accepted == []


@pytest.mark.django_db(transaction=True)
def test_many_at_once_post_each_letter_once(relay):
    people = [f"reader{n}@example.org" for n in range(30)]
    for address in people:
        sign_up(address)
    start, counts = threading.Barrier(4), []

    def race() -> None:
        try:
            start.wait()
            counts.append(post_due(NOON))
        finally:
            connection.close()

    racers = [threading.Thread(target=race) for _ in range(4)]
    for each in racers:
        each.start()
    for each in racers:
        each.join()
    assert sum(counts) == 30
    assert sorted(relay.addresses) == sorted(people)
