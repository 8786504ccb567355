import datetime
import gzip
import os
import random
import tracemalloc
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mailings.logfiles import LogFile, Stamps, Unreadable, rotated
from mailings.relaylog import RelayLog, Seen
from tests.mailings.cast import DAY, HOUR, MINUTE, SECOND

NOW = datetime.datetime(2026, 11, 21, 12, 0, tzinfo=datetime.UTC)
OURS, OTHER = "<b1.0123456789abcdef0123456789abcdef@bulletin.example.org>", "<else@example.org>"
Q = "4jWxkd0WJhz1TNC9"


def line(words: str, at: datetime.datetime = NOW - HOUR) -> str:
    return f"{at.isoformat()} relay postfix/{words}\n"


def begun(queue: str = Q, pid: int = 7, at: datetime.datetime = NOW - HOUR) -> str:
    return line(f"smtpd[{pid}]: {queue}: client=localhost[127.0.0.1]", at)


def named(message_id: str = OURS, queue: str = Q, at: datetime.datetime = NOW - HOUR) -> str:
    return line(f"cleanup[8]: {queue}: message-id={message_id}", at)


def active(queue: str = Q, at: datetime.datetime = NOW - HOUR) -> str:
    return line(f"qmgr[9]: {queue}: from=<bulletin@example.org>, size=308, nrcpt=1 (queue active)", at)


def cut(pid: int = 7, at: datetime.datetime = NOW - HOUR) -> str:
    return line(f"smtpd[{pid}]: lost connection after DATA (85 bytes) from localhost[127.0.0.1]", at)


def greeted(at: datetime.datetime) -> str:
    return line("smtpd[7]: connect from localhost[127.0.0.1]", at)


def taken_letter(message_id: str = OURS, queue: str = Q, at: datetime.datetime = NOW - HOUR) -> str:
    return begun(queue, at=at) + named(message_id, queue, at) + active(queue, at)


@pytest.fixture
def log(tmp_path) -> Path:
    return tmp_path / "postfix.log"


def look(log: Path, *lines: str, since: datetime.datetime = NOW - DAY) -> Seen:
    """Write a log and ask it about our letter."""
    if lines:
        log.write_text("".join(lines))
    return RelayLog(log, NOW).look_for([OURS], since)


# What was taken


def test_named_and_active_is_taken(log):
    seen = look(log, taken_letter())
    assert (seen.taken, seen.doubtful) == ({OURS: Q}, set())


def test_of_many_letters_each_is_known_by_its_own_queue_id(log):
    ids = [f"<b1.{n}@bulletin.example.org>" for n in range(2500)]
    log.write_text("".join(taken_letter(message_id, f"4j{n:010X}") for n, message_id in enumerate(ids)))
    seen = RelayLog(log, NOW).look_for(ids[::2], NOW - DAY)
    assert seen.taken == {message_id: f"4j{n:010X}" for n, message_id in enumerate(ids) if n % 2 == 0}


@pytest.mark.parametrize("queue", ["4jWxkd0WJhz1TNC9", "9C3F71A2B4", "B0"])
def test_queue_ids_are_long_or_short(log, queue):
    assert look(log, taken_letter(queue=queue)).taken == {OURS: queue}


def test_an_instance_and_a_service_may_have_names_of_their_own(log):
    assert look(log, taken_letter().replace("postfix/", "postfix-out/submission/")).taken == {OURS: Q}


def test_what_lies_between_its_lines_does_not_matter(log):
    warning = line(f"cleanup[8]: {Q}: warning: header Subject: March from localhost[127.0.0.1]; from=<b@example.org>")
    others = taken_letter(OTHER, "4jOther")
    assert look(log, begun(), others, named(), warning, others, active()).taken == {OURS: Q}


# What was not, and what is in doubt


def test_what_it_does_not_name_is_neither_taken_nor_doubtful(log):
    seen = look(log, taken_letter(OTHER))
    assert (seen.taken, seen.doubtful) == ({}, set())


