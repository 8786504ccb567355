"""The round through the archive: every link that readers may follow, once a week, and politely."""

import datetime

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis import Redis

from bulletins.approval import withdraw
from bulletins.links import archive
from bulletins.links.archive import ask_for_archive
from bulletins.links.visit import Answer
from bulletins.links.waiting import ask_for, claim, look_up_waiting, record
from bulletins.models import Bulletin, LinkCheck, NewsItem
from bulletins.models.checks import HOST_RESTS
from bulletins.tasks import ask_for_links_of_the_archive, look_up_links, nudge
from tests.bulletins.links_server import lead, running_site
from tests.factories import (
    MARCH,
    make_bulletin,
    make_event,
    make_item,
    make_published,
    make_resource,
    make_source,
)
from tests.mailings.cast import DAY, HOUR, SECOND, at_once

pytestmark = pytest.mark.django_db
WEEK = 7 * DAY
LATER = datetime.datetime(2026, 6, 1, 2, 10, tzinfo=datetime.UTC)
MONTH = datetime.date(2026, 3, 1)


def page(name, host="pond.school"):
    return f"https://{host}/{name}"


def linking(*urls):
    return "".join(f'<p><a href="{url}">words</a></p>' for url in urls)


@pytest.fixture
def issue():
    return make_published(MONTH)


def asked():
    return set(LinkCheck.objects.waiting(LATER).values_list("url", flat=True))


def answered(at, **fields):
    LinkCheck.objects.update(**{"answer": "ok", "looked_up_at": at, "since": at, **fields})


def test_every_link_that_readers_may_follow(issue):
    item = issue.items.get()
    NewsItem.objects.filter(pk=item.pk).update(
        body=linking(page("body")), link=page("item"), superseded_elsewhere="New", superseded_link=page("newer")
    )
    make_source(item, link=page("source"))
    section = issue.sections.get()
    section.body = linking(page("section"))
    section.save()
    make_event(section, link=page("event"))
    Bulletin.objects.update(intro=linking(page("intro"), "/parental-resources/"), sign_off=linking(page("end#part")))
    make_resource("A guide", body=linking(page("guide")))
    names = {"body", "item", "newer", "source", "section", "event", "intro", "end", "guide"}
    assert ask_for_archive(LATER) == len(names)
    assert asked() == {page(name) for name in names}


def test_nothing_of_drafts_and_of_what_was_taken_down(issue):
    make_bulletin(slug="draft", intro=linking(page("draft")), publish_at=None)
    Bulletin.objects.filter(pk=issue.pk).update(intro=linking(page("out")))
    assert ask_for_archive(LATER) == 1
    withdraw(issue, "It was wrong.")
    LinkCheck.objects.all().delete()
    assert ask_for_archive(LATER) == 0


def test_each_once_a_week(issue):
    Bulletin.objects.update(intro=linking(page("one")))
    ask_for_archive(LATER)
    answered(LATER)
    assert ask_for_archive(LATER + WEEK - SECOND) == 0
    assert ask_for_archive(LATER + WEEK) == 1


def test_what_waits_is_not_asked_for_again(issue):
    Bulletin.objects.update(intro=linking(page("one")))
    ask_for_archive(LATER)
    assert ask_for_archive(LATER + HOUR) == 0
    assert LinkCheck.objects.get().asked_at == LATER


def test_a_nights_share_is_capped_by_number_and_by_host_and_the_next_night_goes_on(issue, monkeypatch):
    monkeypatch.setattr(archive, "A_NIGHT", 5)
    monkeypatch.setattr(archive, "OF_ONE_HOST", 3)
    urls = [page(number, host) for host in ("pond.school", "lake.school") for number in range(6)]
    Bulletin.objects.update(intro=linking(*urls))
    assert ask_for_archive(LATER) == 5
    hosts = [url.split("/")[2] for url in asked()]
    assert max(map(hosts.count, hosts)) == 3
    # What still waits counts: a night in which nobody looked makes the next one no longer.
    assert ask_for_archive(LATER + DAY) == 0
    answered(LATER + DAY)
    assert ask_for_archive(LATER + 2 * DAY) == 5
    LinkCheck.objects.filter(looked_up_at=None).update(answer="ok", looked_up_at=LATER + 2 * DAY)
    assert ask_for_archive(LATER + 3 * DAY) == 2
    assert LinkCheck.objects.count() == 12


def test_a_host_rests_between_two_look_ups_of_the_round(issue):
    Bulletin.objects.update(intro=linking(page("one"), page("two"), page("three", "lake.school")))
    ask_for_archive(LATER)
    first = claim(LATER)
    second = claim(LATER)
    assert {first[1].split("/")[2], second[1].split("/")[2]} == {"lake.school", "pond.school"}
    assert claim(LATER + HOST_RESTS - SECOND) is None
    assert claim(LATER + HOST_RESTS) is not None


