"""How often one network may sign addresses up."""

import socket
import threading
from collections.abc import Iterator

import pytest
import time_machine
from redis import Redis

from subscribers import limits
from subscribers.models import SignUp
from tests.factories import make_publication, make_subscriber
from tests.subscribers.cast import NOON, press, stamped

pytestmark = pytest.mark.django_db


def from_network(visitor, client: str, number: int = 0):
    """Sign up from a client's address."""
    visitor.defaults["REMOTE_ADDR"] = client
    return press(visitor, f"reader{number}@example.org")


def statuses(visitor, client: str, count: int) -> list[int]:
    return [from_network(visitor, client, number).status_code for number in range(count)]


def everything_in(redis: Redis) -> str:
    """All that Redis holds of ours, as text."""
    keys = list(redis.scan_iter("*"))
    return " ".join(f"{key} {redis.lrange(key, 0, -1) if redis.type(key) == b'list' else ''}" for key in keys)


def test_a_thousand_sign_ups_from_one_network_are_thirty(visitor):
    assert statuses(visitor, "203.0.113.7", 40) == [303] * 30 + [429] * 10
    assert SignUp.objects.count() == 30


def test_the_answer_says_what_happened_and_when_to_come_back(visitor, settings):
    make_publication()
    settings.SIGN_UPS_AN_HOUR = 1
    from_network(visitor, "203.0.113.7")
    response = from_network(visitor, "203.0.113.7")
    page = response.content.decode()
    assert response.status_code == 429
    assert 3500 < int(response["Retry-After"]) <= 3600
    assert "Your address was not stored." in page
    assert "1\xa0hour" in page or "59\xa0minutes" in page
    assert "mailto:editors@example.org" in page
    assert "reader0" not in page
    assert not response.cookies
    assert "no-store" in response["Cache-Control"]


def test_the_window_moves(visitor, settings):
    settings.SIGN_UPS_AN_HOUR = 2
    assert statuses(visitor, "203.0.113.7", 3) == [303, 303, 429]
    # An hour later, as Redis sees it: its entries are times, so older ones stand for a later now.
    redis = limits.counter().storage.storage
    for key in redis.scan_iter("sign-ups:*"):
        entries = [float(entry) for entry in redis.lrange(key, 0, -1)]
        redis.delete(key)
        redis.rpush(key, *[entry - 3601 for entry in entries])
    assert statuses(visitor, "203.0.113.7", 3) == [303, 303, 429]


def test_a_day_has_its_own_limit(visitor, settings):
    settings.SIGN_UPS_A_DAY = 2
    assert statuses(visitor, "203.0.113.7", 3) == [303, 303, 429]
    assert int(from_network(visitor, "203.0.113.7")["Retry-After"]) > 86_000


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("203.0.113.7", "::ffff:203.0.113.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("", "not an address", True),
    ],
)
def test_what_counts_as_one_network(visitor, settings, one, other, same):
    settings.SIGN_UPS_AN_HOUR = 1
    assert from_network(visitor, one).status_code == 303
    assert from_network(visitor, other).status_code == (429 if same else 303)


@time_machine.travel(NOON, tick=False)
def test_what_stores_nothing_is_not_counted(visitor, settings):
    settings.SIGN_UPS_AN_HOUR = 1
    for fields in ({"stamp": ""}, {"stamp": "forged"}, {"stamp": stamped(seconds=0)}, {"website": "x"}):
        for address in ("ada@example.org", "wrong"):
            press(visitor, address, **fields)
    assert press(visitor, "ada@example.org").status_code == 303


def test_leaving_and_confirming_are_never_limited(visitor, settings):
    settings.SIGN_UPS_AN_HOUR = settings.SIGN_UPS_A_DAY = 1
    assert statuses(visitor, "203.0.113.7", 2) == [303, 429]
    ada = make_subscriber()
    for _ in range(5):
        assert visitor.post(f"/unsubscribe/{ada.letter_token}/", {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert visitor.post(f"/unsubscribe/{ada.letter_token}/undo/").status_code == 200
        assert visitor.post(f"/subscribe/confirm/{'x' * 43}/").status_code == 410


def test_redis_holds_neither_address_nor_network(visitor, settings, caplog):
    caplog.set_level("DEBUG")
    settings.SIGN_UPS_AN_HOUR = 1
    statuses(visitor, "203.0.113.7", 2)
    found = everything_in(limits.counter().storage.storage)
    assert "sign-ups:" in found
    for secret in ("203.0.113", "cb007107", "reader"):
        assert secret not in found
        assert secret not in caplog.text
    before = limits.name_of("203.0.113.7")
    settings.SECRET_KEY = "another key"
    assert limits.name_of("203.0.113.7") != before


def test_without_redis_sign_ups_go_on(visitor, settings, caplog):
    settings.REDIS_URL = "unix:///nonexistent/redis.sock?db=0"
    settings.SIGN_UPS_AN_HOUR = 1
    assert statuses(visitor, "203.0.113.7", 3) == [303] * 3
    assert SignUp.objects.count() == 3
    assert "sign-ups go on uncounted: ConnectionError" in caplog.text
    assert "203.0.113" not in caplog.text


@pytest.fixture
def mute_redis(settings) -> Iterator[threading.Event]:
    """A Redis that takes connections and never answers, for a minute; the event says that it hung up."""
    over, hung_up = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            over.wait(60)
            hung_up.set()
            server.shutdown(socket.SHUT_RDWR)

        keeper = threading.Thread(target=hang_up)
        keeper.start()
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        yield hung_up
        over.set()
        keeper.join()


def test_a_redis_that_does_not_answer_is_not_waited_for(visitor, mute_redis):
    assert statuses(visitor, "203.0.113.7", 2) == [303, 303]
    assert not mute_redis.is_set()
