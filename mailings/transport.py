"""The relay that EMAIL_URL names: how it is reached, and what its replies mean by the phase they come in."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from enum import Enum
from typing import NamedTuple

from django.conf import settings

# RFC 4954, section 6: authentication required, too weak, invalid, or only over an encrypted connection.
LOGIN_CODES = {530, 534, 535, 538}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
GREETING_SECONDS = 5


class Result(Enum):
    """What became of one letter."""

    ACCEPTED = "accepted"
    REFUSED = "refused for good"
    DEFERRED = "not taken this time"
    UNKNOWN = "the answer to the final dot was lost"
    TROUBLE = "the connection failed, or the relay will not work for us; it is not the letter"
    LOGIN = "the relay refuses our login, or wants one that EMAIL_URL does not give"
    UNTRIED = "the connection ended before it was this letter's turn"


class Outcome(NamedTuple):
    """A result with the relay's own code and words (code 0: it said nothing)."""

    result: Result
    code: int = 0
    text: str = ""

    @property
    def reply(self) -> tuple[int, str]:
        """The relay's reply as code and text."""
        return self.code, self.text


def words_of(reply: bytes | str) -> str:
    """Return a relay's reply as one line; PostgreSQL's text cannot hold a NUL."""
    text = reply if isinstance(reply, str) else reply.decode("ascii", "replace")
    return text.replace("\n", " ").replace("\0", "")


def trouble(code: int = 0, text: str = "") -> Outcome:
    """Return what fails before any letter is at stake: our login, or else the connection."""
    return Outcome(Result.LOGIN if code in LOGIN_CODES else Result.TROUBLE, code, text)


MEANINGS = {2: Result.ACCEPTED, 4: Result.DEFERRED, 5: Result.REFUSED}


def outcome_of(code: int, text: str) -> Outcome:
    """Return what a reply to one letter's envelope or content means before its final dot has left."""
    return Outcome(MEANINGS.get(code // 100, Result.TROUBLE), code, text)


def failure(error: Exception) -> Outcome:
    """Return what an exception of `connected` means."""
    if isinstance(error, smtplib.SMTPResponseException):
        return trouble(error.smtp_code, words_of(error.smtp_error))
    return trouble(text=str(error))


def connected() -> smtplib.SMTP:
    """Connect, greet, encrypt and log in as the settings say. Raises OSError, ValueError or SMTPException."""
    smtp = opened(settings.SMTP_CONNECT_SECONDS)
    try:
        smtp.ehlo_or_helo_if_needed()
        if settings.EMAIL_USE_TLS:
            smtp.starttls(context=ssl.create_default_context())
            # What was said before the encryption is forgotten, the greeting too (RFC 3207, 4.2).
            smtp.ehlo_or_helo_if_needed()
        if settings.EMAIL_HOST_USER:
            smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    except BaseException:
        smtp.close()
        raise
    return smtp


def opened(wait: float) -> smtplib.SMTP:
    """Open a connection within some seconds. Raises OSError or SMTPException."""
    place = (settings.EMAIL_HOST, settings.EMAIL_PORT)
    if settings.EMAIL_USE_SSL:
        return smtplib.SMTP_SSL(*place, settings.MAIL_DOMAIN, timeout=wait, context=ssl.create_default_context())
    return smtplib.SMTP(*place, settings.MAIL_DOMAIN, timeout=wait)


@contextmanager
def visit() -> Iterator[smtplib.SMTP]:
    """Connect as `connected` does, and take leave at the end without waiting for an answer."""
    with closing(connected()) as smtp:
        try:
            yield smtp
        finally:
            with suppress(OSError, smtplib.SMTPException):
                smtp.putcmd("QUIT")


def said_name(smtp: smtplib.SMTP) -> str:
    """Return the name a relay greets by (RFC 5321, 4.1.1.1); that of a machine's own with the machine's."""
    words = (smtp.ehlo_resp or smtp.helo_resp or b"").decode("ascii", "replace").split()
    name = "".join(filter(str.isprintable, words[0]))[:100] if words else ""
    return f"{name} at {socket.gethostname()[:64]}" if name and settings.EMAIL_HOST in LOOPBACK else name


def name_of_relay() -> str:
    """Greet the relay, and return its name; nothing if it does not answer soon."""
    try:
        with closing(opened(GREETING_SECONDS)) as smtp:
            smtp.ehlo_or_helo_if_needed()
            return said_name(smtp)
    except (OSError, smtplib.SMTPException):
        return ""
