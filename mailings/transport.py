"""SMTP by phase: what comes before a letter's final dot is certain, what comes after may not be."""

import smtplib
import socket
import ssl
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import Enum

from django.conf import settings

FINAL_DOT = b".\r\n"
# Some relays end a connection that carries more.
LETTERS_A_CONNECTION = 100
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


@dataclass(frozen=True)
class Outcome:
    """A result with the relay's own code and words (code 0: it said nothing)."""

    result: Result
    code: int = 0
    text: str = ""

    @property
    def reply(self) -> tuple[int, str]:
        """The relay's reply as code and text."""
        return self.code, self.text


def words_of(reply: bytes | str) -> str:
    """Return a relay's reply as one line."""
    text = reply if isinstance(reply, str) else reply.decode("ascii", "replace")
    return text.replace("\n", " ")


def trouble(code: int = 0, text: str = "") -> Outcome:
    """Return what fails before any letter is at stake: our login, or else the connection."""
    return Outcome(Result.LOGIN if code in LOGIN_CODES else Result.TROUBLE, code, text)


def outcome_of(code: int, reply: bytes) -> Outcome:
    """Return what a reply to one letter's envelope or content means before its final dot has left."""
    meanings = {2: Result.ACCEPTED, 4: Result.DEFERRED, 5: Result.REFUSED}
    return Outcome(meanings.get(code // 100, Result.TROUBLE), code, words_of(reply))


def said_name(smtp: smtplib.SMTP) -> str:
    """Return the name a relay greets by (RFC 5321, 4.1.1.1); that of a machine's own with the machine's."""
    words = (smtp.ehlo_resp or smtp.helo_resp or b"").decode("ascii", "replace").split()
    name = "".join(filter(str.isprintable, words[0]))[:100] if words else ""
    return f"{name} at {socket.gethostname()[:64]}" if name and settings.EMAIL_HOST in LOOPBACK else name


def name_of_relay() -> str:
    """Greet the relay, and return its name; nothing if it does not answer soon."""
    try:
        with closing(Relay().opened(GREETING_SECONDS)) as smtp:
            smtp.ehlo_or_helo_if_needed()
            return said_name(smtp)
    except (OSError, smtplib.SMTPException):
        return ""


class Relay:
    """One connection to the relay that EMAIL_URL names, opened when it is first needed."""

    def __init__(self) -> None:
        self.smtp: smtplib.SMTP | None = None
        self.letters = 0

    def __enter__(self) -> "Relay":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def connect(self) -> None:
        """Connect, greet, encrypt and log in as the settings say. Raises OSError or SMTPException."""
        if self.smtp is not None:
            return
        smtp = self.opened(settings.SMTP_CONNECT_SECONDS)
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
        self.smtp, self.letters = smtp, 0

    def opened(self, wait: float) -> smtplib.SMTP:
        """Open a connection within some seconds. Raises OSError or SMTPException."""
        place = (settings.EMAIL_HOST, settings.EMAIL_PORT)
        if settings.EMAIL_USE_SSL:
            return smtplib.SMTP_SSL(*place, settings.MAIL_DOMAIN, timeout=wait, context=ssl.create_default_context())
        return smtplib.SMTP(*place, settings.MAIL_DOMAIN, timeout=wait)

    @property
    def name(self) -> str:
        """Return the name that the relay greeted by; nothing without a connection."""
        return "" if self.smtp is None else said_name(self.smtp)

    def offer(self, sender: str, recipient: str) -> Outcome:
        """Give the envelope: after an ACCEPTED the relay waits for the letter itself."""
        try:
            if self.letters >= LETTERS_A_CONNECTION:
                self.close()
            self.connect()
            self._patience(settings.SMTP_COMMAND_SECONDS)
            outcome = outcome_of(*self._smtp.mail(sender))
            if outcome.result is Result.ACCEPTED:
                outcome = self._recipient(recipient)
            else:
                # What the relay holds against the sender is no reader's fault.
                outcome = trouble(outcome.code, outcome.text)
        except smtplib.SMTPResponseException as error:
            outcome = trouble(error.smtp_code, words_of(error.smtp_error))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            outcome = trouble(text=str(error))
        return self._tidied(outcome)

    def _recipient(self, address: str) -> Outcome:
        try:
            return outcome_of(*self._smtp.rcpt(address))
        except ValueError as error:
            # The address holds what no SMTP command can carry: it never will.
            return Outcome(Result.REFUSED, text=f"the address cannot be written: {error}")

    def send(self, letter: bytes) -> Outcome:
        """Send the letter and its final dot; what is lost after that is UNKNOWN."""
        try:
            self._patience(settings.SMTP_COMMAND_SECONDS)
            code, reply = self._smtp.docmd("DATA")
            if code != 354:
                return self._tidied(self._no_letter_wanted(code, reply))
            # In one call: if it fails, the dot at the very end has not left.
            self._smtp.send(letter + FINAL_DOT)
            self.letters += 1
        except (OSError, smtplib.SMTPException) as error:
            return self._tidied(trouble(text=str(error)))
        return self._tidied(self._final_reply())

    def _no_letter_wanted(self, code: int, reply: bytes) -> Outcome:
        outcome = outcome_of(code, reply)
        if outcome.result is Result.ACCEPTED:
            return Outcome(Result.TROUBLE, code, outcome.text)
        return outcome

    def _final_reply(self) -> Outcome:
        try:
            self._patience(settings.SMTP_FINAL_REPLY_SECONDS)
            outcome = outcome_of(*self._smtp.getreply())
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(Result.UNKNOWN, text=str(error))
        if outcome.result is Result.TROUBLE:
            return Outcome(Result.UNKNOWN, outcome.code, outcome.text)
        return outcome

    def reset(self) -> None:
        """Take the envelope back; a relay that cannot even do that is left."""
        try:
            if self.smtp is not None and self.smtp.rset()[0] != 250:
                self.drop()
        except (OSError, smtplib.SMTPException):
            self.drop()

    def drop(self) -> None:
        """Leave without a word: in the middle of a letter, every word would be part of it."""
        smtp, self.smtp = self.smtp, None
        if smtp is not None:
            smtp.close()

    def close(self) -> None:
        """Take leave, without waiting for an answer."""
        with suppress(OSError, smtplib.SMTPException):
            if self.smtp is not None:
                self.smtp.putcmd("QUIT")
        self.drop()

    @property
    def _smtp(self) -> smtplib.SMTP:
        if self.smtp is None:
            raise smtplib.SMTPServerDisconnected("there is no connection")
        return self.smtp

    def _patience(self, seconds: float) -> None:
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(seconds)

    def _tidied(self, outcome: Outcome) -> Outcome:
        """Leave a connection that failed, reset one that refused."""
        if outcome.result in (Result.TROUBLE, Result.LOGIN, Result.UNKNOWN) or outcome.code == 421:
            self.drop()
        elif outcome.result is not Result.ACCEPTED:
            self.reset()
        return outcome
