"""A mailing's page: how far it is, how fast, what failed, why it stands still."""

import datetime

import pytest
from django.urls import reverse

from mailings.models import Mailing, Rhythm
from mailings.progress import kept, progress_of
from mailings.steering import pause
from publication.models import SenderClaim
from tests.factories import MARCH, make_staff
from tests.mailings.cast import MINUTE, SECOND, make_mailing, put, stop

pytestmark = pytest.mark.django_db

LOOKS = ["view_mailing", "view_delivery"]


@pytest.fixture(autouse=True)
def nothing_kept():
    kept.forget()


@pytest.fixture
def now(monkeypatch):
    """The database's clock, a minute after the opening."""
    at = MARCH + MINUTE
    monkeypatch.setattr("mailings.instants.database_now", lambda: at)
    return at


@pytest.fixture
def grace(client):
    grace = make_staff("grace", *LOOKS, "steer_mailing")
    client.force_login(grace)
    return grace


def page(client, mailing):
    """The page's words, as one line."""
    answer = client.get(reverse("admin:mailings_mailing_change", args=[mailing.pk]))
    return " ".join(answer.content.decode().split())


def send(mailing, number, at):
    for delivery in mailing.deliveries.filter(state="queued")[:number]:
        for state in ("claimed", "on_wire"):
            put(delivery, state)
        put(delivery, "sent", sent_at=at)


def fail(mailing, number, text, code=550):
    for delivery in mailing.deliveries.filter(state="queued").order_by("subscriber__address")[:number]:
        put(delivery, "claimed")
        address = delivery.subscriber.address
        put(delivery, "failed", smtp_code=code, smtp_text=text.format(address=address, pk=delivery.pk))


def finish(mailing, **counts):
    counts = {"sent": 0, "skipped": 0, "failed": 0, "abandoned": 0} | counts
    Mailing.objects.update(state="finished", finished_at=MARCH + 3 * MINUTE + 20 * SECOND, **counts)


def test_it_says_how_far_how_fast_and_how_long(client, grace, now):
    mailing = make_mailing(readers=9)
    send(mailing, 3, now - 30 * SECOND)
    words = page(client, mailing)
    assert "3 of 9 sent, about 2 minutes left, 3 a minute" in words
    assert '<progress max="9" value="3"' in words
    assert "9 planned: 6 queued, 3 sent</p>" in words


def test_what_left_before_the_last_minute_is_no_pace(client, grace, now):
    mailing = make_mailing(readers=2)
    send(mailing, 1, now - MINUTE - SECOND)
    assert "1 of 2 sent, and none has left in the last minute" in page(client, mailing)


def test_a_mailing_that_has_just_begun_has_no_pace_yet(client, grace, monkeypatch):
    monkeypatch.setattr("mailings.instants.database_now", lambda: MARCH + SECOND)
    assert "0 of 2 sent, the pace is not known yet" in page(client, make_mailing(readers=2))


def test_the_pace_after_a_pause_is_measured_from_its_end(client, grace, now):
    mailing = make_mailing(readers=20)
    Mailing.objects.update(watched_from=now - 6 * SECOND)
    send(mailing, 2, now - SECOND)
    assert "20 a minute" in page(client, mailing)


def test_letters_that_were_put_off_have_their_hour(client, grace, now):
    mailing = make_mailing(readers=2)
    send(mailing, 1, now)
    mailing.deliveries.filter(state="queued").update(not_before=now + 5 * MINUTE)
    assert "1 of 2 sent, 1 letter put off until 07:36" in page(client, mailing)


def test_each_count_leads_to_its_names(client, grace, now):
    mailing = make_mailing(readers=2)
    send(mailing, 1, now)
    words = page(client, mailing)
    for state in ("sent", "queued"):
        link = f"{reverse('admin:mailings_delivery_changelist')}?mailing={mailing.pk}&amp;state__exact={state}"
        assert f'href="{link}"' in words


def test_who_may_not_see_names_sees_the_counts(client, now):
    client.force_login(make_staff("ed", "view_mailing"))
    words = page(client, make_mailing(readers=2))
    assert "<b>2</b> queued" in words
    assert reverse("admin:mailings_delivery_changelist") not in words


def test_a_stranger_and_staff_without_the_permission_see_nothing(client, now):
    mailing = make_mailing(readers=1)
    places = [reverse("mailings:progress", args=[mailing.pk]), reverse("mailings:ledger", args=[mailing.pk])]
    places += [reverse("admin:mailings_mailing_change", args=[mailing.pk])]
    assert [client.get(place).status_code for place in places] == [302, 302, 302]
    client.force_login(make_staff("ed"))
    assert [client.get(place).status_code for place in places] == [403, 403, 403]


