"""Events and publication days in a reader's own calendar, read by a parser that is not ours."""

import datetime

import icalendar
import pytest
import time_machine
from django.utils import timezone

from bulletins.approval import withdraw
from bulletins.drafts import draft_link
from bulletins.models import PublicationDay
from tests.bulletins.odd import CONTROL, ODD, WITHOUT_CONTROL, as_read
from tests.factories import (
    make_bulletin,
    make_event,
    make_publication,
    make_published,
    make_section,
    make_staff,
    make_withdrawn,
)

pytestmark = pytest.mark.django_db
MARCH = datetime.date(2024, 3, 1)
SITE = "https://bulletin.example.org"
CALENDAR = "/bulletins/calendar.ics"
NOON = datetime.datetime(2026, 6, 10, 12, tzinfo=datetime.UTC)


@pytest.fixture
def june():
    """The tenth of June 2026, after that month's issue."""
    with time_machine.travel(NOON, tick=False):
        yield


def read(client, path):
    """Fetch a calendar, hold it against the rules of its lines, and return it parsed."""
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    lines = response.content.split(b"\r\n")
    assert lines[-1] == b"" and not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(len(line) for line in lines) <= 75
    calendar = icalendar.Calendar.from_ical(response.content)
    assert not calendar.errors and calendar["version"] == "2.0" and calendar["prodid"]
    for event in calendar.walk("VEVENT"):
        assert not event.errors and event["uid"] and event["dtstamp"].dt.tzinfo and event["dtstart"].dt.tzinfo
    return calendar


def events(client, path=CALENDAR):
    return [*read(client, path).walk("VEVENT")]


def make_day(month, **fields):
    """Make the publication day of a month of 2026, by default on its first Wednesday."""
    return PublicationDay.objects.create(month=datetime.date(2026, month, 1), **{"date": WEDNESDAYS[month], **fields})


WEDNESDAYS = {6: datetime.date(2026, 6, 3), 7: datetime.date(2026, 7, 1), 12: datetime.date(2026, 12, 2)}


def event_path(event):
    return f"{event.bulletin.get_absolute_url()}events/{event.pk}.ics"


def make_webinar(**fields):
    bulletin = fields.pop("bulletin", None) or make_published(MARCH)
    return make_event(make_section(bulletin, heading="Webinars", kind="webinars"), **fields)


def test_an_event_has_its_times_its_words_and_the_way_back(client):
    end = datetime.datetime(2024, 3, 6, 17, 30, tzinfo=datetime.UTC)
    event = make_webinar(title="Safer internet", end=end, link="https://events.example.org/1")
    [found] = events(client, event_path(event))
    assert (found["summary"], found["dtstart"].dt, found["dtend"].dt) == ("Safer internet", event.start, end)
    assert found["uid"] == f"event-{event.pk}@bulletin.example.org"
    assert found["url"] == "https://events.example.org/1"
    assert "https://events.example.org/1" in found["description"]
    assert f"{SITE}/bulletins/2024/march/" in found["description"]


def test_an_event_in_summer_is_at_its_hour_in_london(client):
    start = datetime.datetime(2024, 7, 3, 15, 30, tzinfo=datetime.UTC)
    event = make_webinar(start=start)
    assert b"DTSTART:20240703T153000Z" in client.get(event_path(event)).content
    assert "Wednesday 3 July 2024, 16:30" in client.get("/bulletins/2024/march/").content.decode()


def test_an_event_without_an_end_has_none(client):
    [found] = events(client, event_path(make_webinar()))
    assert "dtend" not in found
    assert found["url"] == f"{SITE}/bulletins/2024/march/"


