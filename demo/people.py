"""The demo's readers: 1,200 invented people, exactly 1,000 of them active."""

import datetime

from django.db import transaction

from subscribers import wording
from subscribers.addresses import address_hash
from subscribers.models import ConsentEvent, Subscriber, Suppression

DOMAINS = ("example.org", "example.com", "example.net")
PEOPLE = {"active": 1000, "pending": 120, "unsubscribed": 60, "bounced": 15, "complained": 5}
EVENTS_OF = {
    "pending": ["asked"],
    "unsubscribed": ["asked", "confirmed", "unsubscribed"],
}
SUPPRESSED = {"unsubscribed": "unsubscribed", "bounced": "hard bounce", "complained": "complaint"}


@transaction.atomic
def make_people(at: datetime.datetime) -> None:
    """Make the readers, at addresses reserved for examples (RFC 2606), with their consent."""
    if Subscriber.objects.exists():
        return
    joined = at - datetime.timedelta(days=30)
    states = [status for status, number in PEOPLE.items() for _ in range(number)]
    people = [make_person(number, status, joined) for number, status in enumerate(states, 1)]
    Subscriber.objects.bulk_create(people)
    Suppression.objects.bulk_create(
        Suppression(address_hash=person.address_hash, reason=SUPPRESSED[person.status], at=joined)
        for person in people
        if person.status in SUPPRESSED
    )
    ConsentEvent.objects.bulk_create(event for person in people for event in consent_of(person, joined))


def make_person(number: int, status: str, at: datetime.datetime) -> Subscriber:
    """Return one person, not saved yet."""
    address = f"reader-{number:04}@{DOMAINS[number % len(DOMAINS)]}"
    return Subscriber(address=address, address_hash=address_hash(address), status=status, created_at=at)


def consent_of(person: Subscriber, at: datetime.datetime) -> list[ConsentEvent]:
    """Return what a person of the demo agreed to, a minute apart."""
    whats = EVENTS_OF.get(person.status, ["asked", "confirmed"])
    return [
        ConsentEvent(
            subscriber=person,
            what=what,
            at=at + datetime.timedelta(minutes=minute),
            wording=wording.sign_up("First Wednesday"),
            source="demo data",
        )
        for minute, what in enumerate(whats)
    ]
