"""An editor writes an issue in the admin: two steps, then sections, events and items on one page."""

import datetime
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from bulletins.approval import approval_in_force, approve, withdraw
from bulletins.models import Bulletin, PublicationDay, SectionKind, StandingSection
from bulletins.schedule import instant
from tests.bulletins.screen import WRITING, change_url, posted
from tests.factories import (
    MARCH,
    make_approved,
    make_author,
    make_bulletin,
    make_event,
    make_item,
    make_publication,
    make_section,
    make_staff,
)

pytestmark = pytest.mark.django_db

SOON = datetime.timedelta(days=3)
HOUR = datetime.time(7, 30)


@pytest.fixture
def editor(client):
    editor = make_staff("editor", *WRITING)
    client.force_login(editor)
    return editor


def test_the_first_step_asks_for_what_it_starts_with_only(client, editor):
    page = client.get(reverse("admin:bulletins_bulletin_add"))
    assert list(page.context["adminform"].form.fields) == ["month", "author", "structure", "special"]
    assert page.context["inline_admin_formsets"] == []


def test_the_second_step_has_the_standing_sections(client, editor):
    make_publication()
    StandingSection.objects.create(kind=SectionKind.NEWS, heading="In the news", position=1)
    StandingSection.objects.create(kind=SectionKind.PODCASTS, heading="Podcasts", intro="<p>Listen.</p>", position=2)
    year = timezone.now().year + 1
    answer = client.post(
        reverse("admin:bulletins_bulletin_add"), {"month": f"{year}-06-17", "author": make_author().pk}
    )
    bulletin = Bulletin.objects.get()
    assert answer.url == change_url(bulletin)
    assert [(s.heading, s.kind, s.body) for s in bulletin.sections.all()] == [
        ("In the news", "news", ""),
        ("Podcasts", "podcasts", "<p>Listen.</p>"),
    ]
    assert (bulletin.title, bulletin.slug) == (f"First Wednesday June {year}", "june")
    assert bulletin.last_edited_by == editor
    assert bulletin.publish_at.isoweekday() == 3
    assert client.get(answer.url).status_code == 200


def test_the_day_of_a_moved_publication_day_comes_with_its_reason(client, editor):
    year = timezone.now().year + 1
    month = datetime.date(year, 6, 1)
    PublicationDay.objects.create(month=month, date=month.replace(day=20), reason="half-term")
    client.post(reverse("admin:bulletins_bulletin_add"), {"month": month, "author": make_author().pk})
    bulletin = Bulletin.objects.get()
    assert (bulletin.date, bulletin.publish_reason) == (month.replace(day=20), "half-term")


def begin(client, **fields):
    given = {"month": "2031-06-04", "author": make_author().pk, **fields}
    return client.post(reverse("admin:bulletins_bulletin_add"), given)


def test_a_second_issue_of_a_month_is_refused_unless_it_is_special(client, editor):
    begin(client)
    answer = begin(client)
    assert "June 2031 has its issue already: “First Wednesday June 2031”." in answer.content.decode()
    assert Bulletin.objects.count() == 1
    assert begin(client, special="on").status_code == 302
    assert sorted(Bulletin.objects.values_list("slug", flat=True)) == ["june", "june-special"]
    assert begin(client).status_code == 200


def test_beside_a_withdrawn_issue_its_month_may_have_another(client, editor):
    begin(client)
    Bulletin.objects.update(status="approved", publish_at=MARCH)
    withdraw(Bulletin.objects.get(), "It was wrong.")
    assert begin(client).status_code == 302
    assert sorted(Bulletin.objects.values_list("slug", flat=True)) == ["june", "june-2"]


def test_two_issues_with_one_address_are_refused_in_words(client, editor):
    first, second = make_bulletin(slug="march"), make_bulletin(slug="march-2")
    answer = posted(client, second, slug=first.slug)
    assert answer.status_code == 200
    assert "has this address already" in answer.content.decode()
    second.refresh_from_db()
    assert second.slug == "march-2"


