"""A mailing through a real Postfix with DKIM signing: what arrives, and what its log tells of lost answers."""

import gzip
import re
from collections.abc import Iterator
from email.message import EmailMessage

import dkim
import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from mailings.logfiles import rotated
from mailings.models import Delivery, Mailing
from mailings.relaylog import RelayLog, Seen
from mailings.sending import drain
from mailings.unknown import resolve_unknown
from subscribers.models import Subscriber
from tests.mailings.cast import DAY, HOUR, make_mailing, states
from tests.mailings.postfix import Postfix, Signer, running_postfix, skip_without_postfix, wait_until
from tests.mailings.smtp_wire import SmtpWire, smtp_wire
from tests.relay import Relay, running_relay

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, SECOND = "reader0@example.org", "reader1@example.org"
SIGNED = {"from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post"}


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[Relay, Postfix, Signer]]:
    """A Postfix between the workers and the rest of the world, which is our own relay."""
    skip_without_postfix()
    with running_relay() as world, running_postfix(settings.EMAIL_PORT) as (postfix, signer):
        yield world, postfix, signer


@pytest.fixture
def world(house) -> Relay:
    """What arrived at the other side, empty at first."""
    house[0].accepted.clear()
    return house[0]


@pytest.fixture
def signer(house) -> Signer:
    return house[2]


@pytest.fixture
def postfix(house, world) -> Iterator[Postfix]:
    """The relay as EMAIL_URL and MAIL_LEDGER name it; it has two seconds for what it has to write."""
    postfix = house[1]
    with override_settings(EMAIL_PORT=postfix.port, MAIL_LEDGER=postfix.log, RELAY_IDLE_SECONDS=2):
        yield postfix


@pytest.fixture
def wire(postfix) -> Iterator[SmtpWire]:
    """A wire to that relay, which a test can cut."""
    with smtp_wire(postfix.port) as (wire, port), override_settings(EMAIL_PORT=port):
        yield wire


def make_started(readers: int) -> Mailing:
    """Make a mailing that has just been opened."""
    mailing = make_mailing(readers)
    now = timezone.now()
    Mailing.objects.update(started_at=now, watched_from=now, give_up_at=now + 2 * DAY)
    Delivery.objects.update(not_before=now)
    return mailing


def arrived(world: Relay, number: int) -> list[EmailMessage]:
    """Wait for a number of letters at the other side, and return them."""
    wait_until(lambda: len(world.accepted) >= number, "letters are missing")
    return world.letters()


def letter_to(address: str) -> Delivery:
    return Delivery.objects.get(subscriber__address=address)


def look_for(postfix: Postfix, *letters: Delivery) -> Seen:
    """Ask the log about letters."""
    return RelayLog(postfix.log, timezone.now()).look_for(
        [letter.message_id for letter in letters], timezone.now() - HOUR
    )


# The letter


def test_a_letter_arrives_signed_over_both_unsubscribe_headers_with_our_message_id(world, postfix, signer):
    mailing = make_started(2)
    assert drain(mailing.pk, 60) == 2
    arrived(world, 2)
    for address, data in world.accepted:
        assert dkim.verify(data, dnsfunc=signer.record)
        (letter,) = [letter for letter in world.letters() if letter["To"] == address]
        signature = re.sub(r"\s", "", letter["DKIM-Signature"])
        assert set(re.search(r";h=([^;]+);", signature)[1].lower().split(":")) >= SIGNED
        assert "d=example.org;" in signature
        assert letter["Message-ID"] == letter_to(address).message_id
        assert Subscriber.objects.get(address=address).letter_token in letter["List-Unsubscribe"]
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("name", [b"List-Unsubscribe", b"List-Unsubscribe-Post", b"Message-ID", b"Subject", b"To"])
def test_a_signed_field_that_is_changed_or_added_breaks_the_signature(world, postfix, signer, name):
    drain(make_started(1).pk, 60)
    arrived(world, 1)
    ((_, data),) = world.accepted
    changed = re.sub(rb"(?m)^%s: " % name, b"%s: x" % name, data, count=1)
    assert changed != data
    assert not dkim.verify(changed, dnsfunc=signer.record)


@pytest.mark.parametrize("name", ["List-Unsubscribe", "List-Unsubscribe-Post"])
def test_no_second_unsubscribe_header_can_be_slipped_in(world, postfix, signer, name):
    drain(make_started(1).pk, 60)
    arrived(world, 1)
    ((_, data),) = world.accepted
    assert not dkim.verify(f"{name}: <https://evil.example/>\r\n".encode() + data, dnsfunc=signer.record)


# The log as the ledger


def test_the_log_names_each_letter_it_took_by_the_queue_id_of_its_reply(world, postfix):
    mailing = make_started(3)
    drain(mailing.pk, 60)
    letters = list(mailing.deliveries.all())
    seen = look_for(postfix, *letters)
    assert seen.doubtful == set()
    assert seen.taken.keys() == {letter.message_id for letter in letters}
    for letter in letters:
        assert letter.smtp_text == f"2.0.0 Ok: queued as {seen.taken[letter.message_id]}"


