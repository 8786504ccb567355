import datetime
import re
from collections import Counter

import pytest
from django.db import transaction
from django.test import override_settings

from bulletins.approval import approved_composition
from bulletins.models import Author, Bulletin, NewsItem, Override, PublicationDay, Section, Topic
from bulletins.schedule import london_date
from demo.issues import make_archive
from demo.seed import seed
from demo.staff import make_staff
from mailings.clock import tick
from mailings.models import Mailing
from mailings.opening import due
from mailings.preflight import checklist
from publication.models import LONDON
from subscribers.models import ConsentEvent, Subscriber, Suppression

NOW = datetime.datetime(2026, 11, 20, 12, 0, tzinfo=datetime.UTC)
QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MINUTE = datetime.timedelta(minutes=1)
COUNTED = (Subscriber, ConsentEvent, Bulletin, NewsItem, Topic, Author, PublicationDay)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def seeded(django_db_setup, django_db_blocker, tmp_path_factory):
    """Seed once for the whole file: each test's own changes are undone on top of it, and all of it in the end."""
    media = tmp_path_factory.mktemp("media")
    kept = override_settings(MEDIA_ROOT=str(media), PASSWORD_HASHERS=QUICK_HASHERS)
    with kept, django_db_blocker.unblock(), transaction.atomic():
        seed(NOW)
        yield media
        transaction.set_rollback(True)


def counts():
    return {model.__name__: model.objects.count() for model in COUNTED}


def published():
    return Bulletin.objects.published(NOW).newest_first()


def test_exactly_a_thousand_of_twelve_hundred_are_active():
    assert Subscriber.objects.count() == 1200
    assert Subscriber.objects.active().count() == 1000


def test_everybody_lives_at_a_reserved_domain_and_gave_consent():
    domains = {address.partition("@")[2] for address in Subscriber.objects.values_list("address", flat=True)}
    assert domains == {"example.org", "example.com", "example.net"}
    assert ConsentEvent.objects.values("subscriber").distinct().count() == 1200


def test_who_left_bounced_or_complained_is_suppressed():
    gone = Subscriber.objects.filter(status__in=["unsubscribed", "bounced", "complained"])
    hashes = set(Suppression.objects.values_list("address_hash", flat=True))
    assert hashes == set(gone.values_list("address_hash", flat=True))
    assert len(hashes) == 80


def test_the_archive_was_published_at_half_past_seven_and_is_never_mailed():
    assert published().count() == 17
    assert set(published().values_list("audience", flat=True)) == {"archive only"}
    assert {f"{bulletin.publish_at.astimezone(LONDON):%H:%M}" for bulletin in published()} == {"07:30"}
    assert {(b.last_edited_by.username, b.approvals.get().by.username) for b in published()} == {("editor", "approver")}


def test_a_demo_of_an_earlier_day_has_only_the_issues_before_its_month():
    Bulletin.objects.all().delete()
    make_archive(make_staff(), datetime.datetime(2025, 3, 20, tzinfo=datetime.UTC))
    slugs = [bulletin.slug for bulletin in Bulletin.objects.newest_first()]
    assert slugs == ["january", "december", "november", "september"]


def test_february_and_march_2024_stay_free():
    assert not Bulletin.objects.filter(month__in=[datetime.date(2024, 2, 1), datetime.date(2024, 3, 1)]).exists()


def test_months_with_two_issues_and_special_ones_have_addresses_of_their_own():
    slugs = Counter(f"{b.month.year}/{b.slug}" for b in published())
    assert {"2025/march", "2025/march-special", "2026/june-special"} <= set(slugs)
    assert set(slugs.values()) == {1}


def test_every_issue_and_item_can_be_read(client):
    for bulletin in published().with_parts():
        page = client.get(bulletin.get_absolute_url()).content.decode()
        for item in bulletin.items.all():
            assert f'id="{item.slug}"' in page
    assert client.get("/bulletins/2025/march-special/what-to-say-in-the-first-minute/").status_code == 200