def test_an_unchanged_save_changes_nothing(client, editor):
    bulletin = make_bulletin()
    assert posted(client, bulletin).status_code == 302
    fresh = Bulletin.objects.get()
    assert (fresh.title, fresh.intro, fresh.publish_at) == (bulletin.title, bulletin.intro, bulletin.publish_at)
    assert fresh.items.get().body == "<p>An example story.</p>"


def test_bodies_are_cleaned_on_the_way_in(client, editor):
    bulletin = make_bulletin()
    posted(client, bulletin, intro='<p onclick="x()">Hello<script>alert(1)</script> {{ settings.SECRET_KEY }}</p>')
    assert Bulletin.objects.get().intro == "<p>Hello {{ settings.SECRET_KEY }}</p>"


def test_a_line_break_in_the_title_is_refused_in_words(client, editor):
    bulletin = make_bulletin()
    answer = posted(client, bulletin, title="March\r\nBcc: all@example.org")
    assert "on one line" in answer.content.decode()
    assert Bulletin.objects.get().title == bulletin.title


def test_off_the_rule_asks_for_a_reason(client, editor):
    bulletin = make_bulletin(month=datetime.date(2031, 6, 1), publish_at=instant(datetime.date(2031, 6, 4), HOUR))
    answer = posted(client, bulletin, publish_at_0="2031-06-05")
    assert "say why in" in answer.content.decode()
    assert posted(client, bulletin, publish_at_0="2031-06-05", publish_reason="a holiday").status_code == 302
    assert Bulletin.objects.get().date == datetime.date(2031, 6, 5)


def test_an_items_sections_are_those_of_its_own_issue(client, editor):
    bulletin, other = make_bulletin(), make_bulletin(slug="other")
    item, foreign = bulletin.items.get(), other.sections.get()
    answer = posted(client, bulletin, **{"items-0-section": foreign.pk})
    assert "Select a valid choice" in answer.content.decode()
    item.refresh_from_db()
    assert item.section == bulletin.sections.get()


def test_a_new_item_goes_last_and_keeps_its_slug(client, editor):
    bulletin = make_bulletin()
    added = {"items-TOTAL_FORMS": 2, "items-1-headline": "Doxing", "items-1-section": bulletin.sections.get().pk}
    posted(client, bulletin, **added, **{"items-1-position": 0, "items-1-body": "<p>x</p>"})
    assert [item.slug for item in bulletin.items.all()] == ["an-example-headline", "doxing"]
    posted(client, bulletin, **{"items-1-headline": "On doxing"})
    assert [(item.headline, item.slug) for item in bulletin.items.all()][1] == ("On doxing", "doxing")


def test_a_section_that_holds_items_is_not_deleted(client, editor):
    bulletin = make_bulletin()
    answer = posted(client, bulletin, **{"sections-0-DELETE": "on"})
    assert "move or delete those first" in answer.content.decode()
    assert bulletin.sections.count() == 1


def test_an_empty_section_is_deleted(client, editor):
    bulletin = make_bulletin()
    make_section(bulletin, heading="Podcasts")
    assert posted(client, bulletin, **{"sections-1-DELETE": "on"}).status_code == 302
    assert bulletin.sections.get().heading == "In the news"


def test_an_edit_takes_the_approval_back_and_says_so(client, editor):
    bulletin = make_approved(publish_at=timezone.now() + SOON, publish_reason="for the test")
    answer = posted(client, bulletin, **{"items-0-headline": "Another headline"})
    assert Bulletin.objects.get().status == "draft"
    assert "it is a draft again" in client.get(answer.url).content.decode()
    assert bulletin.approvals.get().lapse_reason == "editor edited the issue"


def test_a_save_without_an_edit_keeps_the_approval(client, editor):
    bulletin = make_approved(publish_at=timezone.now() + SOON, publish_reason="for the test")
    posted(client, bulletin)
    assert Bulletin.objects.get().status == "approved"