def test_named_without_an_end_is_doubtful(log):
    seen = look(log, begun(), named())
    assert (seen.taken, seen.doubtful) == ({}, {OURS})


@pytest.mark.parametrize(
    "words", ["hold: header Subject: March", "milter-discard: END-OF-MESSAGE from localhost", "discard: body x"]
)
def test_so_is_what_is_held_or_thrown_away(log, words):
    assert look(log, begun(), named(), line(f"cleanup[8]: {Q}: {words} from localhost[127.0.0.1];")).doubtful == {OURS}


@pytest.mark.parametrize("lines", [(begun(), named(), cut()), (begun(), cut(), named())])
def test_what_was_cut_off_is_not_taken_in_whichever_order_the_lines_come(log, lines):
    seen = look(log, *lines)
    assert (seen.taken, seen.doubtful) == ({}, set())


def test_so_is_what_timed_out(log):
    timeout = cut().replace("lost connection", "timeout")
    assert look(log, begun(), named(), timeout).doubtful == set()


def test_a_connection_lost_after_the_dot_is_no_cut(log):
    after = cut().replace("after DATA (85 bytes)", "after END-OF-MESSAGE")
    assert look(log, begun(), named(), after).doubtful == {OURS}


def test_a_cut_ends_only_the_letter_of_its_own_process(log):
    assert look(log, begun(pid=7), named(), begun("4jOther", pid=6), cut(pid=6)).doubtful == {OURS}


@pytest.mark.parametrize(
    "words",
    [
        "cleanup[8]: {}: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 4.7.1 try again later;",
        "cleanup[8]: {}: reject: header Subject: March from localhost[127.0.0.1];",
        "cleanup[8]: {}: reject: mime-header Content-Type: text/html from localhost[127.0.0.1];",
        "cleanup[8]: {}: reject: body spam from localhost[127.0.0.1];",
        "smtpd[7]: {}: reject: END-OF-MESSAGE from localhost[127.0.0.1]: 554 5.7.1 policy;",
        "smtpd[7]: {}: reject: DATA from localhost[127.0.0.1]: 550 5.5.3 multi-recipient bounce;",
    ],
)
def test_what_was_refused_is_not_taken(log, words):
    seen = look(log, begun(), named(), line(words.format(Q)))
    assert (seen.taken, seen.doubtful) == ({}, set())


def test_a_second_recipients_refusal_is_not_the_letters(log):
    refusal = line(f"smtpd[7]: {Q}: reject: RCPT from localhost[127.0.0.1]: 550 5.1.1 no such person;")
    assert look(log, begun(), refusal, named()).doubtful == {OURS}


def test_taken_at_a_later_try_is_taken(log):
    seen = look(log, begun(), named(), cut(), taken_letter(queue="4jSecond"))
    assert (seen.taken, seen.doubtful) == ({OURS: "4jSecond"}, set())


def test_taken_at_an_earlier_try_stays_taken(log):
    seen = look(log, taken_letter(), begun("4jSecond"), named(queue="4jSecond"), cut())
    assert (seen.taken, seen.doubtful) == ({OURS: Q}, set())


def test_a_queue_id_that_comes_again_is_another_letters(log):
    assert look(log, begun(), named(), cut(), taken_letter(OTHER)).taken == {}
    assert look(log, begun(), cut(), named(), named(OTHER), active()).taken == {}
    assert look(log, begun(), cut(), named(OTHER), begun(), named()).doubtful == {OURS}


@pytest.mark.parametrize("message_id", ["", "<>", "no brackets", OURS.upper(), OURS[:-1]])
def test_another_message_id_is_not_ours(log, message_id):
    seen = look(log, taken_letter(message_id))
    assert (seen.taken, seen.doubtful) == ({}, set())


def test_a_resent_message_id_neither_adds_nor_takes_away(log):
    resent = line(f"cleanup[8]: {Q}: resent-message-id={OTHER}")
    assert look(log, begun(), named(), resent, active()).taken == {OURS: Q}
    assert look(log, begun(), named(OTHER), resent.replace(OTHER, OURS), active()).taken == {}


