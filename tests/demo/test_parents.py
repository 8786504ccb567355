import datetime
import re

import pytest
from django.contrib.auth.models import Group
from django.utils.html import strip_tags

from demo.parents import make_for_parents
from demo.staff import make_staff
from resources.models import Helpline, Resource, ResourceTopic

NOW = datetime.datetime(2026, 11, 20, 12, 0, tzinfo=datetime.UTC)
RESOURCES = "/parental-resources/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    make_for_parents(NOW)


def test_there_are_fifteen_resources_that_say_something(made):
    assert Resource.objects.count() == 15
    lengths = {found.slug: len(strip_tags(found.body.replace("<", " <")).split()) for found in Resource.objects.all()}
    assert {slug: words for slug, words in lengths.items() if not 250 <= words <= 450} == {}


def test_each_has_headings_a_topic_and_a_day(made):
    lacking = [found.slug for found in Resource.objects.all() if found.body.count("<h3>") < 3 or not found.topic]
    assert lacking == []
    assert not Resource.objects.filter(reviewed_on=None).exists()


def test_the_sanitiser_keeps_every_word_as_written(made):
    for found in Resource.objects.all():
        before = found.body
        found.save()
        assert found.body == before


def test_every_link_among_them_leads_somewhere(made, client):
    bodies = " ".join(Resource.objects.values_list("body", flat=True))
    links = {link.partition("#")[0] for link in re.findall(r'href="(/[^"]*)"', bodies)}
    assert links
    assert [link for link in links if client.get(link).status_code != 200] == []


def test_every_page_opens(made, client):
    pages = [found.get_absolute_url() for found in Resource.objects.all()]
    assert [page for page in pages if client.get(page).status_code != 200] == []


def test_no_number_stands_in_a_text_but_those_that_are_helplines(made):
    numbers = set(Helpline.objects.values_list("number", flat=True))
    bodies = " ".join(strip_tags(body) for body in Resource.objects.values_list("body", flat=True))
    assert set(re.findall(r"\b\d{3,}(?: \d+)*\b", bodies)) <= numbers


def test_nobody_has_checked_the_helplines(made, client):
    assert Helpline.objects.count() == 12
    assert set(Helpline.objects.values_list("checked_on", "checked_by")) == {(None, None)}
    page = client.get(RESOURCES).content.decode()
    panel = list(Helpline.objects.urgent().values_list("number", flat=True))
    assert panel == ["999", "0800 1111", "0808 800 5000", "101"]
    assert page.count("Not checked by your organisation") == 12 + len(panel)


def test_one_resource_is_overdue_so_that_the_list_can_show_it(made):
    assert [found.slug for found in Resource.objects.all() if found.is_overdue(NOW.date())] == ["bedtime-and-screens"]


def test_making_it_again_leaves_what_editors_wrote(made):
    Helpline.objects.filter(name="Childline").update(hours="At all hours")
    Resource.objects.filter(slug="bullying").update(title="Bullying")
    make_for_parents(NOW + datetime.timedelta(days=1))
    assert (Resource.objects.count(), ResourceTopic.objects.count(), Helpline.objects.count()) == (15, 4, 12)
    assert Helpline.objects.get(name="Childline").hours == "At all hours"
    assert Resource.objects.get(slug="bullying").title == "Bullying"


@pytest.mark.parametrize("name", ["editor", "approver"])
def test_editors_look_after_all_of_it(name):
    make_staff()
    codes = set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))
    assert {f"change_{model}" for model in ("resource", "resourcetopic", "helpline")} <= codes