def test_links_to_our_own_pages_find_them(client):
    bodies = [*Section.objects.values_list("body", flat=True), *NewsItem.objects.values_list("body", flat=True)]
    paths = set(re.findall(r'href="(/[^"]*)"', " ".join(bodies)))
    assert {"/parental-resources/", "/bulletins/2025/march-special/"} < paths
    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


def test_pictures_are_stored_with_their_size_and_words(seeded):
    pictured = NewsItem.objects.exclude(image="")
    assert pictured.count() == 14
    for item in pictured:
        assert (item.image.width, item.image.height) == (1200, 630)
        assert item.image_alt
    assert len(list(seeded.rglob("*.png"))) == 14


def test_an_issue_falls_due_within_half_a_minute():
    assert not due(NOW).exists()
    bulletin = due(NOW + MINUTE / 2).get()
    assert bulletin.month == datetime.date(2026, 11, 1)
    assert approved_composition(bulletin)
    tick(NOW + MINUTE / 2)
    assert Mailing.objects.get().planned == 1000


def test_events_of_the_due_issue_are_still_to_come():
    events = due(NOW + MINUTE).get().events.all()
    assert [f"{event.start:%A}" for event in events] == ["Wednesday", "Thursday"]
    assert all(7 <= (london_date(event.start) - london_date(NOW)).days <= 31 for event in events)


def test_next_month_is_half_written():
    draft = Bulletin.objects.get(month=datetime.date(2026, 12, 1))
    assert (draft.status, draft.audience, draft.title) == ("draft", "subscribers", "First Wednesday December 2026")
    assert draft.publish_at == datetime.datetime(2026, 12, 2, 7, 30, tzinfo=datetime.UTC)
    assert draft.items.filter(body="").exists()


def test_a_second_start_adds_nothing_while_the_issue_waits():
    before = counts()
    seed(NOW + MINUTE)
    assert counts() == before


def test_a_start_after_the_mailing_brings_another_issue_and_nothing_else():
    tick(NOW + MINUTE)
    Mailing.objects.get().deliveries.update(state="skipped")
    tick(NOW + 2 * MINUTE)
    before = counts()
    seed(NOW + 3 * MINUTE)
    newest = Bulletin.objects.for_subscribers().order_by("-pk").first()
    assert (newest.slug, newest.status) == ("november-2", "approved")
    assert counts() == {**before, "Bulletin": before["Bulletin"] + 1, "NewsItem": before["NewsItem"] + 6}


def test_what_an_editor_changed_stays_as_it_is():
    Bulletin.objects.filter(slug="march-special").update(title="Another title")
    Bulletin.objects.filter(month=datetime.date(2026, 12, 1)).update(slug="elsewhere")
    before = counts()
    seed(NOW + MINUTE)
    assert counts() == before


def test_days_begin_with_the_installation():
    assert PublicationDay.objects.first().date == datetime.date(2026, 12, 2)


@pytest.mark.parametrize("name", ["editor", "approver", "administrator"])
def test_the_printed_logins_work(client, name):
    login = client.post("/admin/login/", {"username": name, "password": f"{name}-demo"})
    assert login.status_code == 302
    user = login.wsgi_request.user
    assert user.is_staff
    assert user.has_perm("bulletins.change_bulletin")
    assert user.has_perm("bulletins.approve_bulletin") == (name != "editor")


def test_only_the_draft_has_anything_to_mend():
    unclean = {}
    for bulletin in Bulletin.objects.all():
        looked = checklist(bulletin, bulletin.publish_at)
        if not looked.is_clean:
            unclean[bulletin.title] = {entry.finding.rule for entry in [*looked.blocking, *looked.unanswered]}
    assert unclean == {
        "First Wednesday December 2026": {"incomplete_items", "empty_summary", "placeholders", "untested_letter"}
    }


def test_what_was_accepted_in_the_demo_is_what_nobody_has_checked_or_tried():
    assert set(Override.objects.values_list("rule", flat=True)) == {"unchecked_numbers", "untested_letter"}
