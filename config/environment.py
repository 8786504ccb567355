"""The environment (or a `.env` file beside manage.py), read so that each fault is one sentence."""

import os
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_email_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

TLS_FROM_THE_FIRST_BYTE = ("smtps", "submissions")
BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
if os.environ.get("READ_DOT_ENV", "yes") != "no":
    env.read_env(BASE_DIR / ".env")


def required(name: str, mend: str) -> str:
    """Return an environment variable, or say in one sentence how to mend its absence."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is missing: {mend} (in the environment or .env; make demo needs none).")
    return value


def parsed(name: str, mend: str, reader: Callable[[str], Any]) -> Any:
    """Return a variable as a reader reads it; a malformed one is one sentence too."""
    try:
        return reader(name)
    except (EnvError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} cannot be read ({error}): {mend}.") from error


def switch(name: str, default: bool) -> bool:
    """Return a yes or no."""
    return parsed(name, "give yes or no", partial(env.bool, default=default))


def whole(name: str, default: int) -> int:
    """Return a whole number above 0."""
    return above_zero(name, parsed(name, "give a whole number above 0", partial(env.int, default=default)))


def seconds(name: str, default: int) -> float:
    """Return a time in seconds, above 0."""
    return above_zero(name, parsed(name, "give a number of seconds", partial(env.float, default=default)))


def optional_rate(name: str) -> float | None:
    """Return a number a second, above 0; None where it is not given."""
    number = parsed(name, "give a number of letters a second, such as 5 or 0.5", partial(env.float, default=None))
    return None if number is None else above_zero(name, number)


def optional_path(name: str) -> Path | None:
    """Return a file's whole path; None where it is not given."""
    words = env.str(name, "").strip()
    if words and not words.startswith("/"):
        raise ImproperlyConfigured(f"{name} is no whole path: give one that begins with /, such as /var/log/mail.log.")
    return Path(words) if words else None


def mail_relay(name: str) -> dict[str, Any]:
    """Return Django's EMAIL_* settings; smtps:// is TLS from the first byte (RFC 8314, 3.3), port 465 unless given."""
    scheme, _, rest = env.str(name).strip().partition("://")
    if scheme not in TLS_FROM_THE_FIRST_BYTE:
        return {**dj_email_url.parse(env.str(name).strip())}
    relay = dj_email_url.parse(f"smtp://{rest}")
    port = urlsplit(f"smtp://{rest}").port or 465
    return {**relay, "EMAIL_PORT": port, "EMAIL_USE_SSL": True, "EMAIL_USE_TLS": False}


def above_zero(name: str, number: Any) -> Any:
    """Return a number that is above 0 and no more than a year's seconds, which what is no number is not."""
    if not 0 < number <= 31_536_000:
        raise ImproperlyConfigured(f"{name} cannot be {number:g}: give a number above 0.")
    return number


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return a list of addresses and networks, separated by commas."""
    words: list[str] = env.list(name, [])
    return parsed(name, "give addresses or networks, such as 10.0.0.0/8", lambda _: [*map(ip_network, words)])