def test_a_changed_event_is_the_same_one_a_version_later(client):
    event = make_webinar()
    [before] = events(client, event_path(event))
    later = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
    with time_machine.travel(later, tick=False):
        event.title = "Another title"
        event.save()
    [after] = events(client, event_path(event))
    assert after["uid"] == before["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert after["last-modified"].dt == after["dtstamp"].dt == later


def test_an_event_without_a_history_is_as_old_as_its_issue(client):
    event = make_webinar()
    event.history.all().delete()
    [found] = events(client, event_path(event))
    assert (found["sequence"], found["dtstamp"].dt) == (0, event.bulletin.publish_at)


@pytest.mark.parametrize("title", [*ODD.values(), CONTROL], ids=[*ODD, "control"])
def test_odd_characters_stay_what_they_are(client, june, title):
    words = WITHOUT_CONTROL if title == CONTROL else as_read(title)
    make_publication(name=title[:100])
    make_day(7)
    bulletin = make_published(MARCH, title=title[:150])
    event = make_webinar(bulletin=bulletin, title=title)
    [found] = events(client, event_path(event))
    assert found["summary"] == words
    assert words[:100].strip() in found["description"]
    [day] = events(client)
    assert day["summary"].startswith(words[:100].strip())


def test_an_event_is_found_below_its_own_issue_only(client):
    event = make_webinar()
    make_published(datetime.date(2024, 5, 1))
    assert client.get(f"/bulletins/2024/may/events/{event.pk}.ics").status_code == 404


@pytest.mark.parametrize("key", ["0", "99999999999999999999999", "x", "-1", "1%00", "9" * 5000])
def test_an_unknown_event_is_not_found(client, key):
    make_published(MARCH)
    assert client.get(f"/bulletins/2024/march/events/{key}.ics").status_code == 404


def test_an_event_of_a_draft_is_not_found_and_one_of_a_withdrawn_issue_is_gone(client):
    draft = make_webinar(bulletin=make_bulletin(month=MARCH))
    assert client.get(event_path(draft)).status_code == 404
    gone = make_webinar(bulletin=make_withdrawn(datetime.date(2024, 4, 1), "A name was wrong."))
    assert client.get(event_path(gone)).status_code == 410


def test_the_issue_leads_to_its_events_files_and_marks_those_that_are_over(client):
    bulletin = make_published(MARCH)
    section = make_section(bulletin, heading="Webinars", kind="webinars")
    start = datetime.datetime(2024, 3, 20, 16, tzinfo=datetime.UTC)
    event = make_event(section, start=start, end=start + datetime.timedelta(hours=1))
    for at, is_over in [(start, False), (start + datetime.timedelta(minutes=59), False), (event.end, True)]:
        with time_machine.travel(at, tick=False):
            page = client.get("/bulletins/2024/march/").content.decode()
        assert ("This is over." in page) == is_over
        assert (f'href="{event_path(event)}"' in page) != is_over


def test_an_event_whose_end_is_open_lasts_for_its_day_in_london(client):
    make_webinar(start=datetime.datetime(2024, 7, 3, 15, 30, tzinfo=datetime.UTC))
    midnight = datetime.datetime(2024, 7, 3, 23, tzinfo=datetime.UTC)
    for at, is_over in [(midnight - datetime.timedelta(seconds=1), False), (midnight, True)]:
        with time_machine.travel(at, tick=False):
            assert ("This is over." in client.get("/bulletins/2024/march/").content.decode()) == is_over


def test_the_days_of_the_last_year_and_the_coming_ones(client, june):
    make_publication(name="First Wednesday")
    make_day(7)
    make_day(12)
    make_day(6)
    for month, date in [("2025-05-01", "2025-05-07"), ("2025-07-01", "2025-07-02")]:
        PublicationDay.objects.create(month=month, date=date)
    issue = make_published(datetime.date(2026, 6, 1), summary="What June brought.")
    make_published(datetime.date(2026, 6, 1), slug="june-2", title="For the archive", audience="archive only")
    found = events(client)
    assert [event["dtstart"].dt.isoformat() for event in found] == [
        "2025-07-02T06:30:00+00:00",
        "2026-06-03T06:30:00+00:00",
        "2026-07-01T06:30:00+00:00",
        "2026-12-02T07:30:00+00:00",
    ]
    assert (found[1]["summary"], found[1]["description"]) == (f"First Wednesday: {issue.title}", "What June brought.")
    assert found[1]["url"] == SITE + issue.get_absolute_url()
    assert found[2]["summary"] == "First Wednesday: the issue of July 2026"
    assert {event["status"] for event in found} == {"CONFIRMED"}
    assert {event["transp"] for event in found} == {"TRANSPARENT"}
    assert len({event["uid"] for event in found}) == 4


def test_a_draft_and_a_withdrawn_issue_are_not_named(client, june):
    make_day(6)
    make_day(7)
    make_bulletin(month=datetime.date(2026, 7, 1), title="A secret")
    withdraw(make_published(datetime.date(2026, 6, 1), title="A mistake"), "A name was wrong.")
    assert not any("secret" in event["summary"] or "mistake" in event["summary"] for event in events(client))


def moved(client, day, **changes):
    """Have an editor change a day in the admin."""
    fields = {"date": day.date, "reason": day.reason, "state": day.state, **changes}
    response = client.post(f"/admin/bulletins/publicationday/{day.pk}/change/", fields)
    assert response.status_code == 302, response.content.decode()


@pytest.fixture
def editor(client, june):
    client.force_login(make_staff("alice", "change_publicationday", "view_publicationday"))
    return client


def test_a_moved_day_is_the_same_one_a_version_later(editor):
    day = make_day(7)
    [before] = events(editor)
    moved(editor, day, date="2026-07-08", reason="A holiday")
    [after] = events(editor)
    assert after["uid"] == before["uid"] == "publication-day-2026-07@bulletin.example.org"
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert after["dtstart"].dt == datetime.datetime(2026, 7, 8, 6, 30, tzinfo=datetime.UTC)
    assert before["last-modified"].dt < after["last-modified"].dt == after["dtstamp"].dt == NOON
    moved(editor, day, date="2026-07-15", reason="A longer holiday")
    assert events(editor)[0]["sequence"] == 2


def test_a_skipped_day_is_cancelled_and_one_taken_back_is_on_again(editor):
    day = make_day(7)
    moved(editor, day, state="skipped", reason="Nobody reads in July")
    [skipped] = events(editor)
    assert (skipped["status"], skipped["sequence"]) == ("CANCELLED", 1)
    assert skipped["summary"] == "No issue: First Wednesday"
    assert b"Nobody reads" not in editor.get(CALENDAR).content
    moved(editor, day, state="open", reason="")
    [again] = events(editor)
    assert (again["status"], again["sequence"]) == ("CONFIRMED", 2)


def test_a_day_moved_by_no_editor_is_a_later_version_too(client, june):
    make_day(7, date=datetime.date(2026, 7, 8), reason="Moved by hand")
    assert events(client)[0]["sequence"] == 1


def test_another_editors_log_is_not_counted(editor):
    days = [make_day(7), make_day(12)]
    moved(editor, days[1], date="2026-12-09", reason="A holiday")
    assert [event["sequence"] for event in events(editor)] == [0, 1]


def test_an_empty_calendar_is_one_too(client):
    assert events(client) == []


@pytest.mark.parametrize("days", [1, 12])
def test_the_query_count_does_not_grow(client, django_assert_num_queries, days):
    make_publication()
    for month in range(1, days + 1):
        first = datetime.date(2024, month, 1)
        issue = make_published(first)
        PublicationDay.objects.create(month=first, date=issue.publish_at.date())
    with time_machine.travel(datetime.datetime(2024, 12, 31, tzinfo=datetime.UTC)):
        client.get(CALENDAR)
        with django_assert_num_queries(6):
            client.get(CALENDAR)


def test_the_same_rows_give_the_same_bytes(client, june):
    make_day(7)
    event = make_webinar()
    before = [client.get(path).content for path in (CALENDAR, event_path(event))]
    with time_machine.travel(NOON + datetime.timedelta(days=3)):
        assert [client.get(path).content for path in (CALENDAR, event_path(event))] == before


def test_only_get_and_head(client):
    for path in [CALENDAR, event_path(make_webinar())]:
        assert (client.head(path).status_code, client.head(path).content) == (200, b"")
        assert client.post(path).status_code == 405
        assert client.get(f"{path}?page=-1&q=%00").status_code == 200


def test_an_event_is_saved_as_a_file(client):
    event = make_webinar()
    assert client.get(event_path(event))["Content-Disposition"] == f'attachment; filename="event-{event.pk}.ics"'


def test_a_draft_leads_to_no_file(client):
    bulletin = make_bulletin(month=MARCH)
    make_webinar(bulletin=bulletin, start=NOON + datetime.timedelta(days=9999))
    link = draft_link(bulletin, timezone.now()).removeprefix(SITE)
    page = client.get(link).content.decode()
    assert "An example webinar" in page
    assert ".ics" not in page
