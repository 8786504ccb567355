"""The verbs of consent: ask, confirm, leave, come back; each one transaction that locks its person first."""

import datetime
import logging

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q

from subscribers.addresses import address_hash
from subscribers.models import (
    ConsentEvent,
    OutgoingLetter,
    SignUp,
    Subscriber,
    SubscriberQuerySet,
    Suppression,
    expired,
)
from subscribers.tokens import confirm_hash, has_shape

logger = logging.getLogger(__name__)

Status, Kind, What = Subscriber.Status, OutgoingLetter.Kind, ConsentEvent.What

ANSWERS = {Status.PENDING: Kind.CONFIRM, Status.UNSUBSCRIBED: Kind.CONFIRM, Status.ACTIVE: Kind.ALREADY}
QUIET = {Kind.CONFIRM: datetime.timedelta(hours=24), Kind.ALREADY: datetime.timedelta(days=30)}
UNDO_WITHIN = datetime.timedelta(days=30)
CONFIRMABLE = (Status.PENDING, Status.UNSUBSCRIBED)
PROOFS = (What.CONFIRMED, What.IMPORTED)


def hand_in(address: str, wording: str, source: str, at: datetime.datetime) -> None:
    """Keep a sign-up for a checked address until the tick takes it in.

    This is all that a visitor waits for, and it heeds nothing that we know of the address: neither words nor
    time can tell the visitor who is on our list.
    """
    SignUp.objects.create(address=address, wording=wording, source=source, at=at)


def take_in() -> None:
    """Ask for every address that was handed in, the oldest first; any number of processes may do so at once."""
    for pk in SignUp.objects.values_list("pk", flat=True):
        try:
            take(pk)
        except (DataError, IntegrityError) as error:
            logger.error("Sign-up %s cannot be taken in: %s", pk, type(error).__name__)


@transaction.atomic
def take(pk: int) -> None:
    """Ask for one address and forget that it was handed in, unless another process is at it."""
    waiting = SignUp.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    if waiting:
        ask(waiting.address, waiting.wording, waiting.source, waiting.at)
        waiting.delete()


@transaction.atomic
def ask(address: str, wording: str, source: str, at: datetime.datetime) -> None:
    """Owe a checked address the letter that fits it.

    A letter is owed to the address at most once in QUIET; none to one that bounced or complained.
    """
    hashed = address_hash(address)
    if Suppression.bars(hashed):
        return
    person, _ = Subscriber.objects.select_for_update().get_or_create(
        address_hash=hashed, defaults={"address": address, "created_at": at}
    )
    kind = ANSWERS.get(Status(person.status))
    if kind is None or answered_lately(person, kind, at):
        return
    OutgoingLetter.objects.create(subscriber=person, kind=kind, due=at)
    if kind == Kind.CONFIRM:
        record(person, What.ASKED, wording, source, at)


def answered_lately(person: Subscriber, kind: OutgoingLetter.Kind, at: datetime.datetime) -> bool:
    """Tell whether such a letter waits already, or went out a short while ago and has not been acted on."""
    since = at - QUIET[kind]
    confirmed = person.consent.filter(what=What.CONFIRMED, at__gt=since).last()
    since = confirmed.at if confirmed else since
    return person.letters.filter(Q(sent=None) | Q(sent__gt=since), kind=kind).exists()


def holder_of_link(token: str, at: datetime.datetime, people: SubscriberQuerySet | None = None) -> Subscriber | None:
    """Return the person a confirm token would confirm, or None: wrong, used, expired, or barred since."""
    if not has_shape(token):
        return None
    people = Subscriber.objects.all() if people is None else people
    person = people.filter(link_hash=confirm_hash(token), status__in=CONFIRMABLE).first()
    if not person or expired(person.link_expires_at, at) or Suppression.bars(person.address_hash):
        return None
    return person


@transaction.atomic
def confirm(token: str, wording: str, source: str, at: datetime.datetime) -> Subscriber | None:
    """Start the letters for the person a confirm link was mailed to, once; None if the link is good no more.

    A fresh opt-in lifts an earlier unsubscribing or erasure, never a complaint or a hard bounce.
    """
    person = holder_of_link(token, at, Subscriber.objects.select_for_update())
    if not person:
        return None
    Suppression.objects.filter(address_hash=person.address_hash, reason__in=Suppression.LIFTED_BY_CONFIRMING).delete()
    settle(person, Status.ACTIVE)
    record(person, What.CONFIRMED, wording, source, at)
    return person


@transaction.atomic
def unsubscribe(subscriber: Subscriber, wording: str, source: str, at: datetime.datetime) -> bool:
    """Stop the letters to a person and remember the wish; return whether anything was left to stop.

    One who bounced leaves too, but the hard bounce stays on record; one who complained has left already.
    """
    person = locked(subscriber)
    if not person or person.status in (Status.UNSUBSCRIBED, Status.COMPLAINED):
        return False
    bounced = person.status == Status.BOUNCED
    reason = Suppression.Reason.HARD_BOUNCE if bounced else Suppression.Reason.UNSUBSCRIBED
    Suppression.objects.get_or_create(address_hash=person.address_hash, defaults={"reason": reason, "at": at})
    settle(person, Status.UNSUBSCRIBED)
    record(person, What.UNSUBSCRIBED, wording, source, at)
    return True


@transaction.atomic
def undo(subscriber: Subscriber, wording: str, source: str, at: datetime.datetime) -> bool:
    """Take an unsubscribing of the last 30 days back; return whether that could be done.

    Letters are forwarded and kept, so an old link must not sign somebody up again years later; and one who
    never confirmed, bounced or complained has nothing to come back to.
    """
    person = locked(subscriber)
    if not person or person.status != Status.UNSUBSCRIBED:
        return False
    slip = Suppression.objects.filter(
        address_hash=person.address_hash, reason=Suppression.Reason.UNSUBSCRIBED, at__gt=at - UNDO_WITHIN
    )
    if not slip.exists() or not person.consent.filter(what__in=PROOFS).exists():
        return False
    slip.delete()
    settle(person, Status.ACTIVE)
    record(person, What.RETURNED, wording, source, at)
    return True


@transaction.atomic
def lift(suppression: Suppression) -> None:
    """Let an address be asked again, as staff decide: its person is unsubscribed until they confirm anew."""
    barred = Subscriber.objects.select_for_update().filter(
        address_hash=suppression.address_hash, status__in=(Status.BOUNCED, Status.COMPLAINED)
    )
    for person in barred:
        settle(person, Status.UNSUBSCRIBED)
    suppression.delete()


def locked(subscriber: Subscriber) -> Subscriber | None:
    """Return the person as the database has them now, locked; None once erased."""
    return Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()


def settle(person: Subscriber, status: Subscriber.Status) -> None:
    """Give a locked person their new status; what was still to be answered, link and letters, is void."""
    person.status, person.link_hash, person.link_expires_at = status, "", None
    person.save(update_fields=["status", "link_hash", "link_expires_at"])
    person.letters.filter(sent=None).delete()


def record(person: Subscriber, what: ConsentEvent.What, wording: str, source: str, at: datetime.datetime) -> None:
    """Append to a person's consent what they did, when, and in which words."""
    ConsentEvent.objects.create(subscriber=person, what=what, wording=wording, source=source, at=at)
