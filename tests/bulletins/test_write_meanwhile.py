"""What happens to an issue while it is open at the desk, and what a page that comes back with errors says."""

import datetime

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from bulletins.approval import approve
from bulletins.models import Bulletin, NewsItem
from tests.bulletins.screen import WRITING, change_url, posted
from tests.factories import MARCH, make_approved, make_author, make_bulletin, make_publication, make_staff
from tests.publication.test_pictures import photo, written

pytestmark = pytest.mark.django_db
AGAIN = "Choose the picture again: it was not stored."
LATER = {"month": datetime.date(2031, 6, 1), "publish_at": datetime.datetime(2031, 6, 4, 6, 30, tzinfo=datetime.UTC)}


@pytest.fixture
def editor(client):
    editor = make_staff("editor", *WRITING)
    client.force_login(editor)
    return editor


def with_picture(client, bulletin, **fields):
    file = SimpleUploadedFile("photo.jpg", written(photo(), "JPEG"))
    return posted(client, bulletin, **{"items-0-image": file, "items-0-image_alt": "A house.", **fields})


@pytest.mark.parametrize("wrong", [{"items-0-headline": ""}, {"title": ""}, {"sections-0-heading": ""}])
def test_a_picture_that_was_not_stored_is_asked_for_again_and_not_shown(client, editor, wrong):
    page = with_picture(client, make_bulletin(), **wrong).content.decode()
    assert AGAIN in page
    assert 'class="stored"' not in page
    assert not NewsItem.objects.get().image


def test_the_stored_picture_stays_in_sight_when_another_one_was_lost(client, editor):
    bulletin = make_bulletin()
    assert with_picture(client, bulletin).status_code == 302
    page = with_picture(client, bulletin, title="").content.decode()
    assert f'class="stored" src="{NewsItem.objects.get().image.url}"' in page


def test_nothing_is_said_of_pictures_where_none_was_sent(client, editor):
    assert AGAIN not in posted(client, make_bulletin(), title="").content.decode()


def test_words_of_no_picture_are_refused(client, editor):
    answer = posted(client, make_bulletin(), **{"items-0-image_alt": "A house."})
    assert "or empty those words" in answer.content.decode()


def test_an_issue_for_subscribers_takes_no_day_that_is_past(client, editor):
    bulletin = make_bulletin(**LATER)
    past = {"publish_at_0": "2020-01-01", "publish_reason": "a reason"}
    answer = posted(client, bulletin, **past)
    assert "1 January 2020 is past: choose a day to come" in answer.content.decode()
    assert Bulletin.objects.get().publish_at == bulletin.publish_at
    assert posted(client, bulletin, **past, audience="archive only").status_code == 302


def test_a_day_of_another_month_stays_allowed_with_its_reason(client, editor):
    answer = posted(client, make_bulletin(**LATER), publish_at_0="2031-07-02", publish_reason="half-term")
    assert answer.status_code == 302


def test_a_draft_whose_hour_passed_is_still_edited(client, editor):
    bulletin = make_bulletin(publish_at=MARCH + datetime.timedelta(seconds=12))
    assert posted(client, bulletin, title="Another", publish_at_1="07:30").status_code == 302


def test_an_hour_without_its_day_is_refused_with_the_way_out(client, editor):
    page = posted(client, make_bulletin(**LATER), publish_at_0="").content.decode()
    assert "Give the day too, or clear the hour as well." in page


def test_an_issue_published_while_it_was_open_is_corrected_knowingly(client, editor):
    bulletin = make_approved(**LATER)
    with time_machine.travel(bulletin.publish_at - datetime.timedelta(minutes=5), tick=False) as clock:
        client.force_login(editor)
        opened = client.get(change_url(bulletin)).context["adminform"].form["seen"].value()
        clock.shift(datetime.timedelta(minutes=10))
        answer = posted(client, bulletin, title="Corrected", seen=opened)
        assert "This issue was published at 07:30 while you had it open." in answer.content.decode()
        assert Bulletin.objects.get().title == bulletin.title
        fresh = answer.context["adminform"].form["seen"].value()
        assert posted(client, bulletin, title="Corrected", seen=fresh).status_code == 302
    assert Bulletin.objects.get().title == "Corrected"


def test_two_people_are_told_who_when_and_where(client, editor):
    bulletin = make_bulletin(**LATER)
    opened = client.get(change_url(bulletin)).context["adminform"].form["seen"].value()
    posted(client, bulletin, title="By the first")
    page = posted(client, bulletin, title="By the second", seen=opened).content.decode()
    hour = timezone.localtime(Bulletin.objects.get().updated_at).strftime("%H:%M")
    assert f"editor changed this issue at {hour}, after you opened it" in page
    assert f'<a href="{change_url(bulletin)}" target="_blank" rel="noopener">' in page
    approve(Bulletin.objects.get(), make_staff("<b>ruth"), timezone.now())
    page = posted(client, bulletin, seen=opened).content.decode()
    assert "&lt;b&gt;ruth approved this issue at" in page


def test_a_second_issue_of_a_month_has_a_title_of_its_own_and_leads_to_the_first(client, editor):
    make_publication()
    for special in ("", "on", "on"):
        fields = {"month": "2031-06-04", "author": make_author().pk, "special": special}
        answer = client.post(reverse("admin:bulletins_bulletin_add"), fields)
    titles = list(Bulletin.objects.order_by("pk").values_list("title", flat=True))
    assert titles == [
        "First Wednesday June 2031",
        "First Wednesday special June 2031",
        "First Wednesday special 2 June 2031",
    ]
    first = Bulletin.objects.order_by("pk")[0]
    assert f'<a href="{change_url(first)}">{first}</a>' in client.get(answer.url).content.decode()