def test_another_day_takes_the_approval_back(client, editor):
    bulletin = make_approved(publish_at=timezone.now() + SOON, publish_reason="for the test")
    posted(client, bulletin, publish_at_1="23:59:00")
    assert Bulletin.objects.get().status == "draft"


def test_a_correction_never_takes_the_page_down(client, editor):
    bulletin = make_approved()
    answer = posted(client, bulletin, **{"items-0-headline": "A corrected headline"})
    assert answer.status_code == 302
    assert Bulletin.objects.get().status == "approved"
    assert "A corrected headline" in client.get("/bulletins/2026/march/").content.decode()


def test_a_published_issue_keeps_address_and_day(client, editor):
    bulletin = make_approved()
    posted(client, bulletin, slug="elsewhere", publish_at_0="2027-01-06", audience="archive only")
    fresh = Bulletin.objects.get()
    assert (fresh.slug, fresh.publish_at, fresh.audience) == ("march", bulletin.publish_at, "subscribers")


def test_an_authors_edit_takes_the_approval_back(client, editor):
    bulletin = make_approved(publish_at=timezone.now() + SOON, publish_reason="for the test")
    url = reverse("admin:bulletins_author_change", args=[bulletin.author.pk])
    client.post(url, {"name": bulletin.author.name, "role": "Somebody else"})
    assert Bulletin.objects.get().status == "draft"


def test_only_drafts_are_deleted(client, editor):
    draft, approved = make_bulletin(slug="draft"), make_approved(slug="approved")
    delete = "admin:bulletins_bulletin_delete"
    assert client.get(reverse(delete, args=[draft.pk])).status_code == 200
    assert client.get(reverse(delete, args=[approved.pk])).status_code == 403


def test_the_page_costs_the_same_for_many_items(client, editor, django_assert_max_num_queries):
    bulletin = make_bulletin()
    for _ in range(12):
        make_item(bulletin)
    with django_assert_max_num_queries(60):
        client.get(change_url(bulletin))


def test_a_day_takes_no_step_that_the_table_refuses(client, editor):
    day = PublicationDay.objects.create(month=datetime.date(2031, 6, 1), date=datetime.date(2031, 6, 4), state="open")
    PublicationDay.objects.filter(pk=day.pk).update(state="skipped", reason="holidays")
    url = reverse("admin:bulletins_publicationday_change", args=[day.pk])
    answer = client.post(url, {"date": "2031-06-04", "reason": "holidays", "state": "held"})
    assert "A day that is skipped cannot become held." in answer.content.decode()
    assert client.post(url, {"date": "2031-06-04", "reason": "", "state": "open"}).status_code == 302


def test_a_moved_day_stays_in_its_month_and_has_a_reason(client, editor):
    day = PublicationDay.objects.create(month=datetime.date(2031, 6, 1), date=datetime.date(2031, 6, 4))
    url = reverse("admin:bulletins_publicationday_change", args=[day.pk])
    outside = client.post(url, {"date": "2031-07-02", "reason": "later", "state": "open"})
    assert "inside the month" in outside.content.decode()
    silent = client.post(url, {"date": "2031-06-05", "reason": "", "state": "open"})
    assert "say why in the reason" in silent.content.decode()


def test_what_somebody_saved_meanwhile_is_not_overwritten(client, editor):
    bulletin = make_bulletin()
    opened = client.get(change_url(bulletin)).context["adminform"].form["seen"].value()
    posted(client, bulletin, summary="By the first.")
    answer = posted(client, bulletin, summary="By the second.", seen=opened)
    assert "after you opened it, so nothing was saved" in answer.content.decode()
    assert "By the second." in answer.content.decode()
    assert Bulletin.objects.get().summary == "By the first."


