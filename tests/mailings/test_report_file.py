"""The ledger as a file: every letter, nothing that a spreadsheet would run, never all of it in memory."""

import csv
import datetime
import io

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.http import StreamingHttpResponse
from django.urls import reverse

from mailings.ledger_file import cell, ledger_lines
from tests.factories import MARCH, make_staff
from tests.mailings.cast import make_mailing, put

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"


@pytest.fixture
def grace(client):
    client.force_login(make_staff("grace", "view_delivery"))


def fetched(client, mailing):
    """Return the answer and its text, for the password."""
    answer = client.post(reverse("mailings:ledger", args=[mailing.pk]), {"password": PASSWORD})
    return answer, b"".join(answer.streaming_content).decode()


def rows(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def test_it_has_a_line_for_each_letter_in_any_state(client, grace):
    mailing = make_mailing(readers=3)
    first, second, third = mailing.deliveries.order_by("subscriber__address")
    for state in ("claimed", "on_wire"):
        put(first, state)
    put(first, "sent", sent_at=MARCH, attempts=1, smtp_code=250, smtp_text='ok, "queued"')
    put(second, "claimed")
    put(second, "failed", attempts=2, smtp_code=550, smtp_text="no\r\nsuch user")
    third.subscriber.delete()
    answer, text = fetched(client, mailing)
    assert isinstance(answer, StreamingHttpResponse)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="2026-march-ledger.csv"'
    heading, *letters = rows(text)
    assert heading == ["address", "state", "attempts", "sent at", "code", "reply", "Message-ID"]
    # The readers' rows are planned in whatever order the database finds them.
    assert sorted(letters) == [
        ["erased", "queued", "0", "", "", "", third.message_id],
        ["reader0@example.org", "sent", "1", "2026-03-04T07:30:00.000+00:00", "250", 'ok, "queued"', first.message_id],
        ["reader1@example.org", "failed", "2", "", "550", "no\r\nsuch user", second.message_id],
    ]
    assert text.endswith("\r\n")
    assert '"ok, ""queued"""' in text


def test_a_summer_moment_is_written_in_utc(client, grace):
    mailing = make_mailing(readers=1)
    for state in ("claimed", "on_wire"):
        put(mailing.deliveries.get(), state)
    london = datetime.timezone(datetime.timedelta(hours=1))
    put(mailing.deliveries.get(), "sent", sent_at=datetime.datetime(2026, 7, 1, 7, 30, tzinfo=london))
    assert rows(fetched(client, mailing)[1])[1][3] == "2026-07-01T06:30:00.000+00:00"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_spreadsheet_runs_no_cell(client, grace, start):
    assert cell(f"{start}cmd") == f"'{start}cmd"


def test_what_people_and_relays_wrote_is_made_harmless(client, grace):
    mailing = make_mailing(readers=1)
    delivery = mailing.deliveries.get()
    type(delivery.subscriber).objects.update(address='=hyperlink("x")@example.org')
    put(delivery, "claimed")
    put(delivery, "failed", smtp_code=550, smtp_text="+1 no")
    line = rows(fetched(client, mailing)[1])[1]
    assert (line[0], line[5]) == ('\'=hyperlink("x")@example.org', "'+1 no")


def test_it_is_read_by_a_cursor_that_the_database_keeps(monkeypatch):
    monkeypatch.setattr("mailings.ledger_file.ROWS_AT_ONCE", 2)
    lines = ledger_lines(make_mailing(readers=5))
    next(lines), next(lines)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE statement LIKE '%mailings_delivery%'")
        assert cursor.fetchone() == (1,)
    assert len(list(lines)) == 4


def test_who_may_not_see_names_gets_none(client):
    mailing = make_mailing(readers=1)
    client.force_login(make_staff("ed", "view_mailing", "steer_mailing"))
    assert client.get(reverse("mailings:ledger", args=[mailing.pk])).status_code == 403
    assert client.post(reverse("mailings:ledger", args=[mailing.pk]), {"password": PASSWORD}).status_code == 403


def test_looking_gives_no_file_and_says_what_is_in_it(client, grace):
    mailing = make_mailing(readers=2)
    answer = client.get(reverse("mailings:ledger", args=[mailing.pk]))
    assert not answer.streaming
    words = " ".join(answer.content.decode().split())
    assert "2 letters, a line each, with the reader’s address" in words
    assert "reader0@example.org" not in words
    assert not LogEntry.objects.filter(user__username="grace").exists()


@pytest.mark.parametrize("password", ["", "guessed"])
def test_without_the_password_there_is_no_file(client, grace, password):
    answer = client.post(reverse("mailings:ledger", args=[make_mailing(readers=1).pk]), {"password": password})
    assert not answer.streaming
    assert b"reader0@example.org" not in answer.content
    assert not LogEntry.objects.filter(user__username="grace").exists()


def test_five_wrong_passwords_lock_out(client, grace):
    place = reverse("mailings:ledger", args=[make_mailing(readers=1).pk])
    assert [client.post(place, {"password": "guessed"}).status_code for _ in range(5)] == [200] * 4 + [429]
    assert client.post(place, {"password": PASSWORD}).status_code == 429


def test_who_took_it_is_written_down(client, grace):
    mailing = make_mailing(readers=1)
    fetched(client, mailing)
    line = LogEntry.objects.get(user__username="grace")
    assert (line.content_type.model, line.object_id) == ("mailing", str(mailing.pk))
    assert line.change_message == "Took its ledger, with the addresses of its readers, as a file."
