import datetime
import logging
import smtplib
from contextlib import closing
from pathlib import Path

import pytest
from django.test import override_settings

from mailings import ledger, rounds, sweeps
from mailings.line import Line
from mailings.models import Delivery, Mailing
from mailings.rounds import Round
from mailings.transport import connected, name_of_relay, said_name
from mailings.unknown import resolve_unknown
from tests.factories import MARCH
from tests.mailings.cast import (
    DAY,
    HOUR,
    MINUTE,
    OWNER,
    SECOND,
    WAYS,
    make_mailing,
    put,
    states,
    stop,
)
from tests.mailings.scripted import SILENCE, scripted
from tests.mailings.test_relaylog import active, begun, cut, greeted, named, taken_letter
from tests.relay import free_port

pytestmark = pytest.mark.django_db
# The relay's idle time of 15 minutes is over, and a minute for the clocks.
SURE = MARCH + 16 * MINUTE


@pytest.fixture
def log(tmp_path, relay):
    """The relay's own log, empty but for lines of long before and after our letters."""
    path = tmp_path / "postfix.log"
    with override_settings(MAIL_LEDGER=path):
        write(path)
        yield path


def write(log: Path, *lines: str, begins: datetime.datetime = MARCH - HOUR, ends: datetime.datetime = SURE) -> None:
    log.write_text("".join([greeted(begins), *lines, greeted(ends)]))


def make_lost(readers: int = 1, **columns) -> Mailing:
    """Make a mailing whose letters' answers were lost, given to our own relay."""
    mailing = make_mailing(readers)
    lost = {"on_wire_at": MARCH, "relay": name_of_relay(), **columns}
    for delivery in mailing.deliveries.all():
        for step in WAYS["unknown"]:
            put(delivery, step, **(lost if step == "unknown" else {}))
    return mailing


def make_lost_without_log(retried: bool = False) -> Mailing:
    return make_lost(relay="", unknown_retried=retried)


def letter() -> Delivery:
    return Delivery.objects.get()


# With the relay's log


def test_what_the_log_knows_is_sent_at_once_with_its_queue_id(log):
    make_lost()
    write(log, taken_letter(letter().message_id, at=MARCH), ends=MARCH)
    assert resolve_unknown(MARCH + SECOND) == 1
    assert (letter().state, letter().sent_at, letter().smtp_code) == ("sent", MARCH, 250)
    assert letter().smtp_text == "found in the relay's log as 4jWxkd0WJhz1TNC9"


def test_what_a_log_of_its_time_does_not_know_is_queued_again_as_it_was(log):
    make_lost()
    before = letter()
    assert resolve_unknown(SURE) == 1
    after = letter()
    assert (after.state, after.not_before) == ("queued", SURE)
    assert (after.message_id, after.unknown_retried) == (before.message_id, False)


def test_some_are_found_and_some_are_not(log):
    mailing = make_lost(readers=5)
    ids = list(mailing.deliveries.values_list("message_id", flat=True))
    write(log, *[taken_letter(message_id, f"4jQ{n}", MARCH) for n, message_id in enumerate(ids[:3])])
    assert resolve_unknown(SURE) == 5
    assert states(mailing) == {"queued": 2, "sent": 3}


def test_a_letter_that_the_log_shows_cut_off_is_queued_again(log):
    make_lost()
    write(log, begun(at=MARCH), named(letter().message_id, at=MARCH), cut(at=MARCH))
    assert resolve_unknown(SURE) == 1
    assert letter().state == "queued"


def test_a_letter_in_doubt_waits_and_is_abandoned_at_the_end(log):
    mailing = make_lost()
    write(log, begun(at=MARCH), named(letter().message_id, at=MARCH), ends=MARCH + 2 * DAY)
    assert resolve_unknown(SURE) == 0
    assert resolve_unknown(mailing.give_up_at) == 0
    assert resolve_unknown(mailing.give_up_at + SECOND) == 1
    assert letter().state == "abandoned"


def test_in_doubt_today_may_be_taken_tomorrow(log):
    make_lost()
    held = [begun(at=MARCH), named(letter().message_id, at=MARCH)]
    write(log, *held)
    resolve_unknown(SURE)
    write(log, *held, active(at=MARCH + DAY), ends=MARCH + DAY)
    assert resolve_unknown(MARCH + DAY) == 1
    assert letter().state == "sent"


