"""Any order of what may happen to a mailing: nobody is lost, nobody is written to twice, and every row says why.

The rules move workers, relay, readers, staff and time by hand (`tests.mailings.simulation`); after each of them the
rows are compared with what the relay really took. `make faults` runs 10,000 examples, `make test` a few hundred.
"""

import datetime
import os
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any
from unittest import mock

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mailings import clock, steering, sweeps
from mailings.drain import Drain, Marked
from mailings.models import Delivery, Mailing
from mailings.opening import open_mailing, send_now
from mailings.rounds import Round
from mailings.unknown import resolve_unknown
from publication.models import SenderClaim
from subscribers import consent
from subscribers.addresses import address_hash
from subscribers.models import Subscriber, Suppression
from tests.factories import MARCH, make_subscriber
from tests.mailings.cast import DAY, HOUR, MINUTE, SECOND, columns_of, make_approver, make_due
from tests.mailings.scripted import scripted
from tests.mailings.simulated_relay import VERDICTS, Relay, RelayLog, Time
from tests.mailings.simulated_wire import WELL
from tests.mailings.simulation import CONNECTIONS, DOINGS, Stage, Worker, rolled_back, rows

pytestmark = pytest.mark.django_db(transaction=True)
FULL = os.environ.get("FAULTS") == "full"
EXAMPLES = int(os.environ.get("EXAMPLES") or (10_000 if FULL else 210))
STEPS = 40
READERS = [f"reader{n}@example.org" for n in range(6)]
JOINERS = [f"joiner{n}@example.org" for n in range(2)]
LONGEST_WAIT = 2 * HOUR * 1.2
WAITS = [
    SECOND,
    20 * SECOND,
    46 * SECOND,
    61 * SECOND,
    5 * MINUTE,
    901 * SECOND,
    901 * SECOND,
    HOUR,
    3 * HOUR,
    49 * HOUR,
]
OPEN = {"queued", "claimed", "on_wire", "unknown"}
NEVER_LEFT = {"queued", "claimed", "failed", "skipped"}
# What becomes of letters whose answer was lost.
POLICIES: dict[str, dict[str, Any]] = {
    "by the log": {"MAIL_AT_MOST_ONCE": False},
    "tried once more": {"MAIL_AT_MOST_ONCE": False, "MAIL_LEDGER": None},
    "only listed": {"MAIL_AT_MOST_ONCE": True, "MAIL_LEDGER": None},
}
LEGAL = {
    "queued": {"claimed", "skipped"},
    "claimed": {"on_wire", "skipped", "failed", "queued"},
    "on_wire": {"sent", "failed", "unknown", "queued"},
    "unknown": {"sent", "queued", "abandoned"},
    "sent": set(),
    # Again only by a new act of a person, which a bare UPDATE is not.
    "failed": set(),
    "abandoned": set(),
    "skipped": set(),
}
VERBS = ["pause", "resume", "resume", "cancel", "retry", "retry", "retry_abandoned", "retry_abandoned"]
VERBS += ["send_missed", "send_missed", "send_missed"]
ASIDES = ["log_is_away", "log_is_back", "log_is_rotated", "joins", "joins", "opens_again", "is_sent_by_hand_again"]
ASIDES += ["moves_out", "rows_are_meddled_with"]
# What a tick does to a mailing under way, in the order of `clock.sweep`.
SWEEPS = [
    sweeps.sweep_claimed,
    sweeps.sweep_on_wire,
    resolve_unknown,
    lambda at: sweeps.sweep_cancelled(),
    sweeps.finish,
]
# The mailing, and one of its letters in each row.
LEDGER = """
    SELECT m.id, m.state, m.finished_at, m.planned, m.sent, m.skipped, m.failed, m.abandoned,
           d.message_id, d.state, d.owner IS NOT NULL, d.lease_until, d.not_before, d.unknown_retried, d.smtp_text,
           d.id, d.address_hash
      FROM mailings_mailing m LEFT JOIN mailings_delivery d ON d.mailing_id = m.id
     WHERE m.bulletin_id = %s ORDER BY d.id
"""
# Some letters, with what a letter needs to be marked as leaving.
HOLDERS = """
    SELECT d.id, d.message_id, d.state, d.owner, d.lease_until, m.state, s.address FROM mailings_delivery d
      JOIN mailings_mailing m ON m.id = d.mailing_id LEFT JOIN subscribers_subscriber s ON s.id = d.subscriber_id
     WHERE d.id = ANY(%s)
"""
HOLDER = "SELECT state, owner FROM mailings_delivery WHERE message_id = %s"
# What happens in any run, whatever chance does, and what happens in a long one as well: moves, and ends of rounds.
SEEN_SOON = {("queued", "claimed"), ("claimed", "queued"), ("claimed", "on_wire"), ("queued", "skipped"), "many marks"}
SEEN_IN_TIME = {
    *SEEN_SOON,
    "many results",
    "results and marks",
    "refused a mark",
    "marked after the connection was lost",
    "killed before the commit",
    "killed before it heard of the commit",
    ("claimed", "skipped"),
    ("claimed", "failed"),
    ("on_wire", "sent"),
    ("on_wire", "queued"),
    ("on_wire", "failed"),
    ("on_wire", "unknown"),
    ("failed", "queued"),
    ("skipped", "queued"),
}
# What a worker does, and at which of the places where it waits.
Doing = tuple[str, int]
DOINGS_IN_A_ROW = st.lists(st.tuples(st.sampled_from(DOINGS), st.integers(0, 5)), min_size=1, max_size=4)
SIZES = st.lists(st.integers(1, 6), min_size=1, max_size=2)
Rows = dict[str, "Row"]


