"""How often one network may sign addresses up: counted in Redis, which may be flushed or down without harm.

How often one address is written to is a fact of PostgreSQL (consent.QUIET). Leaving is never limited, and
the pages behind a token need no limit: nobody guesses 256 random bits.
"""

import logging
import math
import time
from functools import cache
from ipaddress import ip_address

from django.conf import settings
from django.utils.crypto import salted_hmac
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

# Seconds a visitor waits for a Redis that does not answer.
PATIENCE = 0.5


def seconds_to_wait(client: str) -> int:
    """Count a sign-up from a client's address; return 0, or the seconds until its network may sign up again.

    Without Redis every sign-up goes on: better a few letters too many than a reader turned away.
    """
    try:
        return next((left(limit, client) for limit in limits() if not counter().hit(limit, name_of(client))), 0)
    except StorageError as error:
        logger.warning("Redis does not answer, sign-ups go on uncounted: %s", type(error.storage_error).__name__)
        return 0


def limits() -> list[RateLimitItem]:
    """Return how many sign-ups one network may make in any hour and in any day."""
    return [RateLimitItemPerHour(settings.SIGN_UPS_AN_HOUR), RateLimitItemPerDay(settings.SIGN_UPS_A_DAY)]


def left(limit: RateLimitItem, client: str) -> int:
    """Return the seconds until a limit that is reached lets the next one through, at least 1."""
    free_at = counter().get_window_stats(limit, name_of(client)).reset_time
    return max(1, math.ceil(free_at - time.time()))


def name_of(client: str) -> str:
    """Return the keyed hash that stands for a client's network: an IPv4 address, or an IPv6 /64."""
    return salted_hmac("subscribers.limits", network(client), algorithm="sha256").hexdigest()


def network(client: str) -> bytes:
    """Return the part of an address that a school or household shares; those without one count as one."""
    return ip_address(client).packed[:8] if client else b""


def counter() -> MovingWindowRateLimiter:
    """Return the counter at the Redis of the settings."""
    return counter_at(settings.REDIS_URL)


@cache
def counter_at(url: str) -> MovingWindowRateLimiter:
    """Return the counter at a Redis; it connects when first asked, and never tries twice."""
    pool = ConnectionPool.from_url(
        url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )
    return MovingWindowRateLimiter(RedisStorage(url, pool, key_prefix="sign-ups", wrap_exceptions=True))
