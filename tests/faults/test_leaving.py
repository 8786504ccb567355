"""Readers who leave while their issue is being sent: whoever is gone before their letter's turn gets none."""

import random
import threading
import time

from django.db import connections
from django.test import Client
from django.utils import timezone

from mailings.models import Delivery
from subscribers.models import Subscriber
from tests.faults.house import READERS, finished, mailing_soon
from tests.faults.oracle import RCPT, TAKEN, Moment
from tests.faults.processes import wait_for, worker
from tests.faults.verdict import judge

# Of all readers: half of them leave at any moment, half in the middle of their letter's own envelope.
LEAVING = 0.1


class Leavers:
    """Some readers, each leaving by one click on the link of their letters; when they were told that it is done."""

    def __init__(self) -> None:
        people = list(Subscriber.objects.order_by("?")[: int(READERS * LEAVING)])
        self.at_any_moment, self.at_the_envelope = people[::2], {person.address: person for person in people[1::2]}
        self.left: dict[str, float] = {}

    def leave(self, person: Subscriber) -> None:
        """Leave as a mail program does it (RFC 8058)."""
        answer = Client().post(f"/unsubscribe/{person.letter_token}/", {"List-Unsubscribe": "One-Click"}, secure=True)
        assert answer.status_code == 200
        self.left[person.address] = timezone.now().timestamp()

    def go(self) -> None:
        """Leave one after the other while the mailing is under way."""
        try:
            for person in self.at_any_moment:
                self.leave(person)
                time.sleep(random.uniform(0, 0.05))
        finally:
            connections.close_all()

    def at_rcpt(self, moment: Moment) -> None:
        """Leave between the letter's envelope and its content: the last moment that can still spare it."""
        person = self.at_the_envelope.get(moment.address)
        if person and person.address not in self.left:
            self.leave(person)


def test_f19_readers_leave_while_it_is_sent(oracle, env, beat):
    mailing_soon(READERS)
    leavers = Leavers()
    oracle.at |= {RCPT: leavers.at_rcpt, TAKEN: lambda moment: time.sleep(0.01)}
    with worker(env):
        wait_for(lambda: oracle.count > READERS // 10)
        thread = threading.Thread(target=leavers.go)
        thread.start()
        wait_for(finished)
        thread.join()
    spared = set(Delivery.objects.filter(state="skipped").values_list("subscriber__address", flat=True))
    verdict = judge("F19 a tenth leave while it is sent", oracle, left=spared, note=f"{len(spared)} letters spared")
    assert (verdict.lost, verdict.listed, verdict.duplicates) == (0, 0, 0)
    # No copy for anybody who was gone before their letter's envelope, nor for those who went with the envelope open.
    too_late = [a for _, a, rcpt_at in oracle.accepted() if a in leavers.left and rcpt_at > leavers.left[a]]
    assert too_late == []
    got = {address for _, address, _ in oracle.accepted()}
    went_with_it_open = set(leavers.at_the_envelope) & set(leavers.left)
    assert went_with_it_open and not got & went_with_it_open
    assert spared <= set(leavers.left)
