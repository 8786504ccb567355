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
# They came in the course of two years, the most of them lately; who left did so a day later.
YEARS, NEWEST = 730, 2
STAYED = datetime.timedelta(days=1)
SUPPRESSED = {"unsubscribed": "unsubscribed", "bounced": "hard bounce", "complained": "complaint"}


@transaction.atomic
def make_people(at: datetime.datetime) -> None:
    """Make the readers, at addresses reserved for examples (RFC 2606), with their consent."""
    if Subscriber.objects.exists():
        return
    states = [status for status, number in PEOPLE.items() for _ in range(number)]
    people = [make_person(number, status, joined(number, at)) for number, status in enumerate(states, 1)]
    Subscriber.objects.bulk_create(people)
    Suppression.objects.bulk_create(
        Suppression(address_hash=person.address_hash, reason=SUPPRESSED[person.status], at=person.created_at + STAYED)
        for person in people
        if person.status in SUPPRESSED
    )
    ConsentEvent.objects.bulk_create(event for person in people for event in consent_of(person))


def joined(number: int, at: datetime.datetime) -> datetime.datetime:
    """Return when one of them came: spread by their number, more densely towards the present."""
    share = (number * 389 % 1200) / 1200
    return at - datetime.timedelta(days=NEWEST + (YEARS - NEWEST) * share**1.5)


def make_person(number: int, status: str, at: datetime.datetime) -> Subscriber:
    """Return one person, not saved yet."""
    address = f"reader-{number:04}@{DOMAINS[number % len(DOMAINS)]}"
    return Subscriber(address=address, address_hash=address_hash(address), status=status, created_at=at)


def consent_of(person: Subscriber) -> list[ConsentEvent]:
    """Return what a person of the demo agreed to, a minute apart; who left did so later."""
    moments = {"asked": datetime.timedelta(), "confirmed": datetime.timedelta(minutes=1), "unsubscribed": STAYED}
    return [
        ConsentEvent(
            subscriber=person,
            what=what,
            at=person.created_at + moments[what],
            wording=wording.sign_up("First Wednesday"),
            source="demo data",
        )
        for what in EVENTS_OF.get(person.status, ["asked", "confirmed"])
    ]
