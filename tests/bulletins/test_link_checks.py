"""Links wait in a table: asked for when an issue is saved, claimed by one worker, looked up once a day."""

import datetime
from unittest.mock import patch

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from redis import Redis
from time_machine import travel

from bulletins.links import waiting
from bulletins.links.visit import Answer
from bulletins.links.waiting import ask_for, claim, look_up_waiting, record
from bulletins.models import LinkCheck
from bulletins.preflight.proof import ask_for_links
from bulletins.tasks import look_up_links, nudge
from mailings.tasks import tick
from tests.bulletins.links_server import lead, running_site
from tests.bulletins.screen import WRITING, posted
from tests.factories import MARCH, make_bulletin, make_event, make_publication, make_staff
from tests.mailings.cast import DAY, HOUR, MINUTE, SECOND, at_once

PLAN, BOOK = "http://pond.school/plan", "http://pond.school/book"


@pytest.fixture
def site(monkeypatch):
    with running_site() as site:
        lead(monkeypatch, {"pond.school": ("127.0.0.1", site.port)})
        yield site


@pytest.fixture
def redis():
    redis = Redis.from_url(settings.REDIS_URL)
    redis.flushdb()
    yield redis
    redis.flushdb()


def urls() -> set[str]:
    return set(LinkCheck.objects.values_list("url", flat=True))


@pytest.mark.django_db
def test_all_links_of_an_issue_are_asked_for_once():
    bulletin = make_bulletin(intro=f'<p><a href="{PLAN}">a</a> <a href="{PLAN}#part">b</a> <a href="/x">c</a></p>')
    make_event(bulletin.sections.get(), link=BOOK)
    assert ask_for_links(bulletin, MARCH) == 2
    assert urls() == {PLAN, BOOK}
    ask_for_links(bulletin, MARCH + HOUR)
    assert set(LinkCheck.objects.values_list("asked_at", flat=True)) == {MARCH + HOUR}


@pytest.mark.django_db
def test_saving_the_write_screen_asks_and_wakes_a_worker(client, redis, django_capture_on_commit_callbacks):
    client.force_login(make_staff("editor", *WRITING))
    with django_capture_on_commit_callbacks(execute=True):
        posted(client, make_bulletin(), intro=f'<p><a href="{PLAN}">the plan</a></p>')
    assert urls() == {PLAN.replace("http://", "https://")}
    assert (redis.llen("sending"), redis.llen("clock")) == (1, 0)


@pytest.mark.django_db
def test_saving_looks_nothing_up_itself(client, monkeypatch):
    monkeypatch.setattr("bulletins.links.visit.ask", None)
    client.force_login(make_staff("editor", *WRITING))
    assert posted(client, make_bulletin(), intro=f'<p><a href="{PLAN}">the plan</a></p>').status_code == 302
    assert LinkCheck.objects.get().answer == ""


@pytest.mark.django_db
def test_without_a_broker_saving_works_and_the_next_tick_wakes(client, unreachable_broker):
    ask_for([PLAN], MARCH)
    nudge()
    assert LinkCheck.objects.get().looked_up_at is None


@pytest.mark.django_db(transaction=True)
@travel(MARCH, tick=True)
def test_a_tick_wakes_a_worker_only_when_a_link_waits(redis):
    make_publication()
    tick()
    assert redis.llen("sending") == 0
    ask_for([PLAN], MARCH)
    tick()
    assert redis.llen("sending") == 1


@pytest.mark.django_db(transaction=True)
def test_what_waits_is_looked_up_and_written_down(site):
    site.answers["/book"] = (404, "")
    ask_for([PLAN, BOOK], MARCH)
    look_up_links()
    found = {check.url: (check.answer, check.code) for check in LinkCheck.objects.all()}
    assert found == {PLAN: ("ok", 200), BOOK: ("dead", 404)}
    assert all(check.looked_up_at for check in LinkCheck.objects.all())


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_host_is_asked(site):
    seen = []

    def asking(url):
        seen.append((connection.in_atomic_block, LinkCheck.objects.filter(looked_up_at__isnull=False).count()))
        return Answer("ok", 200)

    ask_for([PLAN], MARCH)
    with patch.object(waiting, "look_up", asking):
        look_up_waiting(5)
    assert seen == [(False, 1)]


@pytest.mark.django_db(transaction=True)
def test_four_workers_ask_each_link_once(site):
    links = [f"http://pond.school/{number}" for number in range(20)]
    ask_for(links, MARCH)
    assert sum(at_once(4, lambda: look_up_waiting(20))) == 20
    assert sorted(site.lines) == sorted(f"HEAD /{number}" for number in range(20))


@pytest.mark.django_db
def test_once_a_day_and_only_if_it_is_asked_for_again():
    ask_for([PLAN], MARCH)
    pk, url = claim(MARCH + SECOND)
    assert url == PLAN
    record(pk, Answer("dead", 404, "gone"))
    ask_for([PLAN], MARCH + HOUR)
    assert claim(MARCH + DAY) is None
    assert claim(MARCH + DAY + MINUTE) == (pk, PLAN)
    assert claim(MARCH + 3 * DAY) is None
    assert LinkCheck.objects.get().answer == "dead"


@pytest.mark.django_db
def test_one_whose_worker_died_is_not_asked_twice_that_day_nor_called_pending_for_ever():
    ask_for([PLAN], MARCH)
    check = LinkCheck.objects.get()
    assert check.is_pending(MARCH)
    claim(MARCH)
    check.refresh_from_db()
    assert check.is_pending(MARCH + MINUTE)
    assert not check.is_pending(MARCH + 3 * MINUTE)
    assert claim(MARCH + HOUR) is None


@pytest.mark.django_db
def test_a_turn_ends_in_time(site):
    ask_for([PLAN, BOOK], MARCH)
    assert look_up_waiting(0) == 0
    assert LinkCheck.objects.waiting(MARCH).count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [{"url": "ftp://pond.school/"}, {"answer": "perhaps", "looked_up_at": MARCH}, {"answer": "ok"}],
)
def test_the_table_knows_its_answers(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        LinkCheck.objects.create(**{"url": PLAN, "asked_at": MARCH, **wrong})
    LinkCheck.objects.create(url=PLAN, asked_at=MARCH)
    with pytest.raises(IntegrityError, match="url"):
        LinkCheck.objects.create(url=PLAN, asked_at=MARCH + datetime.timedelta(days=1))
