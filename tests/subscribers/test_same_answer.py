"""Whatever we know of an address, a visitor hears the same: words, status, headers, and the work behind them."""

import re
from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from subscribers.addresses import address_hash
from subscribers.consent import hand_in, take_in
from subscribers.letters import post_due
from subscribers.models import OutgoingLetter, SignUp, Subscriber, Suppression
from tests.factories import make_publication, make_subscriber
from tests.subscribers.cast import NOON, press, sign_up

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


@pytest.fixture(autouse=True)
def stopped_clock() -> Iterator[None]:
    """Some headers hold the time: two answers are compared within one instant."""
    with time_machine.travel(NOON, tick=False):
        yield


def known(status: str) -> Callable[[], object]:
    return lambda: make_subscriber(address=ADA, status=status)


def suppressed(reason: str) -> Callable[[], object]:
    return lambda: Suppression.objects.create(address_hash=address_hash(ADA), reason=reason, at=NOON)


def waiting_already() -> None:
    hand_in(ADA, "The words.", "test", NOON)


def told_today() -> None:
    sign_up(ADA)
    OutgoingLetter.objects.update(sent=NOON)


CASES: dict[str, Callable[[], object]] = {
    "unknown": lambda: None,
    **{status: known(status) for status in Subscriber.Status.values},
    **{f"suppressed: {reason}": suppressed(reason) for reason in Suppression.Reason.values},
    "handed in already": waiting_already,
    "owed a letter": lambda: sign_up(ADA),
    "wrote to it today": told_today,
}


def work(queries: CaptureQueriesContext) -> list[str]:
    """The statements of a request without their values."""
    return [re.sub(r"'[^']*'(::\w+)?", "?", query["sql"]) for query in queries]


def whole(response) -> tuple:
    return response.status_code, response.content, sorted(response.items()), dict(response.cookies)


@pytest.fixture
def for_a_stranger(visitor) -> tuple:
    """The answer to an address that nobody has ever heard of, and what it took."""
    make_publication()
    with CaptureQueriesContext(connection) as queries:
        answer = whole(press(visitor, "bob@example.org"))
    assert [statement.split()[0] for statement in work(queries)][-1:] == ["INSERT"]
    return answer, work(queries)


@pytest.mark.parametrize("case", CASES)
def test_the_answer_and_the_work_are_those_for_a_stranger(visitor, for_a_stranger, case):
    CASES[case]()
    with CaptureQueriesContext(connection) as queries:
        answer = whole(press(visitor, ADA))
    assert (answer, work(queries)) == for_a_stranger


@pytest.mark.parametrize("case", CASES)
def test_no_letter_leaves_within_the_request(visitor, relay, case):
    CASES[case]()
    letters = OutgoingLetter.objects.count()
    press(visitor, ADA)
    assert (OutgoingLetter.objects.count(), relay.accepted) == (letters, [])


@pytest.mark.parametrize(
    ("case", "kinds"),
    [
        ("unknown", ["confirm"]),
        ("pending", ["confirm"]),
        ("active", ["already"]),
        ("unsubscribed", ["confirm"]),
        ("bounced", []),
        ("complained", []),
        ("suppressed: unsubscribed", ["confirm"]),
        ("suppressed: erased", ["confirm"]),
        ("suppressed: complaint", []),
        ("suppressed: hard bounce", []),
        ("handed in already", ["confirm"]),
        ("owed a letter", ["confirm"]),
    ],
)
def test_the_letter_tells_the_owner_alone_what_we_know(visitor, case, kinds):
    CASES[case]()
    press(visitor, ADA)
    take_in()
    assert list(OutgoingLetter.objects.filter(sent=None).values_list("kind", flat=True)) == kinds
    assert not SignUp.objects.exists()


@pytest.mark.parametrize("status", ["", "active"])
def test_an_address_gets_one_letter_a_day_however_often_it_is_typed(visitor, relay, settings, status):
    settings.SIGN_UPS_AN_HOUR = settings.SIGN_UPS_A_DAY = 1000
    if status:
        make_subscriber(address=ADA, status=status)
    for number in range(30):
        visitor.defaults["REMOTE_ADDR"] = f"203.0.113.{number}"
        assert press(visitor, ADA).status_code == 303
        take_in()
        post_due(NOON)
    assert relay.addresses == [ADA]
