import datetime
import re

import pytest
from django.db import IntegrityError

from resources.models import Helpline
from tests.factories import make_helpline, make_resource, make_staff

pytestmark = pytest.mark.django_db
HUB = "/parental-resources/"
LINK_TO_US = "/parental-resources/link-to-us/"
DAY = datetime.date(2026, 3, 3)


def panel(client, path: str) -> str:
    """The panel's words and links; empty on a page without it."""
    found = re.search(r'<section class="urgent".*?</section>', client.get(path).content.decode(), re.DOTALL)
    return " ".join(re.sub(r"</?(?!a\b)[^>]*>", " ", found[0].replace("</a>", " ")).split()) if found else ""


def test_the_panel_stands_first_on_the_hub_and_on_a_resource(client):
    make_helpline("Example Line", number="0800 000 0000")
    make_resource("A guide")
    for path in [HUB, "/parental-resources/a-guide/"]:
        page = client.get(path).content.decode()
        assert page.index("In danger now?") < page.index("<h1>")
        assert '<a href="tel:08000000000"> 0800 000 0000 Example Line' in panel(client, path)


def test_the_panel_is_not_for_schools(client):
    make_helpline()
    assert panel(client, LINK_TO_US) == ""


def test_only_urgent_ones_are_in_the_panel_in_their_order(client):
    make_helpline("Third", position=3)
    make_helpline("First", position=1)
    make_helpline("Elsewhere", urgent=False)
    shown = panel(client, HUB)
    assert shown.index("First") < shown.index("Third")
    assert "Elsewhere" not in shown


def test_without_helplines_there_is_no_panel_and_no_list(client):
    page = client.get(HUB).content.decode()
    assert "In danger now?" not in page
    assert 'id="helplines"' not in page


def test_what_nobody_checked_says_so_wherever_it_stands(client):
    make_helpline()
    page = client.get(HUB).content.decode()
    assert page.count("Not checked by your organisation") == 2
    assert "Checked on" not in page


def test_what_was_checked_says_when(client):
    make_helpline(checked_on=DAY)
    page = client.get(HUB).content.decode()
    assert page.count('Checked on <time datetime="2026-03-03">3 March 2026</time>') == 2
    assert "Not checked" not in page


@pytest.mark.parametrize(
    ("number", "tel"),
    [
        ("999", "999"),
        ("0800 1111", "08001111"),
        ("0808 2000 247", "08082000247"),
        ("+44 20 7946 0000", "+442079460000"),
    ],
)
def test_a_telephone_dials_its_digits(client, number, tel):
    make_helpline(number=number)
    assert client.get(HUB).content.decode().count(f'href="tel:{tel}"') == 2


def test_a_check_records_who_and_when():
    helpline = make_helpline()
    alice = make_staff()
    helpline.check_today(alice, DAY)
    helpline.refresh_from_db()
    assert (helpline.checked_on, helpline.checked_by) == (DAY, alice)


@pytest.mark.parametrize(
    "change",
    [{"number": "0800 000 0001"}, {"other_way": "Text it"}, {"hours": "At noon"}, {"url": "https://www.example.org/"}],
)
@pytest.mark.parametrize("door", ["save", "update"])
def test_another_way_to_reach_it_takes_the_check_back(change, door):
    helpline = make_helpline(checked_on=DAY, checked_by=make_staff())
    if door == "save":
        for name, value in change.items():
            setattr(helpline, name, value)
        helpline.save()
    else:
        Helpline.objects.update(**change)
    helpline.refresh_from_db()
    assert (helpline.checked_on, helpline.checked_by) == (None, None)


def test_other_changes_leave_the_check():
    helpline = make_helpline(checked_on=DAY, checked_by=make_staff())
    Helpline.objects.update(name="Another Line", who_for="others", position=9, urgent=False)
    helpline.refresh_from_db()
    assert helpline.checked_on == DAY
    assert helpline.checked_by.username == "alice"


def test_a_check_outlives_the_account_of_who_made_it():
    alice = make_staff()
    helpline = make_helpline(checked_on=DAY, checked_by=alice)
    alice.delete()
    helpline.refresh_from_db()
    assert (helpline.checked_on, helpline.checked_by) == (DAY, None)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"name": ""}, "helpline_says_whose_and_for_whom"),
        ({"who_for": ""}, "helpline_says_whose_and_for_whom"),
        ({"number": "", "urgent": False}, "helpline_can_be_reached"),
        ({"number": "call us"}, "helpline_number_dials"),
        ({"number": "0800 1111\n"}, "helpline_number_dials"),
        ({"number": "0800  1111"}, "helpline_number_dials"),
        ({"url": "javascript:alert(1)"}, "helpline_url_is_web_address"),
        ({"number": "", "other_way": "Text it"}, "helpline_in_the_panel_has_a_number"),
    ],
)
def test_the_table_refuses(fields, rule):
    with pytest.raises(IntegrityError, match=rule):
        make_helpline(**fields)


def test_nobody_checks_on_no_day():
    with pytest.raises(IntegrityError, match="helpline_checked_by_has_a_day"):
        make_helpline(checked_by=make_staff())


def test_two_do_not_share_a_name():
    make_helpline()
    with pytest.raises(IntegrityError, match="name"):
        make_helpline()


def test_what_is_typed_is_not_trusted_as_html(client):
    make_helpline("<b>Line</b>", who_for="<i>all</i>", hours="{{ site_url }}")
    page = client.get(HUB).content.decode()
    assert "&lt;b&gt;Line&lt;/b&gt;" in page
    assert "&lt;i&gt;all&lt;/i&gt;" in page
    assert "{{ site_url }}" in page


def test_a_check_lasts_a_year():
    helpline = Helpline(checked_on=DAY)
    assert not helpline.is_overdue(DAY + datetime.timedelta(days=365))
    assert helpline.is_overdue(DAY + datetime.timedelta(days=366))
    assert Helpline().is_overdue(DAY)