def test_failures_stand_together_by_reason_and_by_domain(client, grace, now):
    mailing = make_mailing(readers=5)
    fail(mailing, 3, "5.1.1 <{address}>: user unknown, 4Yk{pk:07} - gsmtp")
    fail(mailing, 1, "5.7.1 spam", code=554)
    words = page(client, mailing)
    assert '<td>550 5.1.1 …: user unknown, … - gsmtp</td><td class="number">3</td>' in words
    assert '<td>554 5.7.1 spam</td><td class="number">1</td>' in words
    assert '<td>example.org</td><td class="number">4</td>' in words


def test_of_many_failures_the_newest_are_looked_at(client, grace, now, monkeypatch):
    monkeypatch.setattr("mailings.failures.LOOKED_AT", 2)
    fail(mailing := make_mailing(readers=3), 3, "no")
    words = page(client, mailing)
    assert "These are the newest 2 of 3 that failed." in words
    assert '<td>550 no</td><td class="number">2</td>' in words


def test_what_a_relay_says_is_no_markup(client, grace, now):
    fail(mailing := make_mailing(readers=1), 1, "<script>alert(1)</script>")
    assert "<script>alert" not in page(client, mailing)


def test_a_reader_erased_since_is_counted_without_a_domain(client, grace, now):
    fail(mailing := make_mailing(readers=1), 1, "no")
    mailing.deliveries.get().subscriber.delete()
    assert '<td>erased readers</td><td class="number">1</td>' in page(client, mailing)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("person", "<strong>grace paused it</strong> on 4 March, 07:30: “for &lt;this&gt; test”"),
        ("refusals", "Too many letters were refused for good."),
        ("connection", "The relay cannot be reached."),
        ("login", "mend EMAIL_URL"),
        ("takeover", "Another installation took over"),
    ],
)
def test_a_pause_says_who_why_and_what_to_do(client, grace, now, cause, words):
    mailing = make_mailing(readers=2)
    pause(mailing, None if cause != "person" else grace, "for <this> test", MARCH, cause)
    shown = page(client, mailing)
    assert words in shown
    assert "4 March, 07:30: " in shown
    assert "for &lt;this&gt; test" in shown
    assert ('<div class="notice wrong">' in shown) == (cause != "person")
    assert ("The next look is at 07:35." in shown) == (cause == "connection")
    assert "0 of 2 sent, 2 to go" in shown


def test_a_pause_without_a_reason_quotes_nobody(client, grace, now):
    mailing = make_mailing(readers=2)
    pause(mailing, grace, "no reason given", MARCH)
    shown = page(client, mailing)
    assert "no reason given" not in shown
    assert "<strong>grace paused it</strong> on 4 March, 07:30." in shown


def test_what_was_put_off_is_counted_with_the_relays_reasons(client, grace, now):
    mailing = make_mailing(readers=3)
    assert "Put off" not in page(client, mailing)
    kept.forget()
    first, second, _ = mailing.deliveries.order_by("pk")
    for letter, minutes in ((first, 5), (second, 15)):
        until = now + minutes * MINUTE
        type(letter).objects.filter(pk=letter.pk).update(
            attempts=1, not_before=until, smtp_code=451, smtp_text="4.7.1 greylisted"
        )
    shown = page(client, mailing)
    assert "Of the queued, the relay put 2 off; the first is tried again at 07:36." in shown
    assert "<caption>Put off, by reason</caption>" in shown
    assert '<td>451 4.7.1 greylisted</td><td class="number">2</td>' in shown


def test_of_a_cancelled_mailing_the_bar_shows_what_was_sent(client, grace, now):
    mailing = make_mailing(readers=4)
    send(mailing, 1, now)
    fail(mailing, 1, "no")
    assert '<progress max="4" value="1"' in page(client, mailing)


def test_in_a_copy_of_the_database_nothing_is_offered(client, grace, now):
    mailing = make_mailing(readers=2)
    assert 'id="do-pause"' in page(client, mailing)
    SenderClaim.objects.create(identity="the first machine", at=MARCH, why="the first to send")
    assert 'id="do-pause"' not in page(client, mailing)


def test_a_paused_mailing_is_named_on_the_desks_first_page(client, grace, now):
    mailing = make_mailing(readers=2)
    pause(mailing, None, "11 of its last 200", MARCH, "refusals")
    words = " ".join(client.get("/admin/").content.decode().split())
    assert f'href="{reverse("admin:mailings_mailing_change", args=[mailing.pk])}"' in words
    assert "stands still:</strong> too many letters were refused for good. Its page says what to do." in words