@pytest.mark.parametrize(
    "said",
    [
        f"warning: header Subject: x postfix/cleanup[8]: {Q}: message-id={OURS} from localhost",
        f"to=<x@example.org>, status=bounced (said: 550 /cleanup[8]: {Q}: message-id={OURS})",
    ],
)
def test_what_somebody_says_in_a_line_is_no_line(log, said):
    assert look(log, begun(), line(f"cleanup[8]: {Q}: {said}"), named(OTHER), active()).taken == {}


def test_other_peoples_queue_active_is_not_qmgrs(log):
    spoof = line(f"smtp[3]: {Q}: to=<x@example.org>, status=sent (250 /qmgr[9]: {Q}: from=<x> (queue active)")
    assert look(log, begun(), named(), spoof).taken == {}


# The time it tells of


def test_it_tells_of_the_time_from_its_first_line_to_the_last_of_the_intake(log):
    delivery = line(f"smtp[3]: {Q}: to=<reader@example.org>, status=sent (250 OK)", NOW)
    seen = look(log, greeted(NOW - 3 * HOUR), taken_letter(), greeted(NOW - MINUTE), delivery)
    assert (seen.begins_at, seen.ends_at) == (NOW - 3 * HOUR, NOW - MINUTE)


def test_without_a_line_of_the_intake_it_has_no_end(log):
    assert look(log, line("qmgr[9]: removed")).ends_at is None


def test_a_line_that_is_still_being_written_is_left_for_the_next_time(log):
    assert look(log, begun(), named(), active().rstrip("\n")).doubtful == {OURS}


def test_it_tells_only_of_the_time_after_lines_that_were_lost(log):
    lost = begun("4jLost", at=NOW - 20 * MINUTE) + active("4jLost", at=NOW - 20 * MINUTE)
    seen = look(log, greeted(NOW - 3 * HOUR), taken_letter(), lost, greeted(NOW))
    assert (seen.taken, seen.begins_at) == ({OURS: Q}, NOW - 20 * MINUTE)


@pytest.mark.parametrize("text", ["", "a line without an end"])
def test_an_empty_log_is_no_answer(log, text):
    with pytest.raises(Unreadable, match="empty"):
        look(log, text)


@pytest.mark.parametrize("text", ["127.0.0.1 - - [21/Nov/2026] GET /\n", "2026-99-99T00:00:00 relay\n", "\0\0\n"])
def test_a_file_that_is_no_log_of_postfix_says_so(log, text):
    with pytest.raises(Unreadable, match="does not begin like a log of Postfix: point MAIL_LEDGER at one"):
        look(log, text)


def test_nor_is_one_endless_line_read_to_its_end(log):
    with pytest.raises(Unreadable, match="is no log of Postfix"):
        look(log, "x" * 1_000_000)


def test_a_log_that_is_not_there_says_so(log):
    with pytest.raises(Unreadable, match=r"MAIL_LEDGER .* does not exist: give the file that the relay writes"):
        look(log)


def test_so_does_a_folder(tmp_path):
    with pytest.raises(Unreadable, match=r"MAIL_LEDGER .* cannot be read"):
        look(tmp_path)


# Rotation


def test_the_file_before_is_read_where_it_is_needed(log):
    Path(f"{log}.1").write_text(greeted(NOW - 2 * DAY) + taken_letter())
    seen = look(log, greeted(NOW))
    assert (seen.taken, seen.begins_at) == ({OURS: Q}, NOW - 2 * DAY)


def test_a_letter_may_lie_across_two_files(log):
    Path(f"{log}.1").write_text(begun() + named())
    assert look(log, active()).taken == {OURS: Q}


def test_the_file_before_may_be_packed_or_empty(log):
    with gzip.open(f"{log}.2.gz", "wb") as packed:
        packed.write((greeted(NOW - 2 * DAY) + taken_letter()).encode())
    Path(f"{log}.1").touch()
    seen = look(log, greeted(NOW))
    assert (seen.taken, seen.begins_at) == ({OURS: Q}, NOW - 2 * DAY)


