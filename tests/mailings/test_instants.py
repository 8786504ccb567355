"""The database's clock is the one that counts, however wrong those of the hosts are."""

import uuid

import pytest
from time_machine import travel

from mailings import ledger, sweeps
from mailings.instants import Clock, database_now
from tests.factories import MARCH
from tests.mailings.cast import MINUTE, SECOND, make_mailing, states

pytestmark = pytest.mark.django_db
AHEAD, BEHIND = MARCH + 20 * SECOND, MARCH - 20 * SECOND


@pytest.fixture
def database_at(monkeypatch):
    """Set the database's clock; the hosts' own are set by `travel`."""

    def set_to(moment) -> None:
        monkeypatch.setattr("mailings.instants.database_now", lambda: moment)

    return set_to


def clock_of(host) -> Clock:
    """Read the clocks on a host whose own one says this."""
    with travel(host, tick=False):
        return Clock.read()


@pytest.mark.parametrize("wrong", [-60 * MINUTE, -20 * SECOND, 0 * SECOND, 20 * SECOND, 60 * MINUTE], ids=str)
def test_a_wrong_host_tells_the_databases_time(database_at, wrong):
    database_at(MARCH)
    clock = clock_of(MARCH + wrong)
    assert clock.behind == -wrong
    with travel(MARCH + wrong + 7 * SECOND, tick=False):
        assert clock.now() == MARCH + 7 * SECOND


@pytest.mark.parametrize(("wrong", "right"), [(0, True), (30, True), (-30, True), (31, False), (-31, False)])
def test_up_to_thirty_seconds_are_right_enough(database_at, wrong, right):
    database_at(MARCH)
    assert clock_of(MARCH + wrong * SECOND).is_right == right


def test_half_of_what_the_question_took_is_the_way_there(monkeypatch):
    with travel(MARCH, tick=False) as host:

        def slow():
            host.shift(2)
            answer = MARCH + 1 * SECOND
            host.shift(2)
            return answer

        monkeypatch.setattr("mailings.instants.database_now", slow)
        assert Clock.read().behind == -1 * SECOND


def test_the_real_database_is_asked_and_its_time_goes_on_inside_a_transaction(monkeypatch):
    monkeypatch.undo()
    assert database_now() < database_now()
    assert Clock.read().is_right


def test_two_hosts_forty_seconds_apart_share_leases_without_stealing(database_at):
    database_at(MARCH)
    ahead, behind = clock_of(AHEAD), clock_of(BEHIND)
    early, late = uuid.uuid4(), uuid.uuid4()
    mailing = make_mailing(readers=4)
    for second in range(0, 120, 10):
        with travel(AHEAD + second * SECOND, tick=False):
            fast = ahead.now()
        with travel(BEHIND + second * SECOND, tick=False):
            slow = behind.now()
        if second == 0:
            assert len(ledger.claim(mailing.pk, early, fast, 2)) == 2
            assert len(ledger.claim(mailing.pk, late, slow, 2)) == 2
        # Ten seconds after the last renewal is when a thief would have the best chance.
        assert ledger.claim(mailing.pk, early, fast) == ledger.claim(mailing.pk, late, slow) == []
        assert sweeps.sweep_claimed(fast) == sweeps.sweep_claimed(slow) == 0
        assert ledger.renew(early, fast) == ledger.renew(late, slow) == 2
    assert states(mailing) == {"claimed": 4}
