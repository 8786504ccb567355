"""The desk's lists of mailings: how far each is, and whether its ledger balances."""

import pytest
from django.urls import reverse
from django.utils import timezone

from bulletins.models import Bulletin
from mailings.clock import tick
from mailings.models import AlertSent, Delivery, Mailing
from tests.factories import make_approved, make_publication, make_staff, make_subscriber

pytestmark = pytest.mark.django_db

MAILINGS = reverse("admin:mailings_mailing_changelist")
BULLETINS = reverse("admin:bulletins_bulletin_changelist")


@pytest.fixture
def staff(client):
    client.force_login(make_staff("grace", is_superuser=True))


@pytest.fixture
def mailing():
    """A mailing to three, that is on its way."""
    make_publication()
    for _ in range(3):
        make_subscriber()
    bulletin = make_approved()
    tick(bulletin.publish_at)
    return Mailing.objects.get()


def send_one(mailing):
    """Take one letter the whole way."""
    one = Delivery.objects.filter(mailing=mailing, state="queued").values("pk")[:1]
    steps = Delivery.objects.filter(pk__in=list(one.values_list("pk", flat=True)))
    owner = {"owner": "00000000-0000-4000-8000-000000000001", "lease_until": timezone.now()}
    steps.update(state="claimed", **owner)
    steps.update(state="on_wire", on_wire_at=timezone.now())
    steps.update(state="sent", sent_at=timezone.now(), owner=None, lease_until=None)


def finish(mailing):
    for _ in range(3):
        send_one(mailing)
    Mailing.objects.update(state="finished", sent=3, skipped=0, failed=0, abandoned=0, finished_at=timezone.now())


def page(client, url):
    return client.get(url).content.decode()


def test_a_running_mailing_says_how_far_it_is(client, staff, mailing):
    send_one(mailing)
    words = page(client, MAILINGS)
    assert "1 of 3 sent" in words
    assert "Sending" in words
    assert "Balances" in words


def test_a_finished_mailing_says_what_became_of_all(client, staff, mailing):
    finish(mailing)
    words = page(client, MAILINGS)
    assert "3 of 3 sent" in words
    assert "Finished" in words


def test_a_ledger_that_lost_a_row_is_pointed_out(client, staff, mailing):
    Mailing.objects.update(planned=4)
    assert "Does not balance" in page(client, MAILINGS)


def test_the_list_of_issues_says_how_far_their_mailings_are(client, staff, mailing):
    assert "0 of 3 sent" in page(client, BULLETINS)
    finish(mailing)
    assert "3 of 3 sent" in page(client, BULLETINS)


def test_an_issue_without_a_mailing_has_none(client, staff):
    make_approved(audience=Bulletin.Audience.ARCHIVE_ONLY)
    assert "sent" not in page(client, BULLETINS).split('id="result_list"')[1].split("</table>")[0]


def test_no_list_reads_a_letters_text(client, staff, mailing, django_assert_max_num_queries):
    for url in (MAILINGS, BULLETINS):
        with django_assert_max_num_queries(18) as queries:
            page(client, url)
        assert not [q["sql"] for q in queries.captured_queries if '"mailings_mailing"."html"' in q["sql"]]


def test_one_mailing_shows_its_ledger_and_letter(client, staff, mailing):
    words = page(client, reverse("admin:mailings_mailing_change", args=[mailing.pk]))
    assert "3 planned: 3 queued</p>" in words
    assert "An example story." in words


def test_nothing_is_changed_by_hand(client, staff, mailing):
    for model in ("mailing", "mailingact", "alertsent"):
        assert client.get(reverse(f"admin:mailings_{model}_add")).status_code == 403
        assert client.get(reverse(f"admin:mailings_{model}_changelist")).status_code == 200
    assert client.get(reverse("admin:mailings_mailing_delete", args=[mailing.pk])).status_code == 403
    assert client.post(reverse("admin:mailings_mailing_change", args=[mailing.pk]), {}).status_code == 403


@pytest.mark.parametrize(
    ("model", "words"),
    [("mailing", "starts by itself"), ("mailingact", "is written down here"), ("alertsent", "each is kept here")],
)
def test_an_empty_list_says_what_it_is_for(client, staff, model, words):
    assert AlertSent.objects.count() == 0
    assert words in page(client, reverse(f"admin:mailings_{model}_changelist"))


def test_a_mailing_is_listed_with_the_subject_it_was_sent_with(client, staff, mailing):
    Bulletin.objects.update(title="Corrected since")
    assert mailing.subject in page(client, MAILINGS)
