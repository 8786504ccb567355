"""`manage.py doctor`: a line for each thing, and how to mend it; against real servers."""

import datetime
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from redis import Redis
from time_machine import travel

from bulletins.models import PublicationDay
from config.celery import app
from mailings.doctor import database, relay, sending, workers
from mailings.doctor.findings import Finding, Level
from mailings.models import Rhythm
from mailings.steering import pause
from publication.models import SenderClaim
from tests.factories import MARCH, make_publication
from tests.mailings.cast import DAY, HOUR, MINUTE, make_approver, make_mailing, make_readers
from tests.mailings.nameserver import nameserver
from tests.mailings.scripted import scripted
from tests.relay import free_port

pytestmark = pytest.mark.django_db

OK, ATTENTION, WRONG = Level.OK, Level.ATTENTION, Level.WRONG


def seen(finding: Finding) -> tuple[Level, str]:
    return finding.level, finding.what


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as redis:
        yield redis
        redis.config_set("maxmemory-policy", "noeviction")


@contextmanager
def serving(*queues: str) -> Iterator[None]:
    """Run a worker in this process, on empty queues; it makes the log its own, which is taken back at the end."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    app.control.purge()
    try:
        with start_worker(app, queues=queues, perform_ping_check=False, pool="solo"):
            yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
        logging.captureWarnings(False)


# The database


def test_a_database_that_forgets_is_wrong():
    # The tests' own runs with fsync off, for nothing in it is to last.
    levels = {finding.what.split(" is ")[0]: finding.level for finding in database.look_at_lasting()}
    assert levels == {
        "PostgreSQL's fsync": WRONG,
        "PostgreSQL's full_page_writes": WRONG,
        "PostgreSQL's synchronous_commit": WRONG,
    }


@pytest.mark.parametrize(("value", "level"), [("on", OK), ("local", OK), ("remote_apply", OK), ("off", WRONG)])
def test_a_commit_that_waits_for_the_disk_is_well(value, level):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('synchronous_commit', %s, true)", [value])
    assert list(database.look_at_lasting())[-1].level == level


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, OK), (1, OK), (-5, ATTENTION), (29, ATTENTION), (31, WRONG), (-3600, WRONG)]
)
def test_clocks_apart(seconds, level):
    assert database.look_at_clocks(datetime.timedelta(seconds=seconds)).level == level


def test_tables_behind_the_program_are_named():
    assert database.look_at_migrations().level is OK
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'mailings' AND name > '0002'")
    finding = database.look_at_migrations()
    assert finding.level is WRONG
    assert "mailings 0002_exactness" in finding.what


# Redis, workers, the clock


def test_redis_in_order(redis):
    assert [finding.level for finding in workers.look_at_redis()] == [OK, OK]


def test_a_redis_that_drops_keys(redis):
    redis.config_set("maxmemory-policy", "allkeys-lru")
    assert [finding.level for finding in workers.look_at_redis()] == [OK, ATTENTION]


def test_a_redis_that_does_not_tell(redis, settings):
    redis.acl_setuser("doctor", enabled=True, nopass=True, commands=["+ping"], keys=["*"])
    settings.REDIS_URL = settings.REDIS_URL.replace("unix://", "unix://doctor:x@")
    findings = list(workers.look_at_redis())
    redis.acl_deluser("doctor")
    assert [finding.level for finding in findings] == [OK, ATTENTION]
    assert "does not tell" in findings[1].what


@pytest.mark.parametrize("url", ["redis://127.0.0.1:9/0", "nonsense"])
def test_a_redis_that_is_away(settings, url):
    settings.REDIS_URL = url
    (finding,) = workers.look_at_redis()
    assert finding.level is WRONG
    assert "Redis cannot be reached" in finding.what


def test_workers_that_answer_and_a_queue_that_nobody_serves():
    # What earlier tests left in the queue would be done beside this one, and stay in the database.
    with serving("clock"):
        findings = list(workers.look_at_workers())
    assert [seen(finding) for finding in findings] == [
        (OK, "A worker serves the queue clock."),
        (WRONG, "No worker serves the queue sending."),
    ]


def test_without_redis_the_workers_cannot_be_asked(unreachable_broker, monkeypatch):
    monkeypatch.setattr(app, "_pool", None)
    (finding,) = workers.look_at_workers()
    assert finding.level is WRONG


@pytest.mark.parametrize(("after", "level"), [(MINUTE, OK), (2 * MINUTE, ATTENTION), (7 * MINUTE, WRONG), (DAY, WRONG)])
def test_when_the_clock_ticked(after, level):
    assert workers.look_at_clock(MARCH).level is WRONG
    Rhythm.objects.beat(MARCH)
    assert workers.look_at_clock(MARCH + after).level == level


# The relay


def test_a_relay_in_order_is_told_and_sent_nothing():
    with scripted(ehlo="250-scripted\r\n250 AUTH PLAIN") as server:
        levels = [finding.level for finding in relay.look_at_relay()]
    assert levels == [OK, OK]
    assert server.heard == ["EHLO", "QUIT"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ({"greeting": "554 go away"}, "will not talk to us: 554 go away"),
        ({"greeting": "drop"}, "cannot be used"),
        ({"auth": "535 wrong password"}, "refuses our login: 535 wrong password"),
        ({"ehlo": "250 scripted"}, "cannot be used: SMTP AUTH extension not supported"),
    ],
)
def test_a_relay_that_will_not(settings, script, words):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "me", "secret"
    with scripted(**{"ehlo": "250-scripted\r\n250 AUTH PLAIN", **script}):
        (finding,) = relay.look_at_relay()
    assert finding.level is WRONG
    assert words in finding.what
    assert "secret" not in str(finding)


def test_a_relay_that_is_not_there(settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    (finding,) = relay.look_at_relay()
    assert finding.level is WRONG
    assert "Look at EMAIL_URL" in finding.mend


# Sending


def test_who_sends():
    assert sending.look_at_sender().level is OK
    SenderClaim.objects.begin(MARCH)
    assert sending.look_at_sender().level is OK
    SenderClaim.objects.create(identity="elsewhere", at=MARCH, why="moved")
    finding = sending.look_at_sender()
    assert finding.level is WRONG
    assert "claim_sender" in finding.mend


def log_line(at: datetime.datetime) -> str:
    return f"{at.isoformat()} host postfix/smtpd[1]: connect from localhost[127.0.0.1]\n"


@pytest.mark.parametrize(
    ("lines", "level", "words"),
    [
        ([log_line(MARCH - 2 * DAY), log_line(MARCH)], OK, "reaches back to 02 March 2026 07:30"),
        ([log_line(MARCH - HOUR), log_line(MARCH)], ATTENTION, "reaches back only to 04 March 2026 06:30"),
        ([f"{(MARCH - DAY).isoformat()} host kernel: words\n"], ATTENTION, "no line of Postfix's smtpd"),
        (["Words.\n"], WRONG, "does not begin like a log of Postfix"),
        ([], WRONG, "is empty"),
    ],
)
def test_the_relays_log(settings, tmp_path, lines, level, words):
    settings.MAIL_LEDGER = tmp_path / "mail.log"
    settings.MAIL_LEDGER.write_text("".join(lines))
    finding = sending.look_at_ledger(MARCH)
    assert finding.level == level
    assert words in finding.what


def test_a_log_that_is_not_there_and_none_at_all(settings, tmp_path):
    settings.MAIL_LEDGER = tmp_path / "nowhere.log"
    assert sending.look_at_ledger(MARCH).level is WRONG
    settings.MAIL_LEDGER = None
    assert "is sent once more" in sending.look_at_ledger(MARCH).what
    settings.MAIL_AT_MOST_ONCE = True
    assert "is only listed" in sending.look_at_ledger(MARCH).what


def test_somebody_is_told():
    assert sending.look_at_staff().level is WRONG
    make_approver()
    assert sending.look_at_staff().level is ATTENTION
    make_approver()
    assert sending.look_at_staff().level is OK


@pytest.mark.parametrize(
    ("rate", "level", "words"),
    [(None, OK, "as fast as"), (0.5, OK, "take 40 seconds"), (0.001, ATTENTION, "take 5 hours 33 minutes")],
)
def test_how_long_a_mailing_takes(settings, rate, level, words):
    make_readers(20)
    settings.MAIL_RATE_PER_SECOND = rate
    finding = sending.look_at_rate()
    assert finding.level == level
    assert "20 readers" in finding.what
    assert words in finding.what


def test_the_next_day_and_the_holidays_among_those_to_come():
    make_publication()
    assert [finding.level for finding in sending.look_at_days(MARCH)] == [ATTENTION]
    at = datetime.datetime(2030, 10, 1, tzinfo=datetime.UTC)
    PublicationDay.objects.ensure(at)
    assert [seen(finding) for finding in sending.look_at_days(at)] == [
        (OK, "The next publication day is Wednesday 2 October 2030, 07:30 in London."),
        (ATTENTION, "Wednesday 1 January 2031 is New Year’s Day, a bank holiday."),
    ]


# The command


def doctor(*words: str) -> tuple[str, str]:
    """Run it; return what it printed, and the sentence it ended with."""
    out = io.StringIO()
    try:
        call_command("doctor", *words, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def test_it_looks_at_everything_and_counts_what_is_wrong(relay):
    make_publication()
    said, end = doctor("--offline")
    lines = said.splitlines()
    assert all(line.startswith(("ok         ", "attention  ", "wrong      ")) for line in lines)
    assert end == f"{sum(line.startswith('wrong') for line in lines)} things are wrong."
    assert "attention  The DNS was not asked about example.org (--offline)." in said
    for word in ("settings", "PostgreSQL", "Redis", "queue sending", "relay", "ticked", "MAIL_LEDGER", "readers"):
        assert word in said
    assert relay.accepted == []
    assert not PublicationDay.objects.exists()


def test_it_asks_the_name_server_it_is_given(relay):
    make_publication()
    zone = {"example.org": {"MX": ["1 mx.example.org."], "TXT": ['"v=spf1 -all"']}}
    with nameserver(zone) as lookup:
        said, _ = doctor("--nameserver", "127.0.0.1", "--nameserver-port", str(lookup.resolver.port))
    assert "ok         example.org takes mail at mx.example.org." in said
    assert "attention  example.org has no DMARC record." in said


@pytest.mark.django_db(transaction=True)
@travel(MARCH, tick=True)
def test_a_paused_mailing_is_named():
    mailing = make_mailing(readers=1)
    assert [seen(finding) for finding in sending.look_at_mailings()] == [
        (OK, f"The mailing of {mailing.bulletin} is under way.")
    ]
    pause(mailing, None, "for the test", MARCH, "refusals")
    (finding,) = sending.look_at_mailings()
    assert seen(finding) == (
        ATTENTION,
        f"The mailing of {mailing.bulletin} is paused: too many letters were refused for good.",
    )


def test_with_nothing_wrong_it_finds_nothing(transactional_db, relay):
    make_publication()
    for _ in range(2):
        make_approver()
    PublicationDay.objects.ensure(timezone.now())
    Rhythm.objects.beat(timezone.now())
    with serving("clock", "sending"):
        said, end = doctor("--offline")
    wrong = [line for line in said.splitlines() if line.startswith("wrong")]
    # What the tests' own database is started without.
    assert [line.split()[2] for line in wrong] == ["fsync", "full_page_writes", "synchronous_commit"]
    assert end == "3 things are wrong."


def test_a_password_in_the_clear_is_among_what_is_wrong(settings):
    settings.EMAIL_HOST, settings.EMAIL_HOST_USER = "relay.invalid", "me"
    settings.SMTP_CONNECT_SECONDS = 30
    make_publication()
    said, _ = doctor("--offline")
    assert "wrong      EMAIL_URL gives relay.invalid a password in the clear. (mailings.E003) Begin it with" in said
