"""The letters owed to one person: claimed, written, handed to the relay, marked sent."""

import datetime
import logging
import smtplib
from collections.abc import Iterator
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from publication.letters import letter as build
from publication.models import SenderClaim
from subscribers import tokens
from subscribers.models import OutgoingLetter, Subscriber, Suppression

logger = logging.getLogger(__name__)

Kind, Status = OutgoingLetter.Kind, Subscriber.Status

LINK_LASTS = datetime.timedelta(days=7)
LEASE = datetime.timedelta(minutes=15)
LONGEST_DELAY = datetime.timedelta(hours=24)
MOST_ATTEMPTS = 10
MOST_AT_ONCE = 200

WANTED_BY = {Kind.CONFIRM: (Status.PENDING, Status.UNSUBSCRIBED), Kind.ALREADY: (Status.ACTIVE,)}
# About this one letter (a ValueError: a header that cannot be written); any other OSError is the relay's.
REFUSALS = (smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, ValueError)

CLAIM = """
    UPDATE subscribers_outgoingletter SET attempts = attempts + 1, due = %(lease)s
    WHERE id = (
        SELECT id FROM subscribers_outgoingletter
        WHERE sent IS NULL AND due <= %(at)s
        ORDER BY due, id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING *
"""


def post_due(at: datetime.datetime) -> int:
    """Post the letters that are due and return how many the relay took; SMTP errors leave them for later.

    Any number of processes may run this at once. One that dies in the middle of a letter repeats it after
    the lease, rather than losing it. No transaction is open while the relay is spoken to.
    """
    if not OutgoingLetter.objects.filter(sent=None, due__lte=at).exists() or not SenderClaim.objects.is_ours():
        return 0
    relay = get_connection()
    posted = 0
    try:
        relay.open()
        for letter in claimed(at):
            posted += post(letter, relay, at)
    except OSError as error:
        logger.warning("The mail relay fails, letters wait: %s", error)
    finally:
        part_from(relay)
    return posted


def claimed(at: datetime.datetime) -> Iterator[OutgoingLetter]:
    """Claim due letters one at a time, so that each has its lease to itself."""
    for _ in range(MOST_AT_ONCE):
        letter = next(iter(OutgoingLetter.objects.raw(CLAIM, {"at": at, "lease": at + LEASE})), None)
        if not letter:
            return
        yield letter


def post(letter: OutgoingLetter, relay: BaseEmailBackend, at: datetime.datetime) -> bool:
    """Hand one claimed letter to the relay; a refused one waits. Raises OSError when the relay is lost."""
    message = written(letter, at)
    if not message:
        return False
    try:
        relay.send_messages([message])
    except REFUSALS as error:
        postpone(letter, at, error)
        return False
    except OSError as error:
        postpone(letter, at, error)
        raise
    OutgoingLetter.objects.filter(pk=letter.pk).update(sent=at)
    return True


def written(letter: OutgoingLetter, at: datetime.datetime) -> EmailMessage | None:
    """Return the letter ready to be mailed, or drop it and return None when it is no longer wanted."""
    with transaction.atomic():
        person = Subscriber.objects.select_for_update().filter(pk=letter.subscriber_id).first()
        owed = OutgoingLetter.objects.filter(pk=letter.pk, sent=None)
        if not person or not owed.exists():
            return None
        if person.status not in WANTED_BY[Kind(letter.kind)] or Suppression.bars(person.address_hash):
            owed.delete()
            return None
        letter.subscriber = person
        context = confirming(letter, at) if letter.kind == Kind.CONFIRM else telling(letter)
    return build(f"subscribers/email/{letter.kind}", person.address, context)


def confirming(letter: OutgoingLetter, at: datetime.datetime) -> dict[str, Any]:
    """Return what a confirm letter says; its link works from now on, and the hash alone is kept."""
    person, token = letter.subscriber, tokens.confirm_token(letter)
    person.link_hash, person.link_expires_at = tokens.confirm_hash(token), at + LINK_LASTS
    person.save(update_fields=["link_hash", "link_expires_at"])
    return {"link": tokens.link("confirm", token), "expires": person.link_expires_at}


def telling(letter: OutgoingLetter) -> dict[str, Any]:
    """Return what the letter to somebody already on the list says."""
    return {"link": tokens.link("unsubscribe", letter.subscriber.letter_token)}


def postpone(letter: OutgoingLetter, at: datetime.datetime, error: Exception) -> None:
    """Try a letter again later, each time after twice the delay; give it up after MOST_ATTEMPTS."""
    owed = OutgoingLetter.objects.filter(pk=letter.pk, sent=None)
    if letter.attempts >= MOST_ATTEMPTS:
        logger.warning("Letter %s (%s) is given up: %s attempts", letter.pk, letter.kind, letter.attempts)
        owed.delete()
        return
    delay = min(LEASE * 2 ** (letter.attempts - 1), LONGEST_DELAY)
    owed.update(due=at + delay)
    logger.warning("Letter %s (%s) waits %s: %s", letter.pk, letter.kind, delay, type(error).__name__)


def part_from(relay: BaseEmailBackend) -> None:
    """Close the connection, whatever state it is in."""
    try:
        relay.close()
    except OSError as error:
        logger.info("The relay did not take leave: %s", error)