def test_a_letter_cut_off_right_after_its_dot_is_found_and_not_sent_again(world, postfix, wire):
    wire.before_the_answer.add(FIRST)
    mailing = make_started(2)
    drain(mailing.pk, 60)
    assert states(mailing) == {"sent": 1, "unknown": 1}
    assert resolve_unknown(timezone.now()) == 1
    letter = letter_to(FIRST)
    assert letter.state == "sent"
    assert letter.smtp_text == f"found in the relay's log as {look_for(postfix, letter).taken[letter.message_id]}"
    drain(mailing.pk, 60)
    arrived(world, 2)
    assert sorted(world.addresses) == [FIRST, SECOND]


def test_a_letter_cut_off_before_its_dot_is_not_taken_though_the_log_names_it(world, postfix, wire):
    wire.before_the_dot.add(FIRST)
    mailing = make_started(2)
    drain(mailing.pk, 60)
    assert states(mailing) == {"sent": 1, "unknown": 1}
    letter = letter_to(FIRST)
    wait_until(lambda: postfix.lines(letter.message_id) != [], "the log does not name it")
    wait_until(lambda: look_for(postfix, letter).doubtful == set(), "it stays doubtful")
    assert look_for(postfix, letter).taken == {}
    assert resolve_unknown(timezone.now()) == 0
    wait_until(lambda: resolve_unknown(timezone.now()) == 1, "it is never settled")
    again = letter_to(FIRST)
    assert (again.state, again.unknown_retried, again.message_id) == ("queued", False, letter.message_id)
    drain(mailing.pk, 60)
    arrived(world, 2)
    assert sorted(world.addresses) == [FIRST, SECOND]
    assert look_for(postfix, letter).taken.keys() == {letter.message_id}


def test_a_letter_on_hold_is_neither_taken_nor_missing(world, postfix):
    (postfix.conf / "hold").write_text("/^Subject:/ HOLD\n")
    postfix.change(header_checks=f"regexp:{postfix.conf}/hold")
    try:
        mailing = make_started(1)
        drain(mailing.pk, 60)
        letter = letter_to(FIRST)
        assert letter.state == "sent"
        seen = look_for(postfix, letter)
        assert (seen.taken, seen.doubtful) == ({}, {letter.message_id})
    finally:
        postfix.change()


def test_a_letter_that_its_checks_refuse_is_not_taken(world, postfix):
    (postfix.conf / "refuse").write_text("/^Subject:/ REJECT not this one\n")
    postfix.change(header_checks=f"regexp:{postfix.conf}/refuse")
    try:
        drain(make_started(1).pk, 60)
        letter = letter_to(FIRST)
        assert letter.state == "failed"
        seen = look_for(postfix, letter)
        assert (seen.taken, seen.doubtful) == ({}, set())
    finally:
        postfix.change()


def test_what_a_full_queue_keeps_waiting_is_in_doubt_not_missing(world, postfix):
    postfix.change(qmgr_message_active_limit="1")
    world.seconds_a_letter = 2
    try:
        mailing = make_started(3)
        assert drain(mailing.pk, 60) == 3
        letters = list(mailing.deliveries.all())
        ids = {letter.message_id for letter in letters}
        seen = look_for(postfix, *letters)
        assert seen.doubtful
        assert seen.doubtful | seen.taken.keys() == ids
        wait_until(lambda: look_for(postfix, *letters).taken.keys() == ids, "the queue does not move on")
    finally:
        world.seconds_a_letter = 0
        postfix.change()


def test_a_letter_that_cannot_be_signed_waits(world, postfix):
    postfix.change(smtpd_milters="inet:127.0.0.1:9")
    try:
        drain(make_started(1).pk, 60)
        assert letter_to(FIRST).state == "queued"
        assert look_for(postfix, letter_to(FIRST)).taken == {}
    finally:
        postfix.change()


def test_short_queue_ids_are_read_too(world, postfix):
    postfix.change(enable_long_queue_ids="no")
    try:
        drain(make_started(1).pk, 60)
        letter = letter_to(FIRST)
        queue_id = look_for(postfix, letter).taken[letter.message_id]
        assert re.fullmatch("[0-9A-F]+", queue_id)
        assert letter.smtp_text.endswith(queue_id)
    finally:
        postfix.change()


# Rotation, as logrotate and as Postfix itself do it


def test_a_letter_of_before_the_rotation_is_found(world, postfix):
    drain(make_started(1).pk, 60)
    letter = letter_to(FIRST)
    postfix.log.rename(f"{postfix.log}.1")
    postfix.log.touch(0o640)
    postfix.command("reload")
    assert look_for(postfix, letter).taken.keys() == {letter.message_id}
    with gzip.open(f"{postfix.log}.1.gz", "wb") as packed:
        packed.write((postfix.folder / "postfix.log.1").read_bytes())
    (postfix.folder / "postfix.log.1").unlink()
    assert look_for(postfix, letter).taken.keys() == {letter.message_id}
    (postfix.folder / "postfix.log.1.gz").unlink()


def test_so_is_one_of_before_postfixs_own_rotation(world, postfix):
    drain(make_started(1).pk, 60)
    letter = letter_to(FIRST)
    postfix.command("logrotate")
    (packed,) = rotated(postfix.log)
    assert packed.suffix == ".gz"
    assert look_for(postfix, letter).taken.keys() == {letter.message_id}
    packed.unlink()