def test_a_ledger_that_lost_a_row_says_so_in_red(client, grace, now):
    mailing = make_mailing(readers=2)
    Mailing.objects.update(planned=3)
    words = page(client, mailing)
    assert 'class="balance wrong" role="alert"' in words
    assert "1 of 3 planned letters are not in it" in words


def test_while_it_runs_the_page_follows_it(client, grace, now):
    words = page(client, make_mailing(readers=1))
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in words
    assert "mailings/desk.js" in words


def test_once_it_is_over_the_page_rests_and_reports(client, grace, now):
    mailing = make_mailing(readers=4)
    send(mailing, 2, MARCH + 10 * SECOND)
    send(mailing, 1, MARCH + 130 * SECOND)
    fail(mailing, 1, "no")
    finish(mailing, sent=3, failed=1)
    words = page(client, mailing)
    assert "http-equiv" not in words
    assert "mailings/desk.js" not in words
    equation = "<strong>4</strong> planned = <strong>3</strong> sent + <strong>0</strong> skipped + "
    assert equation + "<strong>1</strong> failed + <strong>0</strong> abandoned" in words
    assert "<dd>3 minutes 20 seconds</dd>" in words
    assert words.count("<rect ") == 2
    assert '<td>4 March, 07:30</td><td class="number">2</td>' in words
    assert '<td>4 March, 07:32</td><td class="number">1</td>' in words


def test_a_cancelled_mailing_follows_until_its_last_letter_is_settled(client, grace, now):
    mailing = make_mailing(readers=2)
    stop("cancelled")
    assert "0 of 2 sent, 2 more are being settled" in page(client, mailing)
    assert "mailings/desk.js" in page(client, mailing)


def test_the_fragment_is_the_page_without_its_frame(client, grace, now):
    mailing = make_mailing(readers=3)
    send(mailing, 1, now)
    answer = client.get(reverse("mailings:progress", args=[mailing.pk]))
    words = " ".join(answer.content.decode().split())
    assert "no-store" in answer.headers["Cache-Control"]
    assert words.startswith('<div id="live"')
    assert "1 of 3 sent" in words
    for part in ("live-now", "live-verbs", "live-acts", "live-failures", "live-report"):
        assert f'<section id="{part}" data-part' in words
        assert f'<section id="{part}" data-part' in page(client, mailing)


def test_the_letters_are_counted_once_however_many_look(client, grace, now, django_assert_max_num_queries):
    mailing = make_mailing(readers=3)
    place = reverse("mailings:progress", args=[mailing.pk])
    client.get(place)
    with django_assert_max_num_queries(10) as queries:
        client.get(place)
    assert not [one["sql"] for one in queries.captured_queries if "mailings_delivery" in one["sql"]]


def test_a_large_mailing_costs_as_many_queries_as_a_small_one(client, grace, now, django_assert_max_num_queries):
    mailing = make_mailing(readers=30)
    fail(mailing, 10, "no")
    send(mailing, 10, now)
    with django_assert_max_num_queries(19):
        page(client, mailing)


@pytest.mark.parametrize("number", ["0", "x", "9" * 30, "٣", "-1"])
def test_there_is_no_page_for_a_strange_number(client, grace, number):
    assert client.get(f"/admin/mailings/mailing/{number}/change/").status_code == 404


def test_looking_changes_nothing_and_posting_is_refused(client, grace, now):
    mailing = make_mailing(readers=1)
    assert client.post(reverse("admin:mailings_mailing_change", args=[mailing.pk])).status_code == 403
    assert client.post(reverse("mailings:progress", args=[mailing.pk])).status_code == 405
    before = list(Mailing.objects.values())
    page(client, mailing)
    assert list(Mailing.objects.values()) == before


def test_a_clock_that_stands_still_is_pointed_out(client, grace):
    mailing = make_mailing(readers=1)
    places = [reverse("admin:mailings_mailing_changelist"), reverse("admin:index")]
    places.append(reverse("admin:mailings_mailing_change", args=[mailing.pk]))
    for place in places:
        assert "The clock has not ticked yet." in client.get(place).content.decode()
    Rhythm.objects.beat(MARCH)
    for place in places:
        assert "The clock has not ticked since 4 March, 07:30." in client.get(place).content.decode()


def test_a_clock_that_ticks_is_not_mentioned(client, grace):
    Rhythm.objects.beat(datetime.datetime.now(datetime.UTC) - MINUTE)
    assert "The clock has not ticked" not in client.get(reverse("admin:index")).content.decode()


def test_once_it_is_over_its_letters_are_counted_anew(client, grace, now):
    mailing = make_mailing(readers=2)
    assert "0 of 2 sent" in page(client, mailing)
    send(mailing, 2, now)
    finish(mailing, sent=2)
    mailing.refresh_from_db()
    assert progress_of(mailing).balance.counts["sent"] == 2