@pytest.mark.parametrize(
    ("begins", "ends", "at"),
    [
        (MARCH - HOUR, SURE, SURE - 2 * MINUTE),
        (MARCH - HOUR, MARCH, SURE),
        (MARCH - HOUR, SURE - SECOND, SURE),
        (MARCH - MINUTE + SECOND, SURE, SURE),
        (MARCH + MINUTE, SURE, SURE),
    ],
    ids=["too early to say", "log is written no more", "not long enough", "log just begun", "log begun later"],
)
def test_a_log_that_does_not_cover_the_letters_time_concludes_nothing(log, begins, ends, at):
    make_lost()
    write(log, begins=begins, ends=ends)
    assert resolve_unknown(at) == 0
    assert letter().state == "unknown"


def test_a_log_whose_clock_is_ahead_concludes_nothing_early(log):
    make_lost()
    write(log, ends=MARCH + 5 * HOUR)
    assert resolve_unknown(MARCH + 15 * MINUTE + 30 * SECOND) == 0
    assert letter().state == "unknown"


def test_lines_that_only_others_wrote_do_not_show_that_it_goes_on(log):
    make_lost()
    write(log, ends=MARCH)
    with log.open("a") as lines:
        lines.write(greeted(SURE).replace("postfix/smtpd", "CRON"))
    assert resolve_unknown(SURE) == 0


def test_a_letter_that_another_hosts_relay_got_waits_for_that_hosts_log(log):
    make_lost(relay="mail.other.example.org at other")
    assert resolve_unknown(SURE) == 0
    assert letter().state == "unknown"


def test_found_is_found_in_whichever_log(log):
    make_lost(relay="mail.other.example.org at other")
    write(log, taken_letter(letter().message_id, at=MARCH))
    assert resolve_unknown(SURE) == 1
    assert letter().state == "sent"


def test_so_does_one_of_a_relay_that_nobody_wrote_down(log):
    make_lost(relay="")
    assert resolve_unknown(SURE) == 0


def test_a_relay_that_does_not_answer_concludes_nothing(log):
    make_lost()
    with override_settings(EMAIL_PORT=free_port()):
        assert resolve_unknown(SURE) == 0
    assert letter().state == "unknown"


def test_the_relay_is_asked_only_when_a_letters_time_is_over(log):
    make_lost()
    with scripted() as heard:
        resolve_unknown(MARCH + MINUTE)
        assert heard.connections == 0
        resolve_unknown(SURE)
        assert heard.connections == 1
    assert "MAIL" not in heard.heard


def test_a_log_that_cannot_be_read_concludes_nothing_and_says_so_in_one_sentence(log, caplog):
    mailing = make_lost()
    log.unlink()
    with caplog.at_level(logging.ERROR):
        assert resolve_unknown(SURE) == 0
    assert [record.getMessage().split()[0] for record in caplog.records] == ["MAIL_LEDGER"]
    assert letter().state == "unknown"
    assert resolve_unknown(mailing.give_up_at + SECOND) == 1
    assert letter().state == "abandoned"


def test_after_its_time_a_letter_that_was_not_taken_is_abandoned_not_sent(log):
    mailing = make_lost()
    late = mailing.give_up_at + HOUR
    write(log, ends=late)
    assert resolve_unknown(late) == 1
    assert letter().state == "abandoned"


def test_after_its_time_a_letter_that_was_taken_is_still_found(log):
    mailing = make_lost()
    late = mailing.give_up_at + HOUR
    write(log, taken_letter(letter().message_id, at=MARCH), ends=late)
    assert resolve_unknown(late) == 1
    assert letter().state == "sent"


def test_a_letter_is_looked_for_again_the_later_the_older_it_is(log):
    make_lost()
    write(log, ends=MARCH)
    for age in (MINUTE, HOUR, DAY):
        resolve_unknown(MARCH + age)
        assert letter().not_before == MARCH + age * 1.1
    write(log, taken_letter(letter().message_id, at=MARCH))
    assert resolve_unknown(MARCH + DAY * 1.05) == 0
    assert resolve_unknown(MARCH + DAY * 1.1) == 1


def test_letters_that_nothing_settles_do_not_keep_others_from_being_looked_for(log, monkeypatch):
    monkeypatch.setattr("mailings.unknown.AT_ONCE", 2)
    mailing = make_lost(readers=5)
    last = mailing.deliveries.order_by("pk").last()
    write(log, taken_letter(last.message_id, at=MARCH), ends=MARCH)
    assert [resolve_unknown(MARCH + SECOND) for _ in range(3)] == [0, 0, 1]


