"""What the tests of this room share: readers, an issue's mailing, and a letter in any state."""

import datetime
import threading
import uuid
from collections.abc import Callable
from email.message import EmailMessage

from django.contrib.auth import get_user_model
from django.db import connection, connections

from bulletins.approval import approve
from bulletins.models import Bulletin
from mailings.models import Delivery, Mailing, MailingAct, TestLetter
from mailings.opening import open_mailing
from mailings.rehearsal import frozen_now
from publication.models import Publication
from subscribers.addresses import address_hash
from subscribers.models import Subscriber
from tests.factories import MARCH, make_bulletin, make_publication, numbers

MINUTE = datetime.timedelta(minutes=1)
HOUR = datetime.timedelta(hours=1)
SECOND = datetime.timedelta(seconds=1)
SUMMARY = "An example summary that is long enough for the inbox, and not a word longer than that."
DAY = datetime.timedelta(days=1)
OWNER = uuid.UUID(int=1)
STRANGER = uuid.UUID(int=2)

# The legal way from queued to each state.
WAYS: dict[str, list[str]] = {
    "queued": [],
    "claimed": ["claimed"],
    "on_wire": ["claimed", "on_wire"],
    "sent": ["claimed", "on_wire", "sent"],
    "failed": ["claimed", "failed"],
    "unknown": ["claimed", "on_wire", "unknown"],
    "skipped": ["skipped"],
    "abandoned": ["claimed", "on_wire", "unknown", "abandoned"],
}


def make_readers(number: int, first: int = 0, **fields) -> list[Subscriber]:
    """Make active subscribers, reader0@example.org and so on."""
    addresses = [f"reader{n}@example.org" for n in range(first, first + number)]
    values = {"status": "active", "created_at": MARCH, **fields}
    return Subscriber.objects.bulk_create(
        Subscriber(address=address, address_hash=address_hash(address), **values) for address in addresses
    )


def make_approver():
    """Make somebody who approves; without a password, for hashing one takes long."""
    name = f"approver-{next(numbers)}"
    return get_user_model().objects.create(username=name, email=f"{name}@example.org", is_staff=True)


def approved(bulletin: Bulletin, at: datetime.datetime = MARCH - DAY) -> Bulletin:
    """Approve an issue and return it as it is stored."""
    approve(bulletin, make_approver(), at)
    return Bulletin.objects.get(pk=bulletin.pk)


def make_due(**fields) -> Bulletin:
    """Make an approved issue for MARCH, and the publication it belongs to."""
    if not Publication.objects.exists():
        make_publication()
    return approved(make_bulletin(**fields))


def make_test_letter(bulletin: Bulletin, at: datetime.datetime = MARCH - DAY) -> TestLetter:
    """Make the record of a test of an issue's letter as it stands now, which the relay took."""
    return TestLetter.objects.create(
        bulletin=bulletin,
        to="editor@example.org",
        by=make_approver(),
        content_hash=frozen_now(bulletin).content_hash(),
        asked_at=at,
        tried_at=at,
        sent_at=at,
        answer="250 taken",
    )


def make_clean(**fields) -> Bulletin:
    """Make a draft whose checklist has nothing to mend, the publication it belongs to and a reader."""
    if not Publication.objects.exists():
        make_publication()
    make_readers(1, first=next(numbers) + 10_000)
    bulletin = make_bulletin(**{"summary": SUMMARY, **fields})
    make_test_letter(bulletin)
    return bulletin


def make_mailing(readers: int = 3, at: datetime.datetime = MARCH) -> Mailing:
    """Make an issue whose mailing has just been opened, with its letters queued."""
    make_readers(readers)
    mailing = open_mailing(make_due(), at)
    assert mailing is not None
    return mailing


def make_act(mailing: Mailing, act: str = "retry") -> MailingAct:
    """Make the record of something a person did to a mailing."""
    return MailingAct.objects.create(mailing=mailing, by=make_approver(), act=act, at=MARCH, why="for the test")


def columns_of(state: str) -> dict:
    """Return the columns that go with a state."""
    held = state in ("claimed", "on_wire")
    return {
        "state": state,
        "owner": OWNER if held else None,
        "lease_until": MARCH + MINUTE if held else None,
        "on_wire_at": MARCH if state in ("on_wire", "unknown") else None,
        "sent_at": MARCH if state == "sent" else None,
        "failed_at": MARCH if state == "failed" else None,
    }


def put(delivery: Delivery, state: str, **columns) -> None:
    """Write a state with its columns by one UPDATE, past the ledger."""
    Delivery.objects.filter(pk=delivery.pk).update(**{**columns_of(state), **columns})


def stop(state: str) -> None:
    """Write a state over every mailing, with its cause."""
    Mailing.objects.update(state=state, pause_cause="person" if state == "paused" else "")


def make_delivery_in(state: str) -> Delivery:
    """Make a mailing of one letter, and bring it into a state the legal way."""
    delivery = make_mailing(readers=1).deliveries.get()
    for step in WAYS[state]:
        put(delivery, step)
    return Delivery.objects.get(pk=delivery.pk)


def states(mailing: Mailing) -> dict[str, int]:
    """Count a mailing's letters by state."""
    found = list(mailing.deliveries.values_list("state", flat=True))
    return {state: found.count(state) for state in sorted(set(found))}


def body_of(letter: EmailMessage, kind: str) -> str:
    """Return a letter's plain or html part."""
    part = letter.get_body((kind,))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def at_once(number: int, what: Callable[[], object]) -> list:
    """Run something in several threads that start together; return what each returned. Raises what they raise."""
    barrier, returned, raised = threading.Barrier(number), [], []

    def run() -> None:
        try:
            barrier.wait()
            with connection.cursor() as cursor:
                # What would wait for ever is to fail.
                cursor.execute("SET lock_timeout = '5s'")
            returned.append(what())
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
    return returned