def test_a_number_that_is_missing_ends_what_it_tells_of(log):
    Path(f"{log}.2").write_text(taken_letter())
    seen = look(log, greeted(NOW - MINUTE))
    assert (seen.taken, seen.begins_at) == ({}, NOW - MINUTE)


def test_so_does_a_packing_that_it_cannot_read(log):
    Path(f"{log}-20261120").write_text(greeted(NOW - DAY))
    Path(f"{log}-20261119.xz").write_text("packed otherwise")
    Path(f"{log}-20261118").write_text(taken_letter())
    assert [file.name for file in rotated(log)] == [f"{log.name}-20261120"]


def test_files_named_by_a_date_go_back_from_the_newest(log):
    names = ["-20261120", "-20261113.gz", "-20261106.gz"]
    for name in names:
        Path(f"{log}{name}").touch()
    Path(f"{log}.bak").touch()
    assert [file.name for file in rotated(log)] == [f"{log.name}{name}" for name in names]


def test_right_after_a_rotation_there_is_only_the_file_before(log):
    Path(f"{log}.1").write_text(taken_letter())
    assert look(log).taken == {OURS: Q}


def test_a_broken_packed_file_is_unreadable(log):
    Path(f"{log}.1.gz").write_bytes(gzip.compress(b"x" * 10_000)[:40])
    with pytest.raises(Unreadable, match=r"MAIL_LEDGER .* cannot be read"):
        look(log, greeted(NOW))


def test_a_file_that_is_not_needed_is_not_read(log):
    Path(f"{log}.1.gz").write_bytes(b"broken")
    assert look(log, taken_letter(at=NOW - HOUR), since=NOW - MINUTE).taken == {OURS: Q}


class Rotating(RelayLog):
    """A log that is rotated in the middle of its being read."""

    def _seen(self, *asked) -> Seen:
        seen = super()._seen(*asked)
        self.path.rename(f"{self.path}.1")
        self.path.write_text(greeted(NOW))
        return seen


def test_a_log_that_is_rotated_meanwhile_is_read_again_another_time(log):
    log.write_text(begun() + named())
    with pytest.raises(Unreadable, match="was being rotated"):
        Rotating(log, NOW).look_for([OURS], NOW - DAY)


# Stamps


def moment(stamp: str, at: datetime.datetime = NOW, zone: datetime.tzinfo = datetime.UTC, fold: int = 0):
    return Stamps(at, zone).moment(f"{stamp} relay postfix/x".encode(), fold)


def test_a_stamp_of_rfc_3339_is_itself():
    at = datetime.datetime(2026, 11, 21, 11, 30, 5, 123456, tzinfo=datetime.UTC)
    assert moment("2026-11-21T11:30:05.123456+00:00") == at
    assert moment("2026-11-21T13:30:05.123456+02:00") == at
    assert moment("2026-11-21T11:30:05.123456Z") == at


@pytest.mark.parametrize("stamp", ["Nov 21 11:30:05", "2026-11-21T11:30:05"])
def test_a_stamp_without_a_zone_is_the_machines(stamp):
    assert moment(stamp, zone=ZoneInfo("America/New_York")) == datetime.datetime(
        2026, 11, 21, 16, 30, 5, tzinfo=datetime.UTC
    )


@pytest.mark.parametrize(
    ("stamp", "at", "year"),
    [
        ("Nov 21 11:30:05", "2026-11-21", 2026),
        ("Nov 22 11:30:05", "2026-11-21", 2026),
        ("Nov 23 11:30:05", "2026-11-21", 2025),
        ("Dec 31 23:59:59", "2027-01-01", 2026),
        ("Jan  1 00:00:01", "2026-12-31", 2027),
        ("Feb 29 12:00:00", "2028-03-01", 2028),
        ("Feb 29 12:00:00", "2029-01-01", 2028),
    ],
)
def test_a_stamp_without_a_year_is_the_last_that_has_passed(stamp, at, year):
    assert moment(stamp, datetime.datetime.fromisoformat(f"{at}T12:00:00+00:00")).year == year