def test_the_log_settles_a_paused_mailing_too(log):
    mailing = make_lost(readers=2)
    stop("paused")
    write(log, taken_letter(mailing.deliveries.first().message_id, at=MARCH))
    assert resolve_unknown(SURE) == 2
    assert states(mailing) == {"queued": 1, "sent": 1}
    assert ledger.claim(mailing.pk, OWNER, SURE) == []


def test_and_a_cancelled_one_which_then_is_complete(log):
    mailing = make_lost(readers=2)
    stop("cancelled")
    write(log, taken_letter(mailing.deliveries.first().message_id, at=MARCH), ends=MARCH)
    assert resolve_unknown(MARCH + SECOND) == 1
    assert sweeps.finish(MARCH + MINUTE) == 0
    write(log)
    assert resolve_unknown(SURE) == 1
    assert sweeps.sweep_cancelled() == 1
    assert sweeps.finish(SURE) == 1
    assert states(mailing) == {"sent": 1, "skipped": 1}


def test_a_letter_that_was_sent_again_meanwhile_is_not_queued_by_an_old_look(log):
    make_lost()
    Delivery.objects.update(on_wire_at=SURE - MINUTE)
    assert resolve_unknown(SURE) == 0
    assert letter().state == "unknown"


# Without a log


def test_without_a_log_it_is_tried_once_more_then_listed():
    make_lost_without_log()
    assert resolve_unknown(MARCH + SECOND) == 1
    assert (letter().state, letter().unknown_retried, letter().not_before) == ("queued", True, MARCH + SECOND)
    for step in WAYS["unknown"]:
        put(letter(), step)
    assert resolve_unknown(MARCH + MINUTE) == 1
    assert letter().state == "abandoned"


@override_settings(MAIL_AT_MOST_ONCE=True)
@pytest.mark.parametrize("state", ["sending", "paused", "cancelled"])
def test_at_most_once_lists_it_at_once(state):
    make_lost_without_log()
    stop(state)
    assert resolve_unknown(MARCH + SECOND) == 1
    assert (letter().state, letter().unknown_retried) == ("abandoned", False)


def test_without_a_log_a_paused_mailing_waits_until_its_time_is_over():
    mailing = make_lost_without_log()
    stop("paused")
    assert resolve_unknown(MARCH + DAY) == 0
    assert resolve_unknown(mailing.give_up_at + SECOND) == 1
    assert letter().state == "abandoned"


def test_without_a_log_a_cancelled_mailing_lists_it():
    make_lost_without_log()
    stop("cancelled")
    assert resolve_unknown(MARCH + SECOND) == 1
    assert letter().state == "abandoned"


def test_after_its_time_nothing_is_tried_once_more():
    mailing = make_lost_without_log()
    assert resolve_unknown(mailing.give_up_at + SECOND) == 1
    assert (letter().state, letter().unknown_retried) == ("abandoned", False)


# Which relay it was


def test_a_letter_on_the_wire_bears_the_name_its_relay_greets_by(relay):
    mailing = make_mailing(readers=1)
    (claimed,) = ledger.claim(mailing.pk, OWNER, MARCH)
    with closing(Line(connected(), "bulletin@example.org")) as line:
        assert rounds.record(OWNER, mailing.pk, Round(marks={claimed.id: line.relay}), MARCH) == {claimed.id}
    assert letter().relay == name_of_relay() != ""


def test_who_has_not_greeted_has_no_name():
    assert said_name(smtplib.SMTP()) == ""


def test_a_relay_of_ones_own_machine_is_told_from_another_machines_of_the_same_name(monkeypatch):
    with scripted(EHLO="250-mail.example.org at your service\r\n250 SIZE 1000"):
        monkeypatch.setattr("socket.gethostname", lambda: "host-a")
        assert name_of_relay() == "mail.example.org at host-a"
        monkeypatch.setattr("socket.gethostname", lambda: "host-b")
        assert name_of_relay() == "mail.example.org at host-b"


def test_a_relay_elsewhere_has_the_same_name_for_all_hosts(monkeypatch):
    with scripted(EHLO="250 mail.example.org"):
        monkeypatch.setattr("mailings.transport.LOOPBACK", set())
        assert name_of_relay() == "mail.example.org"


@pytest.mark.parametrize("answers", [{"greeting": "554 no service"}, {"greeting": SILENCE}, {"EHLO": "250 \0\1"}])
def test_a_relay_that_gives_no_name_has_none(answers, monkeypatch):
    monkeypatch.setattr("mailings.transport.GREETING_SECONDS", 0.2)
    with scripted(**answers):
        assert name_of_relay() == ""
