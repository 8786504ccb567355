import datetime

import pytest
from django.contrib.auth import authenticate

from bulletins.models import Bulletin, PublicationDay
from demo.seed import seed
from mailings.clock import tick
from mailings.models import Mailing
from mailings.opening import due
from subscribers.models import ConsentEvent, Subscriber, Suppression

NOW = datetime.datetime(2026, 11, 20, 12, 0, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded():
    seed(NOW)


def test_exactly_a_thousand_of_twelve_hundred_are_active(seeded):
    assert Subscriber.objects.count() == 1200
    assert Subscriber.objects.active().count() == 1000


def test_everybody_lives_at_a_reserved_domain_and_gave_consent(seeded):
    domains = {address.partition("@")[2] for address in Subscriber.objects.values_list("address", flat=True)}
    assert domains == {"example.org", "example.com", "example.net"}
    assert ConsentEvent.objects.values("subscriber").distinct().count() == 1200


def test_who_left_bounced_or_complained_is_suppressed(seeded):
    gone = Subscriber.objects.filter(status__in=["unsubscribed", "bounced", "complained"])
    hashes = set(Suppression.objects.values_list("address_hash", flat=True))
    assert hashes == set(gone.values_list("address_hash", flat=True))
    assert len(hashes) == 80


def test_three_issues_are_in_the_archive_and_never_mailed(seeded):
    issues = Bulletin.objects.published(NOW)
    assert [f"{b.month.year}/{b.slug}" for b in issues.newest_first()] == [
        "2026/march",
        "2025/december",
        "2025/september",
    ]
    assert set(issues.values_list("audience", flat=True)) == {"archive only"}


def test_february_and_march_2024_stay_free(seeded):
    assert not Bulletin.objects.in_year(2024).exists()


def test_an_issue_falls_due_within_half_a_minute(seeded):
    assert not due(NOW).exists()
    bulletin = due(NOW + MINUTE / 2).get()
    assert bulletin.month == datetime.date(2026, 11, 1)
    tick(NOW + MINUTE / 2)
    assert Mailing.objects.get().planned == 1000


def test_a_second_start_adds_nothing_while_the_issue_waits(seeded):
    before = (Subscriber.objects.count(), Bulletin.objects.count(), PublicationDay.objects.count())
    seed(NOW + MINUTE)
    assert (Subscriber.objects.count(), Bulletin.objects.count(), PublicationDay.objects.count()) == before


def test_a_start_after_the_mailing_brings_another_issue(seeded):
    tick(NOW + MINUTE)
    mailing = Mailing.objects.get()
    mailing.deliveries.update(state="skipped")
    tick(NOW + 2 * MINUTE)
    seed(NOW + 3 * MINUTE)
    newest = Bulletin.objects.for_subscribers().order_by("-pk").first()
    assert (newest.slug, newest.status) == ("november-2", "approved")


def test_days_begin_with_the_installation(seeded):
    assert PublicationDay.objects.first().date == datetime.date(2026, 12, 2)


@pytest.mark.parametrize("name", ["editor", "approver", "administrator"])
def test_the_printed_logins_work(seeded, name):
    user = authenticate(username=name, password=f"{name}-demo")
    assert user is not None
    assert user.is_staff
    assert user.has_perm("bulletins.change_bulletin")
    assert user.has_perm("bulletins.approve_bulletin") == (name != "editor")
