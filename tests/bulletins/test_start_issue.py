"""Start an issue: the month's own or a special one, from the standing sections or the last issue's structure."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from bulletins.models import Bulletin, NewsItem, SectionKind, StandingSection
from tests.bulletins.screen import WRITING
from tests.factories import make_author, make_bulletin, make_item, make_publication, make_section, make_staff

pytestmark = pytest.mark.django_db

ADD = reverse("admin:bulletins_bulletin_add")


@pytest.fixture(autouse=True)
def editor(client):
    make_publication()
    client.force_login(make_staff("editor", *WRITING))


@pytest.fixture
def last():
    """An issue with three sections, of which one is standing."""
    last = make_bulletin(sign_off="<p>Have a good month.</p>")
    make_section(last, heading="Podcasts", kind=SectionKind.PODCASTS, body="<p>Three episodes.</p>", position=2)
    make_section(last, heading="Only once", kind=SectionKind.ARTICLES, position=3)
    make_item(last, headline="Another")
    StandingSection.objects.create(heading="Podcasts", kind=SectionKind.PODCASTS, intro="<p>Listen.</p>", position=1)
    return last


def start(client, **fields):
    """Start an issue of a month in next year's spring, and return it."""
    month = f"{timezone.now().year + 1}-04-17"
    before = set(Bulletin.objects.values_list("pk", flat=True))
    answer = client.post(ADD, {"month": month, "author": make_author().pk, **fields})
    assert answer.status_code == 302, answer.context["errors"]
    return Bulletin.objects.exclude(pk__in=before).get()


def sections(bulletin):
    return [(section.heading, section.kind, section.body) for section in bulletin.sections.all()]


def test_like_the_last_one_it_has_its_sections_and_closing_words_and_none_of_its_items(client, last):
    issue = start(client, structure="last")
    assert sections(issue) == [
        ("In the news", "news", ""),
        ("Podcasts", "podcasts", "<p>Listen.</p>"),
        ("Only once", "articles", ""),
    ]
    assert issue.sign_off == "<p>Have a good month.</p>"
    assert NewsItem.objects.filter(bulletin=issue).count() == 0
    assert last.items.count() == 2


@pytest.mark.parametrize("structure", [{"structure": "standing"}, {}])
def test_otherwise_it_has_the_standing_sections(client, last, structure):
    assert sections(start(client, **structure)) == [("Podcasts", "podcasts", "<p>Listen.</p>")]


def test_the_page_names_the_last_issue(client, last):
    assert f"the sections and closing words of {last}, without its items" in client.get(ADD).content.decode()


def test_the_very_first_issue_can_only_have_the_standing_sections(client):
    page = client.get(ADD).content.decode()
    assert "the standing sections" in page
    assert "closing words of" not in page
    assert client.post(ADD, {"month": "2031-04-01", "author": make_author().pk, "structure": "last"}).status_code == 200


def test_title_slug_month_and_day_are_right(client):
    issue = start(client)
    year = timezone.now().year + 1
    assert (issue.title, issue.slug) == (f"First Wednesday April {year}", "april")
    assert issue.month == datetime.date(year, 4, 1)
    assert (issue.publish_at.isoweekday(), issue.publish_at.day <= 7) == (3, True)


def test_a_special_issue_leaves_the_months_own_its_name_and_its_day(client):
    special, own = start(client, special="on"), start(client)
    year = own.month.year
    assert (special.title, special.slug) == (f"First Wednesday special April {year}", "april-special")
    assert special.publish_at is None
    assert (own.title, own.slug) == (f"First Wednesday April {year}", "april")
    assert own.publish_at is not None


def test_a_second_special_issue_has_names_of_its_own(client):
    start(client, special="on")
    second = start(client, special="on")
    assert (second.title.split()[2:4], second.slug) == (["special", "2"], "april-special-2")


def test_who_starts_a_special_issue_is_told_to_choose_its_day(client):
    answer = client.post(ADD, {"month": "2031-04-01", "author": make_author().pk, "special": "on"}, follow=True)
    assert "Choose its day under “When and to whom”: it has none yet." in answer.content.decode()


def test_a_withdrawn_issue_is_no_model(client, last):
    Bulletin.objects.filter(pk=last.pk).update(status="approved")
    Bulletin.objects.filter(pk=last.pk).update(status="withdrawn", withdrawn_reason="wrong")
    assert "closing words of" not in client.get(ADD).content.decode()
