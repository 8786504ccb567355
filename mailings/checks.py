"""Refuse, at the start of every process, times so short that they make duplicates, and a password in the clear."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from mailings.transport import LOOPBACK

# The least each time may be against a real relay, in seconds (RFC 5321, 4.5.3.2 for the last).
LEAST = {
    "LEASE_SECONDS": 45,
    "RELAY_IDLE_SECONDS": 900,
    "SMTP_CONNECT_SECONDS": 30,
    "SMTP_COMMAND_SECONDS": 60,
    "SMTP_FINAL_REPLY_SECONDS": 600,
}


@register
def times_are_long_enough(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Compare the times of sending with the least ones, unless the relay is this machine's own."""
    if settings.EMAIL_HOST in LOOPBACK:
        return []
    short = [name for name, least in LEAST.items() if getattr(settings, name) < least]
    errors: list[CheckMessage] = [
        Error(
            f"{name} is {getattr(settings, name):g}, too short for a real relay: readers would get two copies.",
            hint=f"Leave it out, or give at least {LEAST[name]}.",
            id="mailings.E001",
        )
        for name in short
    ]
    if settings.LEASE_RENEWAL_SECONDS * 3 > settings.LEASE_SECONDS:
        errors.append(
            Error(
                "A lease must outlive three renewals.",
                hint="Give LEASE_RENEWAL_SECONDS at most a third of LEASE_SECONDS.",
                id="mailings.E002",
            )
        )
    return errors


@register
def password_is_encrypted(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse to log in to a relay beyond this machine without TLS (RFC 4954, section 4: AUTH PLAIN needs it)."""
    encrypted = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    if encrypted or not settings.EMAIL_HOST_USER or settings.EMAIL_HOST in LOOPBACK:
        return []
    return [
        Error(
            f"EMAIL_URL gives {settings.EMAIL_HOST} a password in the clear.",
            hint="Begin it with submission:// (STARTTLS, port 587) or smtps:// (TLS from the first byte, port 465).",
            id="mailings.E003",
        )
    ]
