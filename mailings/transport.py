"""SMTP by phase: what happened before a letter's final dot is certain, what happened after it may not be (RFC 5321)."""

import smtplib
import ssl
from dataclasses import dataclass
from enum import Enum

from django.conf import settings

FINAL_DOT = b".\r\n"


class Result(Enum):
    """What became of one letter."""

    ACCEPTED = "accepted"
    REFUSED = "refused for good"
    DEFERRED = "not taken this time"
    UNKNOWN = "the answer to the final dot was lost"
    TROUBLE = "the connection failed before the final dot"


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


def outcome_of(code: int, reply: bytes) -> Outcome:
    """Return what a reply before the final dot, or a well-formed one after it, means."""
    text = reply.decode("ascii", "replace").replace("\n", " ")
    if 200 <= code < 400:
        return Outcome(Result.ACCEPTED, code, text)
    if code == 421 or code < 400:
        return Outcome(Result.TROUBLE, code, text)
    return Outcome(Result.REFUSED if code >= 500 else Result.DEFERRED, code, text)


class Relay:
    """One connection to the relay that EMAIL_URL names, opened when it is first needed."""

    def __init__(self) -> None:
        self.smtp: smtplib.SMTP | None = None

    def __enter__(self) -> "Relay":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def connect(self) -> None:
        """Connect, greet, and encrypt and log in where the settings say so. Raises OSError or SMTPException."""
        if self.smtp is not None:
            return
        smtp = self._opened()
        try:
            smtp.ehlo_or_helo_if_needed()
            if settings.EMAIL_USE_TLS:
                smtp.starttls(context=ssl.create_default_context())
            if settings.EMAIL_HOST_USER:
                smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        except BaseException:
            smtp.close()
            raise
        self.smtp = smtp

    def _opened(self) -> smtplib.SMTP:
        place = (settings.EMAIL_HOST, settings.EMAIL_PORT)
        wait = settings.SMTP_CONNECT_SECONDS
        if settings.EMAIL_USE_SSL:
            return smtplib.SMTP_SSL(
                *place, settings.MAIL_DOMAIN, timeout=wait, context=ssl.create_default_context()
            )
        return smtplib.SMTP(*place, settings.MAIL_DOMAIN, timeout=wait)

    def offer(self, sender: str, recipient: str) -> Outcome:
        """Give the envelope: after an ACCEPTED the relay waits for the letter itself."""
        try:
            self.connect()
            self._patience(settings.SMTP_COMMAND_SECONDS)
            outcome = outcome_of(*self._smtp.mail(sender))
            if outcome.result is Result.ACCEPTED:
                outcome = outcome_of(*self._smtp.rcpt(recipient))
        except (OSError, smtplib.SMTPException) as error:
            outcome = Outcome(Result.TROUBLE, text=str(error))
        return self._tidied(outcome)

    def send(self, letter: bytes) -> Outcome:
        """Send the letter and its final dot; what is lost after that is UNKNOWN."""
        try:
            self._patience(settings.SMTP_COMMAND_SECONDS)
            outcome = outcome_of(*self._smtp.docmd("DATA"))
            if outcome.code != 354:
                return self._tidied(outcome)
            # In one call: if it fails, the dot at the very end has not left.
            self._smtp.send(letter + FINAL_DOT)
        except (OSError, smtplib.SMTPException) as error:
            return self._tidied(Outcome(Result.TROUBLE, text=str(error)))
        return self._tidied(self._final_reply())

    def _final_reply(self) -> Outcome:
        try:
            self._patience(settings.SMTP_FINAL_REPLY_SECONDS)
            code, reply = self._smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(Result.UNKNOWN, text=str(error))
        if not 200 <= code < 600:
            return Outcome(Result.UNKNOWN, code, reply.decode("ascii", "replace"))
        outcome = outcome_of(code, reply)
        if outcome.result is Result.TROUBLE:
            # A 421 in place of the final reply: the relay says it did not take the letter.
            return Outcome(Result.DEFERRED, code, outcome.text)
        return outcome

    def reset(self) -> None:
        """Take the envelope back; a relay that cannot even do that is left."""
        try:
            if self.smtp is not None and self.smtp.rset()[0] != 250:
                self.close()
        except (OSError, smtplib.SMTPException):
            self.close()

    def close(self) -> None:
        """Leave without waiting for an answer."""
        smtp, self.smtp = self.smtp, None
        if smtp is None:
            return
        try:
            smtp.putcmd("QUIT")
        except (OSError, smtplib.SMTPException):
            pass
        smtp.close()

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
        if outcome.result in (Result.TROUBLE, Result.UNKNOWN) or outcome.code == 421:
            self.close()
        elif outcome.result is not Result.ACCEPTED:
            self.reset()
        return outcome
