import pytest
from django.utils import timezone

from mailings.clock import tick
from mailings.models import Delivery, Mailing
from mailings.reports import balance
from mailings.sending import drain
from subscribers.models import Subscriber
from tests.factories import make_approved, make_publication
from tests.relay import running_relay

pytestmark = pytest.mark.django_db(transaction=True)


def make_readers(number, **fields):
    now = timezone.now()
    for n in range(number):
        Subscriber.objects.create(address=f"reader{n}@example.org", created_at=now, status="active", **fields)


@pytest.fixture
def relay():
    with running_relay() as relay:
        yield relay


def test_a_due_issue_reaches_every_active_subscriber_once(relay):
    make_publication()
    make_readers(30)
    Subscriber.objects.create(address="pending@example.org", created_at=timezone.now())
    now = timezone.now()
    make_approved(publish_at=now, publish_reason="for the test")
    (mailing,) = tick(now)
    assert drain(mailing, 60) == 30
    assert sorted(relay.addresses) == sorted(f"reader{n}@example.org" for n in range(30))
    mailing = Mailing.objects.get()
    assert mailing.state == "finished"
    assert balance(mailing).counts["sent"] == 30
    m = relay.letters()[0]
    assert m.defects == []
    assert set(Delivery.objects.values_list("message_id", flat=True)) == {m["Message-ID"] for m in relay.letters()}