@pytest.mark.parametrize("year", [1, 1000, 9999])
def test_a_year_that_is_a_slip_is_refused(client, editor, year):
    answer = client.post(
        reverse("admin:bulletins_bulletin_add"), {"month": f"{year:04}-06-01", "author": make_author().pk}
    )
    assert "Give a year between" in answer.content.decode()
    assert not Bulletin.objects.exists()


def test_a_day_outside_the_issues_month_asks_for_a_reason(client, editor):
    answer = posted(client, make_bulletin(), publish_at_0="2031-12-03")
    assert "This day is not in March 2026" in answer.content.decode()


def test_a_second_issue_of_a_month_is_pointed_out(client, editor):
    begin(client)
    answer = begin(client, special="on")
    assert "June 2031 has another issue already" in client.get(answer.url).content.decode()


def make_june(**fields):
    """An approved issue on its publication day in June 2031."""
    day = PublicationDay.objects.create(month=datetime.date(2031, 6, 1), date=datetime.date(2031, 6, 4))
    make_approved(month=day.month, publish_at=day.publish_at(), **fields)
    return reverse("admin:bulletins_publicationday_change", args=[day.pk])


def test_an_issue_follows_its_day_and_must_be_approved_again(client, editor):
    url = make_june()
    answer = client.post(url, {"date": "2031-06-05", "reason": "an inset day", "state": "open"}, follow=True)
    bulletin = Bulletin.objects.get()
    assert (bulletin.date, bulletin.publish_reason) == (datetime.date(2031, 6, 5), "an inset day")
    assert bulletin.status == "draft"
    assert "must be approved again" in answer.content.decode()


def test_a_skipped_day_mails_nothing(client, editor):
    url = make_june()
    client.post(url, {"date": "2031-06-04", "reason": "holidays", "state": "skipped"})
    bulletin = Bulletin.objects.get()
    assert bulletin.status == "draft"
    with pytest.raises(ValidationError, match="is skipped"):
        approve(bulletin, make_staff("another", "approve_bulletin"), timezone.now())


def test_a_day_saved_as_it_was_leaves_its_issue_alone(client, editor):
    url = make_june()
    client.post(url, {"date": "2031-06-04", "reason": "", "state": "open"})
    assert Bulletin.objects.get().status == "approved"


def test_who_may_only_look_sees_the_page(client):
    client.force_login(make_staff("looker", "view_bulletin", "view_section", "view_newsitem", "view_event"))
    page = client.get(change_url(make_bulletin()))
    assert page.status_code == 200
    assert "An example headline" in page.content.decode()


def test_when_the_page_was_opened_is_not_shown(client, editor):
    page = client.get(change_url(make_bulletin())).content.decode()
    assert '<input type="hidden" name="seen"' in page
    assert "Seen:" not in page


@pytest.mark.django_db(transaction=True)
def test_an_edit_waits_for_an_approval_under_way_and_takes_it_back(client, editor):
    bulletin = make_bulletin(publish_at=timezone.now() + SOON, publish_reason="for the test")
    approver = make_staff("approver", "approve_bulletin")
    edit = threading.Thread(target=lambda: (posted(client, bulletin, title="Edited"), connection.close()))
    with transaction.atomic():
        approve(bulletin, approver, timezone.now())
        edit.start()
        edit.join(1)
        assert edit.is_alive()
    edit.join(30)
    fresh = Bulletin.objects.get()
    assert (fresh.title, fresh.status) == ("Edited", "draft")
    assert approval_in_force(fresh) is None


def test_who_only_looks_reads_the_same_help(client):
    client.force_login(make_staff("approver", "view_bulletin", "view_event", "approve_bulletin"))
    bulletin = make_bulletin()
    make_event(bulletin.sections.get())
    page = client.get(change_url(bulletin)).content.decode()
    assert "Only if it is not the first Wednesday" in page
    assert "off the rule" not in page
    assert page.count("UK time") == 3
    assert "Europe/London" not in page
