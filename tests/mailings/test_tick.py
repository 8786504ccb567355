import io

import pytest
from django.core import mail
from django.core.management import call_command
from time_machine import travel

from mailings.models import Delivery, Mailing
from mailings.tasks import drain, post_letters
from mailings.tasks import tick as tick_task
from subscribers.models import OutgoingLetter
from tests.factories import MARCH, make_publication, make_subscriber
from tests.mailings.cast import at_once, make_approver, make_due, make_readers, states

pytestmark = pytest.mark.django_db(transaction=True)


def tick() -> str:
    out = io.StringIO()
    call_command("tick", stdout=out, stderr=out)
    return out.getvalue()


@travel(MARCH, tick=True)
def test_it_opens_what_is_due_and_says_so():
    make_readers(2)
    make_due()
    assert tick() == "1 mailing under way.\n"
    assert states(Mailing.objects.get()) == {"queued": 2}


@travel(MARCH, tick=True)
def test_with_nothing_due_it_does_nothing():
    make_publication()
    assert tick() == "0 mailings under way.\n"
    assert not Mailing.objects.exists()


@travel(MARCH, tick=True)
def test_again_and_again_it_opens_one_mailing():
    make_readers(2)
    make_due()
    at_once(3, tick)
    tick()
    assert Mailing.objects.count() == 1
    assert Delivery.objects.count() == 2


@travel(MARCH, tick=True)
def test_without_a_broker_it_sends_from_here(unreachable_broker, relay):
    make_readers(3)
    make_due()
    said = tick()
    assert "The broker cannot be reached" in said
    assert "sending from here" in said
    assert len(relay.accepted) == 3
    assert Mailing.objects.get().state == "finished"


@travel(MARCH, tick=True)
def test_without_a_broker_letters_and_alerts_leave_too(unreachable_broker, relay, day):
    make_publication()
    staff = make_approver()
    reader = make_subscriber(status="pending", address="new@example.org")
    OutgoingLetter.objects.create(subscriber=reader, kind="confirm", due=MARCH)
    tick()
    assert sorted(relay.addresses) == sorted([staff.email, "new@example.org"])


@travel(MARCH, tick=True)
def test_the_tasks_do_the_same_by_themselves(relay):
    make_readers(3)
    make_due()
    tick_task()
    drain(Mailing.objects.get().pk)
    post_letters()
    assert len(relay.accepted) == 3
    assert mail.outbox == []
