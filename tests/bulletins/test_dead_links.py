"""The editors' list of links that lead nowhere."""

import datetime
import re
from html import unescape

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from bulletins.links.archive import ask_for_archive
from bulletins.links.visit import Answer
from bulletins.links.waiting import claim, record
from bulletins.models import Bulletin, LinkCheck, NewsItem
from tests.bulletins.screen import WRITING, change_url
from tests.factories import make_item, make_publication, make_published, make_resource, make_source, make_staff

pytestmark = pytest.mark.django_db
PLAN = "https://pond.school/plan?a=1&b=2"
LINK = '<p><a href="https://pond.school/plan?a=1&amp;b=2#part">the plan</a></p>'
DAY = datetime.timedelta(days=1)
PAGE = "/admin/links/"


@pytest.fixture
def editor(client):
    make_publication()
    editor = make_staff("editor", *WRITING)
    client.force_login(editor)
    return editor


@pytest.fixture
def issue(editor):
    return make_published(datetime.date(2026, 3, 1))


def look(client, **query):
    return unescape(re.sub(r"\s+", " ", client.get(PAGE, query).content.decode()))


def answer(kind="dead", words="the page is not there", code=404, ago=2 * DAY):
    """Let the round ask for all that is out, and have it answered."""
    ask_for_archive(timezone.now())
    at = timezone.now() - ago
    LinkCheck.objects.update(asked_at=at, looked_up_at=at, since=at, answer=kind, words=words, code=code)


def place(item, field):
    return f"{change_url(item.bulletin)}#item-{item.pk}-{field}"


def test_it_says_what_it_answered_since_when_and_where_it_stands(client, issue):
    item = issue.items.get()
    NewsItem.objects.update(body=LINK, link=PLAN)
    make_source(item, link=PLAN)
    guide = make_resource("A guide", body=LINK)
    answer()
    page = look(client)
    assert PLAN in page
    assert "The page is not there (404)" in page
    day = timezone.localtime(timezone.now() - 2 * DAY)
    assert f', since <time datetime="{day.isoformat()[:10]}' in page
    for address, words in {
        place(item, "body"): "March 2026 e-bulletin: Item “An example headline”",
        place(item, "link"): "March 2026 e-bulletin: Item “An example headline”",
        f"{reverse('upkeep:item', args=[item.pk])}#sources": "March 2026 e-bulletin: Sources of “An example headline”",
        reverse("admin:resources_resource_change", args=[guide.pk]): "For parents: A guide",
    }.items():
        assert f'<a href="{address}">{words}</a>' in page


def test_what_answers_is_not_listed(client, issue):
    NewsItem.objects.update(body=LINK)
    answer("ok", "", 200)
    page = look(client)
    assert PLAN not in page
    assert "No link leads nowhere" in page


@pytest.mark.parametrize(("kind", "listed"), [("dead", "dead"), ("refused", "dead"), ("unsure", "doubtful")])
def test_each_answer_has_its_list(client, issue, kind, listed):
    NewsItem.objects.update(body=LINK)
    answer(kind)
    other = {"dead": "doubtful", "doubtful": "dead"}[listed]
    assert PLAN in look(client, kind=listed)
    assert PLAN not in look(client, kind=other)


def test_what_was_mended_is_said_to_be(client, issue):
    NewsItem.objects.update(body=LINK)
    answer()
    NewsItem.objects.update(body="<p>No link.</p>")
    page = look(client)
    assert "Mended: nothing links there any more." in page
    assert "Look again" not in page
    ask_for_archive(timezone.now())
    assert PLAN not in look(client)


def test_only_the_newest_issues_of_many_are_named(client, issue):
    for month in range(4, 12):
        make_published(datetime.date(2025, month, 1), intro=LINK)
    answer()
    page = look(client)
    assert page.count("e-bulletin: Intro") == 5
    assert "November 2025 e-bulletin: Intro" in page
    assert "and in 3 older issues" in page


def test_looking_again_is_a_post_that_asks_and_comes_back(client, issue):
    NewsItem.objects.update(body=LINK)
    answer()
    check = LinkCheck.objects.get()
    address = reverse("upkeep:look_again", args=[check.pk])
    assert client.get(address).status_code == 405
    page = unescape(client.post(address, follow=True).content.decode())
    assert f"You asked for {PLAN} once more" in page
    assert "It is being looked up again" in page
    assert LinkCheck.objects.waiting(timezone.now()).get() == check


