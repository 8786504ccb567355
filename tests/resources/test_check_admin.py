"""An editor's word that a number is right."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from resources.models import Helpline
from tests.factories import make_helpline, make_staff

pytestmark = pytest.mark.django_db
LIST = "/admin/resources/helpline/"
CHECKED = "resources_helpline_checked_today"
FORM = {
    "name": "Example Line",
    "who_for": "parents in examples",
    "number": "0800 000 0000",
    "other_way": "",
    "hours": "",
    "url": "",
    "urgent": "on",
}
DAY = datetime.date(2026, 3, 3)


@pytest.fixture
def alice():
    codes = [f"{verb}_helpline" for verb in ("add", "change", "view")]
    return make_staff("alice", *codes)


@pytest.fixture
def editor(client, alice):
    client.force_login(alice)
    return client


def change(client, helpline: Helpline, **fields: str) -> str:
    """Post a helpline's form, and return the page that follows."""
    response = client.post(f"{LIST}{helpline.pk}/change/", FORM | fields, follow=True)
    helpline.refresh_from_db()
    return response.content.decode()


def test_one_press_records_who_and_when(editor, alice):
    helpline = make_helpline()
    with time_machine.travel(datetime.datetime(2026, 7, 1, 23, 30, tzinfo=datetime.UTC), tick=False):
        page = change(editor, helpline, **{CHECKED: ""})
    # Half past midnight in London.
    assert (helpline.checked_on, helpline.checked_by) == (datetime.date(2026, 7, 2), alice)
    assert "the pages for parents say that it was checked today" in page


def test_the_press_vouches_for_the_number_on_the_form(editor, alice):
    helpline = make_helpline(checked_on=DAY)
    change(editor, helpline, **{CHECKED: "", "number": "0800 000 0001"})
    assert helpline.number == "0800 000 0001"
    assert helpline.checked_by == alice
    assert helpline.checked_on != DAY


def test_another_number_takes_the_check_back_and_says_so(editor):
    helpline = make_helpline(checked_on=DAY)
    page = change(editor, helpline, number="0800 000 0001", _save="")
    assert helpline.checked_on is None
    assert "nobody has checked the changed words yet" in page


def test_another_name_leaves_it(editor):
    helpline = make_helpline(checked_on=DAY)
    page = change(editor, helpline, name="Better Line", _save="")
    assert (helpline.name, helpline.checked_on) == ("Better Line", DAY)
    assert "nobody has checked" not in page


def test_a_refused_form_is_no_check(editor):
    helpline = make_helpline()
    page = change(editor, helpline, **{CHECKED: "", "number": "call us"})
    assert helpline.checked_on is None
    assert "Write digits, with single spaces between groups." in page


def test_the_check_itself_cannot_be_typed(editor):
    helpline = make_helpline()
    change(editor, helpline, checked_on="2026-03-03", checked_by="1", _save="")
    assert (helpline.checked_on, helpline.checked_by) == (None, None)


def test_looking_checks_nothing(editor):
    helpline = make_helpline()
    for path in [LIST, f"{LIST}{helpline.pk}/change/", f"{LIST}{helpline.pk}/change/?{CHECKED}=1"]:
        assert editor.get(path).status_code == 200
    helpline.refresh_from_db()
    assert helpline.checked_on is None


def test_who_may_only_look_is_not_asked_and_cannot_check(client):
    helpline = make_helpline()
    client.force_login(make_staff("bob", "view_helpline"))
    assert CHECKED not in client.get(f"{LIST}{helpline.pk}/change/").content.decode()
    assert client.post(f"{LIST}{helpline.pk}/change/", FORM | {CHECKED: ""}).status_code == 403
    helpline.refresh_from_db()
    assert helpline.checked_on is None


def test_the_form_says_how_the_check_stands(editor, alice):
    helpline = make_helpline()
    page = editor.get(f"{LIST}{helpline.pk}/change/").content.decode()
    assert "Nobody has checked it" in page
    assert f'name="{CHECKED}"' in page
    helpline.check_today(alice, DAY)
    assert "Checked on 3 March 2026 by alice." in editor.get(f"{LIST}{helpline.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("days", "words"), [(None, "not checked"), (10, "bg-green-100"), (400, "over a year ago: ")], ids=str
)
def test_the_list_says_how_each_stands(editor, days, words):
    make_helpline(checked_on=days and datetime.date.today() - datetime.timedelta(days=days))
    assert words in editor.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"number": "", "urgent": ""}, "Give a number, another way or a web page."),
        ({"number": "", "other_way": "Text it"}, "What is in the panel needs a number to call."),
    ],
)
def test_a_helpline_that_cannot_be_reached_is_refused_in_words(editor, fields, message):
    form = {name: value for name, value in (FORM | fields).items() if value}
    response = editor.post(f"{LIST}add/", form)
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not Helpline.objects.exists()


def test_a_new_one_is_not_checked_and_goes_last(editor):
    make_helpline("Earlier", position=4)
    assert editor.post(f"{LIST}add/", FORM).status_code == 302
    helpline = Helpline.objects.get(name="Example Line")
    assert (helpline.position, helpline.checked_on) == (5, None)


def test_the_list_asks_the_same_number_of_queries_for_any_number(editor):
    asked = []
    for rows in (range(2), range(2, 9)):
        for number in rows:
            make_helpline(f"Line {number}")
        with CaptureQueriesContext(connection) as queries:
            assert editor.get(LIST).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 12
