"""Test letters: to oneself or named staff, by a worker, marked [TEST], outside the ledger."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from mailings.models import Delivery, TestLetter
from mailings.rehearsal import frozen_now
from mailings.tasks import post_letters
from mailings.test_letters import PATIENCE, ask, post_tests
from tests.factories import make_staff
from tests.mailings.cast import at_once
from tests.mailings.sample import make_sample

pytestmark = pytest.mark.django_db

SECOND = datetime.timedelta(seconds=1)


@pytest.fixture
def sample():
    return make_sample()


@pytest.fixture
def grace(client):
    grace = make_staff("grace", "view_bulletin", "change_bulletin")
    client.force_login(grace)
    return grace


def send(client, bulletin, *to):
    return client.post(reverse("mailings:test", args=[bulletin.pk]), {"to": to}, follow=True)


def asked(bulletin, by, to="grace@example.org"):
    ask(bulletin, [to], by, timezone.now())
    return TestLetter.objects.get()


def test_a_test_to_oneself_arrives_marked_and_counts_nowhere(client, grace, sample, relay):
    answer = send(client, sample, "grace@example.org")
    assert "A test is on its way to 1 person." in answer.content.decode()
    post_letters()
    (letter,) = relay.letters()
    assert letter["Subject"].startswith("[TEST] ")
    assert letter["To"] == "grace@example.org"
    test = TestLetter.objects.get()
    assert (test.by, test.answer, test.content_hash) == (grace, "250 accepted", frozen_now(sample).content_hash())
    assert not Delivery.objects.exists()


def test_the_page_says_what_became_of_it(client, grace, sample, relay):
    page = reverse("mailings:preview", args=[sample.pk])
    assert "No test of this issue was sent yet." in client.get(page).content.decode()
    send(client, sample, "grace@example.org")
    waiting = client.get(page).content.decode()
    assert "on its way" in waiting
    assert "data-waiting" in waiting
    post_tests()
    done = client.get(page).content.decode()
    assert "the relay took it" in done
    assert "data-waiting" not in done


def test_named_staff_get_one_each(client, grace, sample, relay):
    make_staff("helen")
    assert "to 2 people" in send(client, sample, "grace@example.org", "helen@example.org").content.decode()
    assert post_tests() == 2
    assert sorted(letter["To"] for letter in relay.letters()) == ["grace@example.org", "helen@example.org"]
    assert post_tests() == 0


@pytest.mark.parametrize("to", [[], ["a.reader@example.org"], ["grace@example.org\nBcc: x@example.org"]])
def test_nobody_but_staff_gets_one(client, grace, sample, to):
    assert "No test was sent: tick at least one person." in send(client, sample, *to).content.decode()
    assert not TestLetter.objects.exists()


def test_a_member_without_an_address_is_offered_the_others(client, grace, sample):
    page, staff = reverse("mailings:preview", args=[sample.pk]), type(grace).objects
    assert "me, grace@example.org" in client.get(page).content.decode()
    staff.filter(pk=grace.pk).update(email="")
    others = client.get(page).content.decode()
    assert "me, " not in others
    assert "@example.org</label>" in others
    staff.update(email="")
    words = client.get(page).content.decode()
    assert "Nobody on the staff has an email address yet" in words


def test_a_refusal_is_told_and_not_repeated(grace, sample, relay):
    relay.rcpt_answers["grace@example.org"] = "550 5.1.1 nobody of that name"
    test = asked(sample, grace)
    assert post_tests() == 0
    test.refresh_from_db()
    assert test.sent_at is None
    assert "The relay did not take the test letter: 550" in test.answer
    assert post_tests() == 0
    assert relay.letters() == []


def test_a_relay_that_is_away_is_told(grace, sample, settings):
    settings.EMAIL_PORT = 1
    test = asked(sample, grace)
    post_tests()
    test.refresh_from_db()
    assert "The relay did not take the test letter" in test.answer


def test_it_shows_what_it_tested_even_if_that_changes_later(grace, sample, relay):
    test = asked(sample, grace)
    sample.title = "Another title"
    sample.save()
    post_tests()
    test.refresh_from_db()
    assert test.content_hash == frozen_now(sample).content_hash()
    assert "Another title" in relay.letters()[0]["Subject"]


def test_one_whose_worker_died_is_sent_by_the_next_once_it_is_surely_dead(grace, sample, relay):
    test = asked(sample, grace)
    TestLetter.objects.update(tried_at=timezone.now() - PATIENCE + 5 * SECOND)
    assert post_tests() == 0
    TestLetter.objects.update(tried_at=timezone.now() - PATIENCE - SECOND)
    assert post_tests() == 1
    test.refresh_from_db()
    assert test.sent_at is not None


def test_what_was_answered_is_never_sent_again(grace, sample, relay):
    asked(sample, grace)
    assert post_tests() == 1
    TestLetter.objects.update(tried_at=timezone.now() - 2 * PATIENCE)
    assert post_tests() == 0
    assert len(relay.letters()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_test_once(sample, relay):
    by = make_staff("grace")
    ask(sample, [f"staff{number}@example.org" for number in range(6)], by, timezone.now())
    assert sum(at_once(2, post_tests)) == 6
    assert len(relay.letters()) == 6


@pytest.mark.parametrize("permissions", [[], ["view_bulletin"]])
def test_who_may_not_write_sends_no_test(client, sample, permissions):
    client.force_login(make_staff("somebody", *permissions))
    assert send(client, sample, "somebody@example.org").status_code == 403
    assert not TestLetter.objects.exists()


def test_looking_at_the_address_sends_nothing(client, grace, sample):
    assert client.get(reverse("mailings:test", args=[sample.pk])).status_code == 405
