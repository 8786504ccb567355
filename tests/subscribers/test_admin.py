import pytest
from django.urls import reverse

from subscribers.consent import lift
from subscribers.models import Subscriber, Suppression
from tests.factories import make_staff, make_subscriber
from tests.subscribers.cast import NOON, last_said

pytestmark = pytest.mark.django_db

PEOPLE = reverse("admin:subscribers_subscriber_changelist")
SUPPRESSIONS = reverse("admin:subscribers_suppression_changelist")


@pytest.fixture
def staff(visitor):
    visitor.handler.enforce_csrf_checks = False
    visitor.force_login(make_staff("grace", is_superuser=True))
    return visitor


def test_the_whole_address_finds_a_person_whatever_its_case(staff):
    make_subscriber(address="Ada@example.org")
    make_subscriber(address="eve@example.org")
    page = staff.get(PEOPLE, {"q": "ADA@Example.org "}).content.decode()
    assert "Ada@example.org" in page
    assert "eve@example.org" not in page
    assert "Ada@example.org" not in staff.get(PEOPLE, {"q": "ada"}).content.decode()


@pytest.mark.parametrize("query", ["\x00", "@", "é@é", "x" * 3000])
def test_a_strange_search_finds_nobody(staff, query):
    assert staff.get(PEOPLE, {"q": query}).status_code == 200
    assert staff.get(SUPPRESSIONS, {"q": query}).status_code == 200


def test_a_person_shows_their_consent_and_keeps_address_and_status(staff):
    ada = make_subscriber(address="ada@example.org")
    address = reverse("admin:subscribers_subscriber_change", args=[ada.pk])
    assert "The words shown." in staff.get(address).content.decode()
    fields = {"address": "eve@example.org", "status": "complained", "name": "Ada", "school": "", "role": ""}
    inline = {"consent-TOTAL_FORMS": "0", "consent-INITIAL_FORMS": "0"}
    assert staff.post(address, {**fields, **inline}).status_code == 302
    ada.refresh_from_db()
    assert (ada.address, ada.status, ada.name) == ("ada@example.org", "active", "Ada")


def test_staff_unsubscribe_at_a_persons_wish(staff):
    ada, bob = make_subscriber(), make_subscriber(status="complained")
    staff.post(PEOPLE, {"action": "unsubscribe", "_selected_action": [ada.pk, bob.pk]})
    assert set(Subscriber.objects.values_list("status", flat=True)) == {"unsubscribed", "complained"}
    assert last_said(ada).source == "admin: grace"


def test_nobody_is_added_or_deleted_by_hand(staff):
    ada = make_subscriber()
    letter = ada.letters.create(kind="confirm", due=NOON)
    for kind, pk in (("subscriber", ada.pk), ("outgoingletter", letter.pk)):
        assert staff.get(reverse(f"admin:subscribers_{kind}_add")).status_code == 403
        assert staff.get(reverse(f"admin:subscribers_{kind}_delete", args=[pk])).status_code == 403
        assert staff.get(reverse(f"admin:subscribers_{kind}_change", args=[pk])).status_code == 200
        assert staff.get(reverse(f"admin:subscribers_{kind}_changelist")).status_code == 200


def test_staff_lift_a_suppression_and_nobody_is_subscribed_by_it(staff):
    ada = make_subscriber(status="bounced")
    row = Suppression.objects.create(address_hash=ada.address_hash, reason="hard bounce", at=NOON)
    staff.post(SUPPRESSIONS, {"action": "lift", "_selected_action": [row.pk]})
    assert not Suppression.objects.exists()
    assert Subscriber.objects.get().status == "unsubscribed"


@pytest.mark.parametrize("status", ["pending", "active", "unsubscribed", "bounced", "complained"])
def test_what_lifting_makes_of_each_status(status):
    ada = make_subscriber(status=status)
    lift(Suppression.objects.create(address_hash=ada.address_hash, reason="complaint", at=NOON))
    ada.refresh_from_db()
    assert ada.status == ("unsubscribed" if status in ("bounced", "complained") else status)