def test_what_was_answered_meanwhile_is_not_said_to_be_looked_up(client, issue):
    NewsItem.objects.update(body=LINK)
    answer()
    client.post(reverse("upkeep:look_again", args=[LinkCheck.objects.get().pk]))
    pk, _ = claim(timezone.now())
    record(pk, Answer("dead", 410, "the page is not there"))
    page = look(client)
    assert "The page is not there (410)" in page
    assert "being looked up" not in page


# Before the first round, and without one


def test_before_the_first_round_it_says_only_when_that_comes(client, editor):
    with time_machine.travel(datetime.datetime(2026, 6, 8, 10, tzinfo=datetime.UTC), tick=False):
        client.force_login(editor)
        page = look(client)
    assert "<h2>No link was looked up yet</h2>" in page
    assert "The first round begins on Tuesday 9 June 2026 at 03:10." in page
    assert "leads nowhere" not in page
    assert "Lead nowhere" not in page


def test_a_demonstration_says_that_it_has_no_round(client, editor, settings):
    settings.CELERY_BEAT_SCHEDULE = {}
    page = look(client)
    assert "This is a demonstration" in page
    assert "first round" not in page


def test_during_the_first_round_it_says_how_many_wait(client, issue):
    NewsItem.objects.update(body=LINK)
    ask_for_archive(timezone.now())
    assert "1 link waits for it" in look(client)


def test_each_kind_says_its_number(client, issue):
    NewsItem.objects.update(body=LINK)
    answer("unsure")
    page = look(client)
    assert "Lead nowhere (0)" in page
    assert "Could not be opened by a program (1)" in page


def test_at_most_once_a_day(client, issue):
    NewsItem.objects.update(body=LINK)
    answer(ago=datetime.timedelta(hours=1))
    check = LinkCheck.objects.get()
    page = unescape(client.post(reverse("upkeep:look_again", args=[check.pk]), follow=True).content.decode())
    assert f"{PLAN} was looked up within a day: it is looked up again on" in page
    assert not LinkCheck.objects.waiting(timezone.now()).exists()
    assert LinkCheck.objects.waiting(timezone.now() + DAY).exists()


def test_who_may_see_it_and_who_may_ask(client, issue):
    NewsItem.objects.update(body=LINK)
    answer()
    again = reverse("upkeep:look_again", args=[LinkCheck.objects.get().pk])
    client.force_login(make_staff("looker", "view_bulletin"))
    assert "Look again" not in look(client)
    assert client.post(again).status_code == 403
    client.force_login(make_staff("nobody"))
    assert client.get(PAGE).status_code == 403
    client.logout()
    assert client.get(PAGE).status_code == 302
    assert client.post(again).status_code == 302


@pytest.mark.parametrize(
    "query", [{"kind": "x"}, {"page": "0"}, {"page": "x" * 9000}, {"kind": "a\x00b", "page": "-1"}]
)
def test_bad_queries_show_the_list(client, issue, query):
    assert client.get(PAGE, query).status_code == 200


def test_an_address_is_shown_as_it_is_written(client, issue):
    Bulletin.objects.update(intro='<p><a href="https://pond.school/&lt;b&gt;?q=&quot;x">a</a></p>')
    answer()
    html = client.get(PAGE).content.decode()
    assert "<b>" not in html
    assert "https://pond.school/%3Cb%3E" in html


def test_long_lists_have_pages_and_cost_what_short_ones_do(client, issue, django_assert_max_num_queries):
    NewsItem.objects.update(body=LINK)
    make_resource("A guide", body=LINK)
    answer()
    with django_assert_max_num_queries(30) as few:
        client.get(PAGE)
    for number in range(24):
        make_source(make_item(issue), link=f"https://pond.school/{number}")
    make_published(datetime.date(2026, 4, 1), intro=LINK)
    answer()
    with django_assert_max_num_queries(len(few)):
        page = client.get(PAGE)
    assert len(page.context["rows"]) == 20
    assert len(client.get(PAGE, {"page": "2"}).context["rows"]) == 5


def test_it_is_in_the_side_bar(client, editor):
    assert 'href="/admin/links/"' in client.get("/admin/").content.decode()
