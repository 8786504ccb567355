"""The desk's lists of issues, days and what issues are made of: what they say, and what they cost."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from bulletins.models import Author, PublicationDay, StandingSection, Topic
from tests.factories import (
    make_approved,
    make_author,
    make_bulletin,
    make_item,
    make_publication,
    make_published,
    make_staff,
    make_withdrawn,
)

pytestmark = pytest.mark.django_db

JUNE = datetime.date(2031, 6, 1)


@pytest.fixture
def staff(client):
    staff = make_staff("grace", is_superuser=True)
    client.force_login(staff)
    return staff


def page(client, model, **query):
    return client.get(reverse(f"admin:bulletins_{model}_changelist"), query).content.decode()


def row(client, model, words):
    """The line of a list that holds some words."""
    return next(line for line in page(client, model).split('class="data-row')[1:] if words in line)


def test_an_issue_says_where_it_stands_and_when_in_words(client, staff):
    soon = timezone.now() + datetime.timedelta(days=11)
    make_bulletin(title="The draft", publish_at=soon, publish_reason="for the test")
    make_approved(title="The approved", slug="b", publish_at=soon, publish_reason="for the test")
    make_published(datetime.date(2025, 3, 1), title="The published")
    make_withdrawn(datetime.date(2025, 4, 1), "a reason", title="The withdrawn")
    assert "Draft" in row(client, "bulletin", "The draft")
    assert "in 11 days" in row(client, "bulletin", "The draft")
    assert "Approved" in row(client, "bulletin", "The approved")
    assert "Published" in row(client, "bulletin", "The published")
    assert "Wednesday 5 March 2025, 07:30" in row(client, "bulletin", "The published")
    assert "Taken down" in row(client, "bulletin", "The withdrawn")


def test_an_issue_counts_its_items_also_when_they_were_searched(client, staff):
    bulletin = make_bulletin(title="Three items")
    make_item(bulletin, headline="Doxing")
    make_item(bulletin, headline="More on doxing")
    found = page(client, "bulletin", q="doxing")
    assert found.count('class="data-row') == 1
    assert ">3</td>" in found


def test_above_the_issues_stands_the_next_day_and_its_issue(client, staff):
    make_publication()
    day = PublicationDay.objects.create(month=JUNE, date=datetime.date(2031, 6, 4))
    words = page(client, "bulletin")
    assert "Wednesday 4 June 2031, 07:30" in words
    assert f"{reverse('admin:bulletins_bulletin_add')}?month=2031-06-01" in words
    make_approved(title="The June issue", month=day.month, publish_at=day.publish_at())
    assert "is approved, and goes out at that hour" in page(client, "bulletin")


def test_a_new_issue_is_offered_for_the_next_month_without_one(client, staff):
    july, august = JUNE.replace(month=7), JUNE.replace(month=8)
    PublicationDay.objects.create(month=JUNE, date=datetime.date(2031, 6, 4))
    PublicationDay.objects.create(month=july, date=datetime.date(2031, 7, 2), reason="holidays", state="skipped")
    PublicationDay.objects.create(month=august, date=datetime.date(2031, 8, 6))
    bulletin = make_bulletin(month=JUNE, publish_at=None)
    form = client.get(reverse("admin:bulletins_bulletin_add")).context["adminform"].form
    assert (form["month"].value(), form["author"].value()) == (august, bulletin.author_id)


def test_a_day_shows_its_issue_and_reason(client, staff):
    PublicationDay.objects.create(month=JUNE, date=datetime.date(2031, 6, 5), reason="an inset day")
    make_bulletin(title="The June issue", month=JUNE, publish_at=None)
    line = row(client, "publicationday", "Thursday 5 June 2031")
    assert "The June issue" in line
    assert "an inset day" in line
    assert "moved" in line
    assert "Open" in line


def test_the_next_day_stands_first_and_what_is_past_below(client, staff):
    today = timezone.localdate()
    months = [(today.year - 1, 1), (today.year - 1, 2), (today.year + 1, 1), (today.year + 1, 2)]
    for year, month in months:
        PublicationDay.objects.create(
            month=datetime.date(year, month, 1), date=datetime.date(year, month, 10), reason="for the test"
        )
    days = client.get(reverse("admin:bulletins_publicationday_changelist")).context["cl"].result_list
    assert [(day.date.year, day.date.month) for day in days] == [months[2], months[3], months[1], months[0]]


def test_authors_and_topics_count_what_is_theirs(client, staff):
    bulletin = make_bulletin(author=make_author(name="Robin Example"))
    topic = Topic.objects.create(name="Online safety", slug="online-safety")
    for item in (bulletin.items.get(), make_item(bulletin)):
        item.topics.add(topic)
    assert ">1</td>" in row(client, "author", "Robin Example")
    assert ">2</td>" in row(client, "topic", "Online safety")


def test_standing_sections_are_put_in_order_in_their_list(client, staff):
    url = reverse("admin:bulletins_standingsection_add")
    for heading in ("In the news", "Podcasts"):
        client.post(url, {"heading": heading, "kind": "news", "intro": ""})
    first, second = StandingSection.objects.all()
    assert [(s.heading, s.position) for s in (first, second)] == [("In the news", 1), ("Podcasts", 2)]
    form = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "Save"}
    form |= {"form-0-id": first.pk, "form-0-position": 2, "form-1-id": second.pk, "form-1-position": 1}
    client.post(reverse("admin:bulletins_standingsection_changelist"), form)
    assert [s.heading for s in StandingSection.objects.all()] == ["Podcasts", "In the news"]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("bulletin", "Choose its month"),
        ("publicationday", "the clock makes them"),
        ("author", "Add the people who write for you"),
        ("standingsection", "Every new issue starts with these"),
        ("topic", "A topic gathers items"),
    ],
)
def test_an_empty_list_says_what_it_is_for(client, staff, model, words):
    assert words in page(client, model)


def test_a_search_that_finds_nothing_leads_back(client, staff):
    make_bulletin()
    found = page(client, "bulletin", q="nothing like it")
    assert "Nothing fits" in found
    assert "Choose its month" not in found


@pytest.mark.parametrize("model", ["bulletin", "publicationday", "author", "topic", "standingsection"])
def test_a_long_list_costs_what_a_short_one_does(client, staff, model, django_assert_max_num_queries):
    for number in range(1, 13):
        bulletin = make_bulletin(month=JUNE.replace(month=number), author=make_author(name=f"Author {number}"))
        topic = Topic.objects.create(name=f"Topic {number}", slug=f"topic-{number}")
        bulletin.items.get().topics.add(topic)
        PublicationDay.objects.create(month=bulletin.month, date=bulletin.month.replace(day=9), reason="for the test")
        StandingSection.objects.create(kind="news", heading=f"Section {number}", position=number)
    assert Author.objects.count() == 12
    with django_assert_max_num_queries(15):
        page(client, model)