class Row:
    """A letter's row as the database has it."""

    def __init__(self, values: tuple) -> None:
        (self.message_id, self.state, self.held, self.lease_until, self.not_before) = values[:5]
        (self.retried, self.words, self.pk, self.reader) = values[5:]


def letters(ledger: list[tuple]) -> Rows:
    return {values[8]: Row(values[8:]) for values in ledger}


@pytest.fixture
def stage(tmp_path) -> Iterator[Stage]:
    for address in READERS:
        make_subscriber(address=address)
    clock.tick(MARCH - DAY)
    with scripted():
        stage = Stage(make_due(), make_approver(), RelayLog(tmp_path / "mail.log"))
        yield stage
    stage.clear()


class Sending(RuleBasedStateMachine):
    """One mailing, its workers, its readers, those who steer it, and its relay."""

    def __init__(self, stage: Stage, policy: str) -> None:
        super().__init__()
        self.stage = stage
        self.policy = policy
        self.logged = policy == "by the log"
        values = {"MAIL_LEDGER": stage.log.path} if self.logged else {}
        self.house = ExitStack()
        self.house.enter_context(override_settings(**POLICIES[policy], **values, SMTP_CONNECTIONS=CONNECTIONS))
        self.time = Time(MARCH)
        for module in ("dispatch", "line"):
            self.house.enter_context(mock.patch(f"mailings.{module}.time", self.time))
        self.workers: dict[int, Worker] = {}
        self.reading = set(READERS)
        self.joined = 0
        self.ours = True
        self.mailing: Any = None
        self.rows: Rows = {}
        self.state = ""
        self.finished_at: datetime.datetime | None = None
        self.left: set[str] = set()
        # The workers and letters that were marked as leaving, and may leave once.
        self.marked: set[tuple[uuid.UUID, str]] = set()
        self.cancelled = False
        # How many copies more than one a reader may have, each by a rule that says so.
        self.more: Counter[str] = Counter()
        self.retried: set[str] = set()

    @initialize(
        already=st.integers(0, 19),
        claims=st.lists(st.integers(1, 6), min_size=1, max_size=2),
        pipelining=st.integers(0, 2),
    )
    def begin(self, already: int, claims: list[int], pipelining: int) -> None:
        """Begin with the mailing just opened, or now and then before that."""
        self.stage.begin(already > 0)
        self.relay = Relay(self.time, self.stage.log, pipelining > 0)
        self.house.enter_context(rolled_back())
        self.stage.log.begin(MARCH)
        self.depth = len(connection.savepoint_ids)
        if already:
            self.mailing = Mailing.objects.get()
            self.workers = {place: self.claims(size) for place, size in enumerate(claims)}

    # Opening

    @precondition(lambda self: not self.mailing)
    @rule(by_hand=st.booleans())
    def opens(self, by_hand: bool) -> None:
        """The hour has come, or a person sends now."""
        if by_hand:
            send_now(self.stage.bulletin, self.stage.staff, "it is time", self.time.at)
        elif not clock.tick(self.time.at):
            assert self.time.at >= MARCH + 12 * HOUR or not self.ours
            return
        self.mailing = Mailing.objects.get()

    def opens_again(self) -> None:
        """A second process is as far."""
        assert open_mailing(self.stage.bulletin, self.time.at) is None

    def is_sent_by_hand_again(self) -> None:
        """A second person sends now."""
        with pytest.raises(ValidationError):
            send_now(self.stage.bulletin, self.stage.staff, "it is time", self.time.at)

    # Workers

    # One rule each, for Hypothesis leaves rules out of whole examples: a worker that sleeps through it.

    @precondition(lambda self: self.mailing)
    @rule(doings=DOINGS_IN_A_ROW, size=st.integers(1, 6))
    def first_worker(self, doings: list[Doing], size: int) -> None:
        self.works(0, doings, size)

    @precondition(lambda self: self.mailing)
    @rule(doings=DOINGS_IN_A_ROW, size=st.integers(1, 6))
    def second_worker(self, doings: list[Doing], size: int) -> None:
        self.works(1, doings, size)

    @precondition(lambda self: self.mailing)
    @rule(doings=DOINGS_IN_A_ROW, size=st.integers(1, 6))
    def third_worker(self, doings: list[Doing], size: int) -> None:
        self.works(2, doings, size)

    def works(self, place: int, doings: list[Doing], size: int) -> None:
        """A worker claims anew, or hears what it waits for somewhere, is killed there, renews ..., some in a row."""
        if place not in self.workers or self.workers[place].is_over:
            self.begins(place, doings.pop(0)[0], size)
        worker = self.workers[place]
        worker.size = size
        for what, which in doings:
            if worker.is_over:
                return
            worker.do(what, which)
            if what in ("kill", "kill_at_commit"):
                self.remember_round(worker)

    def begins(self, place: int, what: str, size: int) -> None:
        self.workers[place] = self.claims(size, what)
        if not self.ours:
            assert self.workers[place].is_over, "a copy of the database sends"
            self.moves_back()

    def remember_round(self, worker: Worker) -> None:
        """Remember how far the round was of a worker that is killed."""
        if worker.loop.recorder.round:
            self.stage.seen["killed before the commit"] += 1
        elif worker.loop.recorder.answer:
            self.stage.seen["killed before it heard of the commit"] += 1

    def claims(self, size: int, what: str = WELL) -> Worker:
        self.mailing.refresh_from_db(fields=["give_up_at"])
        clock: Any = self.time
        worker = Worker(Drain(self.mailing, clock), self.relay, self.records, self.leaving, size)
        worker.begin(what)
        return worker

    def waiting(self) -> list[Worker]:
        return [worker for worker in self.workers.values() if not worker.is_over]

    def records(self, worker: Worker, round: Round) -> Marked:
        """Commit a round, and look at each letter that it lets leave: who sends it, and whether it may."""
        before = {pk: holder for pk, *holder in rows(HOLDERS, list(round.marks))}
        marked = worker.turn.record(round)
        waits = {pk: transaction for pk, (_, transaction) in worker.loop.marking.items()}
        for pk in marked.letters:
            message_id, state, owner, lease_until, mailing_state, address = before[pk]
            assert (state, owner, mailing_state) == ("claimed", worker.turn.owner, "sending")
            assert lease_until > self.time.at, "a letter leaves without a lease"
            assert address in self.reading, "a letter leaves to somebody who has left"
            assert self.ours, "a letter leaves from a copy of the database"
            assert pk in waits, "a letter is marked, and nobody waits to send it"
            self.marked.add((worker.turn.owner, message_id))
        self.remember(round, marked, [waits[pk].outcome for pk in marked.letters])
        return marked

    def remember(self, round: Round, marked: Marked, outcomes: list) -> None:
        """Remember what was in a round, and what came of it."""
        happened = {
            "many results": len(round.settled) > 1,
            "many marks": len(round.marks) > 1,
            "results and marks": round.settled and round.marks,
            "refused a mark": len(round.marks) > len(marked.letters),
            "marked after the connection was lost": any(outcomes),
        }
        self.stage.seen.update(what for what, happens in happened.items() if happens)

    def leaving(self, worker: Worker, message_id: str) -> None:
        """Look once more while a letter leaves: it was marked for this once, and nobody else holds it."""
        assert (worker.turn.owner, message_id) in self.marked, "a letter leaves without a mark"
        self.marked.remove((worker.turn.owner, message_id))
        assert rows(HOLDER, message_id) == [("on_wire", worker.turn.owner)]
        assert len(connection.savepoint_ids) == self.depth, "a transaction is open during SMTP"

    @precondition(lambda self: self.relay.undecided)
    @rule(which=st.integers(0, 3), verdict=st.sampled_from(VERDICTS))
    def takes_or_not(self, which: int, verdict) -> None:
        """The relay makes up its mind about a letter, even if its worker is dead."""
        dots = self.relay.undecided
        self.relay.decide(dots[which % len(dots)], verdict, self.time.at)

    # Time

    @rule(wait=st.sampled_from(WAITS), renewing=st.booleans())
    def time_passes(self, wait: datetime.timedelta, renewing: bool = False) -> None:
        """All workers sleep, or at least their renewals go on, as far as a test has time for that."""
        naps = 10 if renewing and wait <= 5 * MINUTE else 1
        for _ in range(naps):
            self.time.at += wait / naps
            for worker in self.waiting() if naps > 1 else []:
                worker.renew()
        self.relay.go_on(self.time.at)

    @precondition(lambda self: self.waiting())
    @rule(which=st.integers(0, 2), wait=st.sampled_from(WAITS))
    def oversleeps(self, which: int, wait: datetime.timedelta) -> None:
        """What a worker waits for comes while it sleeps."""
        waiting = self.waiting()
        waiting[which % len(waiting)].sleep(partial(self.time_passes, wait))

    @rule(whole=st.integers(0, 7))
    def ticks(self, whole: int) -> None:
        """The clock ticks; mostly only as far as it concerns a mailing under way, which is quicker."""
        if self.mailing and whole:
            self.sweeps_all()
            return
        clock.tick(self.time.at)
        self.mailing = self.mailing or Mailing.objects.first()

    def sweeps_all(self) -> None:
        for step in SWEEPS:
            step(self.time.at)

    @precondition(lambda self: self.mailing)
    @rule(step=st.sampled_from(SWEEPS))
    def sweeps(self, step: Callable[[datetime.datetime], int]) -> None:
        """One step of what another process's tick does at the same time."""
        step(self.time.at)

    # Readers

    @rule(
        which=st.sampled_from(READERS), how=st.sampled_from(["leaves", "is_barred", "is_erased", *["comes_back"] * 3])
    )
    def reader(self, which: str, how: str) -> None:
        """A reader goes or comes."""
        getattr(self, how)(which, Subscriber.objects.at_address(which).first())

    def leaves(self, address: str, reader: Subscriber | None) -> None:
        if reader and consent.unsubscribe(reader, "The words shown.", "test", self.time.at):
            self.gone(address)

    def is_barred(self, address: str, reader: Subscriber | None) -> None:
        """They complain, and their address is not to be written to again."""
        if reader:
            Suppression.objects.get_or_create(
                address_hash=reader.address_hash, defaults={"reason": "complaint", "at": self.time.at}
            )
            self.gone(address)

    def is_erased(self, address: str, reader: Subscriber | None) -> None:
        if reader:
            reader.delete()
            self.gone(address)

    def gone(self, address: str) -> None:
        self.reading.discard(address)
        self.left.add(address_hash(address))

    def comes_back(self, address: str, reader: Subscriber | None) -> None:
        """By undoing an unsubscribing, or as a new person at an address that was erased."""
        if reader is None:
            Suppression.objects.filter(address_hash=address_hash(address)).delete()
            make_subscriber(address=address)
            self.reading.add(address)
        elif consent.undo(reader, "The words shown.", "test", self.time.at):
            self.reading.add(address)

    def joins(self) -> None:
        """Somebody becomes a reader after the mailing was planned."""
        if self.joined < len(JOINERS):
            make_subscriber(address=JOINERS[self.joined])
            self.reading.add(JOINERS[self.joined])
            self.joined += 1

    # Staff, and the host next door

    @precondition(lambda self: self.mailing)
    @rule(verb=st.sampled_from(VERBS))
    def staff(self, verb: str) -> None:
        """A person steers, where it is allowed and where it is not."""
        getattr(self, verb)()

    def pause(self) -> None:
        assert self.does("pause") == (self.state == "sending")

    def resume(self) -> None:
        assert self.does("resume") == (self.state == "paused")

    def cancel(self) -> None:
        done = self.does("cancel")
        assert done == (self.state in ("sending", "paused"))
        self.cancelled = self.cancelled or bool(done)

    def does(self, verb: str, *more: bool) -> int:
        return getattr(steering, verb)(self.mailing, self.stage.staff, "for the test", self.time.at, *more)

    def retry(self) -> None:
        """Have what failed tried again, and nothing else."""
        number = self.does("retry")
        assert [before.state for before in self.changed()] == ["failed"] * number

    def retry_abandoned(self) -> None:
        """Have what perhaps arrived tried again as well: a person risks a second copy."""
        number, queued = self.does("retry", True), self.changed()
        assert number == len(queued)
        assert {before.state for before in queued} <= {"failed", "abandoned"}
        risked = {before.message_id for before in queued if before.state == "abandoned"}
        self.more.update(risked)
        self.retried |= risked

    def send_missed(self) -> None:
        """Reach those who got none; nobody else, whatever else has happened."""
        over = self.state in ("finished", "cancelled") and self.finished_at
        expected = steering.missed(self.mailing) if over else 0
        assert self.does("send_missed") == expected
        for before in self.changed():
            assert before.state == "skipped"
            assert not self.relay.copies[before.message_id], "somebody was called missed who had got a letter"

    def changed(self) -> list[Row]:
        """Return the rows, as they were, that have another state now."""
        now = letters(rows(LEDGER, self.stage.bulletin.pk))
        return [row for row in self.rows.values() if now[row.message_id].state != row.state]

    def moves_out(self) -> None:
        """Another installation claims the sending."""
        self.ours = False
        SenderClaim.objects.create(identity="https://elsewhere.example.org", at=self.time.at, why="for the test")

    def moves_back(self) -> None:
        """Ours claims it again."""
        self.ours = True
        SenderClaim.objects.create(identity=django_settings.SENDER_IDENTITY, at=self.time.at, why="for the test")

    # What is rare or slow, the relay's log, and what the database refuses

    @precondition(lambda self: self.mailing)
    @rule(what=st.sampled_from(ASIDES))
    def aside(self, what: str) -> None:
        getattr(self, what)()

    def log_is_away(self) -> None:
        self.stage.log.hide()

    def log_is_back(self) -> None:
        self.stage.log.show()

    def log_is_rotated(self) -> None:
        self.stage.log.rotate()

    def rows_are_meddled_with(self) -> None:
        """Bare UPDATEs to states that no way leads to from here, or of what a letter is, and DELETEs."""
        for row in list(self.rows.values())[:2]:
            letter = Delivery.objects.filter(pk=row.pk)
            self.refused(letter.delete)
            self.refused(partial(letter.update, message_id="<another@example.org>"))
            for state in LEGAL.keys() - LEGAL[row.state] - {row.state}:
                self.refused(partial(letter.update, **columns_of(state)))

    def refused(self, what: Callable[[], object]) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            what()

    # What holds whatever has happened

    @invariant()
    def there_is_one_mailing_and_it_balances(self) -> None:
        ledger = rows(LEDGER, self.stage.bulletin.pk)
        mailings = {values[:8] for values in ledger}
        assert len(mailings) == (1 if self.mailing else 0)
        if not self.mailing:
            return
        ((_, self.state, self.finished_at, planned, *counts),) = mailings
        before, self.rows = self.rows, letters(ledger)
        assert planned == len(self.rows)
        if self.finished_at:
            states = [row.state for row in self.rows.values()]
            assert counts == [states.count(state) for state in ("sent", "skipped", "failed", "abandoned")]
        self.compare(before)
        for row in self.rows.values():
            self.check_copies(row)
            self.check_row(row)

    def compare(self, before: Rows) -> None:
        """Compare with what was before this rule: nothing leaves `sent`, no row goes."""
        for row in before.values():
            state = self.rows[row.message_id].state
            assert row.state != "sent" or state == "sent"
            self.stage.seen[row.state, state] += 1

    def check_copies(self, row: Row) -> None:
        """One copy at most, and one more for each time that a rule of ours or a person risked it."""
        if row.retried and row.message_id not in self.retried:
            assert self.policy == "tried once more"
            self.retried.add(row.message_id)
            self.more[row.message_id] += 1
        copies, more = self.relay.copies[row.message_id], self.more[row.message_id]
        assert copies <= 1 + more, "written to twice"
        assert copies or row.state != "sent", "lost: called sent, but the relay never took it"
        assert more or not copies or row.state not in NEVER_LEFT, "the relay took it, and it may be sent again"

    def check_row(self, row: Row) -> None:
        """Each letter that is not done is due, waiting for its time, held under a lease, or unknown."""
        assert row.held == (row.state in ("claimed", "on_wire"))
        if row.held:
            assert row.lease_until <= self.time.at + 45 * SECOND
        elif row.state == "queued":
            assert row.not_before <= self.time.at + LONGEST_WAIT
        elif row.state not in (*OPEN, "sent"):
            assert row.words, "it does not say why"
        if row.state == "skipped":
            assert self.cancelled if "cancelled" in row.words else row.reader in self.left

    # The end

    def teardown(self) -> None:
        """However it stands: with a relay that is well and time that passes, all comes to its end."""
        try:
            if self.mailing and sys.exc_info()[0] is None:
                self.comes_to_its_end()
        finally:
            for worker in self.waiting():
                worker.kill()
            self.house.close()

    def comes_to_its_end(self) -> None:
        self.log_is_back()
        if not self.ours:
            self.moves_back()
        for worker in self.waiting():
            worker.run_well()
        for _ in range(24):
            self.there_is_one_mailing_and_it_balances()
            if self.finished_at:
                break
            steering.resume(self.mailing, self.stage.staff, "for the test", self.time.at)
            self.time_passes(3 * HOUR)
            self.sweeps_all()
            self.claims(50).run_well()
        assert not {row.state for row in self.rows.values()} & OPEN, "some are never done"
        assert self.finished_at
        self.stage.ended += 1


@pytest.mark.parametrize("policy", POLICIES)
def test_whatever_happens_nobody_is_lost_and_nobody_written_to_twice(stage, policy):
    number = EXAMPLES // len(POLICIES) + 1
    run_state_machine_as_test(
        lambda: Sending(stage, policy),
        settings=settings(
            max_examples=number,
            stateful_step_count=STEPS,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert stage.examples >= number
    assert stage.ended > number / 2
    assert (SEEN_IN_TIME if number > 1000 else SEEN_SOON) <= stage.seen.keys()