def test_an_editor_waits_neither_for_the_round_nor_for_a_host_to_rest(issue):
    Bulletin.objects.update(intro=linking(page("one"), page("two")))
    ask_for_archive(LATER)
    ask_for([page("mine"), page("two")], LATER + SECOND)
    assert {claim(LATER + SECOND)[1] for _ in range(2)} == {page("mine"), page("two")}
    assert claim(LATER + SECOND) is None


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_disturb_one_host_at_the_same_moment():
    make_published(MONTH, intro=linking(*[page(number) for number in range(4)]))
    ask_for_archive(LATER)
    assert sorted(at_once(4, lambda: claim(LATER) is not None)) == [False, False, False, True]


@pytest.mark.django_db(transaction=True)
def test_it_asks_real_pages_and_writes_down_what_they_say(monkeypatch):
    with running_site() as site:
        lead(monkeypatch, dict.fromkeys(("pond.school", "lake.school"), ("127.0.0.1", site.port)))
        site.answers["/gone"] = (404, "")
        make_published(MONTH, intro=linking("http://pond.school/plan", "http://lake.school/gone"))
        ask_for_links_of_the_archive()
        look_up_links()
    found = {check.url: check.answer for check in LinkCheck.objects.all()}
    assert found == {"http://pond.school/plan": "ok", "http://lake.school/gone": "dead"}


def test_it_says_since_when_it_is_answered_like_that(issue):
    Bulletin.objects.update(intro=linking(page("one")))
    ask_for_archive(LATER)
    moments = []
    for week, answer in enumerate(["ok", "dead", "dead", "ok"]):
        at = LATER + week * 8 * DAY
        ask_for_archive(at)
        pk, _ = claim(at + SECOND)
        record(pk, Answer(answer))
        moments.append(LinkCheck.objects.get().since)
    assert moments == [LATER + week * 8 * DAY + SECOND for week in (0, 1, 1, 3)]


def test_it_knows_who_uses_a_link_as_of_the_last_round(issue):
    guide = make_resource("A guide", body=linking(page("one")))
    other = make_published(datetime.date(2026, 4, 1), intro=linking(page("one")))
    Bulletin.objects.filter(pk=issue.pk).update(intro=linking(page("one")))
    ask_for_archive(LATER)
    check = LinkCheck.objects.of_the_archive().get()
    assert {*check.issues.all()} == {issue, other}
    assert [*check.resources.all()] == [guide]
    Bulletin.objects.update(intro="")
    guide.delete()
    ask_for_archive(LATER)
    assert not LinkCheck.objects.of_the_archive().exists()


def test_what_nobody_uses_is_forgotten_after_a_while(issue):
    ask_for([page("draft")], LATER)
    ask_for_archive(LATER + archive.KEPT_FOR)
    assert LinkCheck.objects.exists()
    ask_for_archive(LATER + archive.KEPT_FOR + SECOND)
    assert not LinkCheck.objects.exists()


def test_asking_disturbs_nobody(issue, monkeypatch):
    monkeypatch.setattr("bulletins.links.visit.ask", None)
    Bulletin.objects.update(intro=linking(page("one")))
    ask_for_archive(LATER)
    assert LinkCheck.objects.get().looked_up_at is None


def test_a_turn_ends_when_every_host_rests_and_wakes_nobody_for_nothing(issue, monkeypatch):
    redis = Redis.from_url(settings.REDIS_URL)
    redis.flushdb()
    Bulletin.objects.update(intro=linking("http://pond.school/1", "http://pond.school/2"))
    with running_site() as site:
        lead(monkeypatch, {"pond.school": ("127.0.0.1", site.port)})
        ask_for_archive(MARCH)
        assert look_up_waiting(10) == 1
    nudge()
    assert redis.llen("sending") == 0


def test_one_more_link_costs_no_more_queries(issue):
    Bulletin.objects.update(intro=linking(page("one")))
    ask_for_archive(LATER)
    with CaptureQueriesContext(connection) as few:
        ask_for_archive(LATER)
    for month in range(4, 10):
        make_source(make_item(make_published(datetime.date(2026, month, 1), intro=linking(page("one")))))
    ask_for_archive(LATER)
    with CaptureQueriesContext(connection) as many:
        ask_for_archive(LATER)
    assert len(many) == len(few)


def test_beat_asks_every_night():
    entry = settings.CELERY_BEAT_SCHEDULE["links-of-the-archive"]
    assert entry["task"] == ask_for_links_of_the_archive.name
    assert settings.CELERY_TASK_ROUTES[entry["task"]] == {"queue": "sending"}
    assert entry["schedule"].is_due(datetime.datetime.now(datetime.UTC) - DAY - HOUR).is_due
