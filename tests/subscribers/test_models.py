import pytest
from django.db import IntegrityError, InternalError, transaction

from subscribers.models import ConsentEvent, OutgoingLetter, Subscriber, Suppression
from tests.factories import make_subscriber
from tests.subscribers.cast import HOUR, NOON

pytestmark = pytest.mark.django_db

STATUSES = ["pending", "active", "unsubscribed", "bounced", "complained"]
LEGAL = {
    "pending": {"active", "unsubscribed"},
    "active": {"unsubscribed", "bounced", "complained"},
    "unsubscribed": {"active", "bounced", "complained"},
    "bounced": {"active", "unsubscribed", "complained"},
    "complained": {"active", "unsubscribed"},
}


def refuses(write, error=IntegrityError) -> bool:
    """Tell whether the database refuses a write."""
    try:
        with transaction.atomic():
            write()
    except error:
        return True
    return False


@pytest.mark.parametrize("old", STATUSES)
@pytest.mark.parametrize("new", STATUSES)
def test_a_status_changes_only_along_its_arrows(old, new):
    ada = make_subscriber(status=old)
    moved = not refuses(lambda: Subscriber.objects.filter(pk=ada.pk).update(status=new), InternalError)
    assert moved == (new == old or new in LEGAL[old])


def test_an_address_is_there_once_whatever_its_case():
    make_subscriber(address="Ada@example.org")
    assert refuses(lambda: make_subscriber(address="aDA@EXAMPLE.org"))
    assert refuses(
        lambda: Subscriber.objects.bulk_create(
            [Subscriber(address="ADA@example.org", address_hash="f" * 64, created_at=NOON)]
        )
    )


def test_an_address_is_saved_with_its_hash_in_step():
    ada = make_subscriber(address=" Ada@EXAMPLE.org")
    assert ada.address == "Ada@example.org"
    assert Subscriber.objects.at_address("ada@example.ORG").get() == ada
    ada.address = "eve@example.org"
    ada.save()
    assert Subscriber.objects.at_address("eve@example.org").get() == ada


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "asleep"},
        {"address": "no address"},
        {"address": "a@localhost"},
        {"letter_token": "short"},
        {"link_hash": "a" * 64},
        {"link_expires_at": NOON},
    ],
)
def test_the_database_refuses_nonsense(fields):
    assert refuses(lambda: make_subscriber(**fields))


def test_two_people_never_share_a_link():
    make_subscriber(link_hash="a" * 64, link_expires_at=NOON)
    assert refuses(lambda: make_subscriber(link_hash="a" * 64, link_expires_at=NOON))


def test_active_are_those_who_confirmed_and_have_not_left():
    people = {status: make_subscriber(status=status) for status in STATUSES}
    assert list(Subscriber.objects.active()) == [people["active"]]


def test_consent_is_appended_only():
    ada = make_subscriber()
    said = ada.consent.filter(what="asked")
    assert refuses(lambda: said.update(wording="Other words."), InternalError)
    assert refuses(lambda: said.delete(), InternalError)
    assert refuses(lambda: ConsentEvent.objects.all().delete(), InternalError)


def test_consent_goes_with_its_person():
    ada, eve = make_subscriber(), make_subscriber()
    ada.delete()
    assert set(ConsentEvent.objects.values_list("subscriber", flat=True)) == {eve.pk}


@pytest.mark.parametrize("fields", [{"wording": ""}, {"what": "guessed"}])
def test_consent_has_words_and_a_known_kind(fields):
    ada = make_subscriber()
    event = {"what": "asked", "wording": "Words.", "source": "test", "at": NOON, **fields}
    assert refuses(lambda: ada.consent.create(**event))


def test_a_letter_of_a_kind_waits_once():
    ada = make_subscriber()
    ada.letters.create(kind="confirm", due=NOON, sent=NOON)
    ada.letters.create(kind="confirm", due=NOON)
    ada.letters.create(kind="already", due=NOON)
    assert refuses(lambda: ada.letters.create(kind="confirm", due=NOON + HOUR))
    assert refuses(lambda: ada.letters.create(kind="chain", due=NOON))


def test_letters_go_with_their_person():
    ada = make_subscriber()
    ada.letters.create(kind="confirm", due=NOON)
    ada.delete()
    assert not OutgoingLetter.objects.exists()


def test_an_address_is_suppressed_once_and_for_a_known_reason():
    Suppression.objects.create(address_hash="a" * 64, reason="erased", at=NOON)
    assert refuses(lambda: Suppression.objects.create(address_hash="a" * 64, reason="complaint", at=NOON))
    assert refuses(lambda: Suppression.objects.create(address_hash="b" * 64, reason="whim", at=NOON))


@pytest.mark.parametrize(
    ("reason", "barred"),
    [("unsubscribed", False), ("erased", False), ("complaint", True), ("hard bounce", True)],
)
def test_only_complaints_and_hard_bounces_bar(reason, barred):
    Suppression.objects.create(address_hash="a" * 64, reason=reason, at=NOON)
    assert Suppression.bars("a" * 64) is barred