@pytest.mark.parametrize("stamp", ["Feb 30 12:00:00", "Nov 21", "1700000000", "", "Feb 29 12:00:00"])
def test_what_is_no_stamp_is_none(stamp):
    assert moment(stamp, datetime.datetime(2027, 3, 1, tzinfo=datetime.UTC)) is None


def test_in_the_hour_that_comes_twice_a_log_begins_late_and_ends_early():
    london, at = ZoneInfo("Europe/London"), datetime.datetime(2026, 10, 25, 12, tzinfo=datetime.UTC)
    assert moment("Oct 25 01:30:00", at, london, fold=1).astimezone(datetime.UTC).hour == 1
    assert moment("Oct 25 01:30:00", at, london, fold=0).astimezone(datetime.UTC).hour == 0


def traditional(text: str, zone: datetime.tzinfo) -> str:
    """Give lines the stamps of syslog."""
    lines = []
    for line in text.splitlines(keepends=True):
        stamp, _, words = line.partition(" ")
        lines.append(f"{datetime.datetime.fromisoformat(stamp).astimezone(zone):%b %e %H:%M:%S} {words}")
    return "".join(lines)


def test_stamps_without_a_zone_are_believed_if_the_file_is_as_old_as_its_last_line(log):
    text = traditional(greeted(NOW - HOUR) + taken_letter() + greeted(NOW), datetime.UTC)
    log.write_text(text)
    os.utime(log, (NOW.timestamp(), NOW.timestamp()))
    seen = RelayLog(log, NOW)
    seen.stamps = Stamps(NOW, datetime.UTC)
    assert seen.look_for([OURS], NOW - DAY).ends_at == NOW
    seen.stamps = Stamps(NOW, ZoneInfo("America/New_York"))
    with pytest.raises(Unreadable, match="stamps without a zone"):
        seen.look_for([OURS], NOW - DAY)


# Long logs


def make_long(log: Path, letters: int) -> None:
    """Write a log of some days, ours near its end."""
    with log.open("w") as lines:
        for n in range(letters):
            lines.write(taken_letter(f"<b1.{n}@example.org>", f"4j{n:X}", NOW - HOUR - (letters - n) * SECOND))
        lines.write(taken_letter() + greeted(NOW))


def test_of_a_long_log_only_what_is_needed_is_read(log):
    make_long(log, 40_000)
    with log.open("rb") as file:
        blocks = list(LogFile(log, file).blocks(NOW - 2 * HOUR, Stamps(NOW, datetime.UTC)))
    assert sum(map(len, blocks)) < log.stat().st_size / 2
    first = Stamps(NOW, datetime.UTC).moment(blocks[0])
    assert NOW - 5 * HOUR < first <= NOW - 4 * HOUR
    assert b"".join(blocks) == log.read_bytes()[-sum(map(len, blocks)) :]
    assert look(log, since=NOW - 2 * HOUR).taken == {OURS: Q}


def test_wherever_it_begins_it_begins_with_a_whole_line_that_is_early_enough(log):
    make_long(log, 20_000)
    chance = random.Random(4)
    for _ in range(50):
        since = NOW - chance.uniform(0, 9) * HOUR
        with log.open("rb") as file:
            block = next(LogFile(log, file).blocks(since, Stamps(NOW, datetime.UTC)))
        begins_at = Stamps(NOW, datetime.UTC).moment(block)
        assert begins_at is not None
        assert begins_at <= since or log.read_bytes().startswith(block[:1000])


def test_a_long_log_takes_no_more_memory_than_a_few_blocks(log):
    make_long(log, 40_000)
    tracemalloc.start()
    try:
        assert look(log).taken == {OURS: Q}
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
    assert log.stat().st_size > 10_000_000
