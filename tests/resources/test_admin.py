import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from resources.models import Resource, ResourceTopic
from tests.factories import make_resource, make_resource_topic, make_staff

pytestmark = pytest.mark.django_db
LIST = "/admin/resources/resource/"
FORM = {"title": "A guide", "slug": "a-guide", "summary": "Why.", "reviewed_on": "", "topic": "", "body": "<p>x</p>"}


@pytest.fixture
def editor(client):
    """A browser of somebody who may look after resources and topics."""
    codes = [f"{verb}_{model}" for verb in ("add", "change", "view") for model in ("resource", "resourcetopic")]
    client.force_login(make_staff("alice", *codes))
    return client


def test_a_resource_is_added_clean(editor):
    body = {"body": "<h1>Top</h1><script>alert(1)</script>"}
    assert editor.post(f"{LIST}add/", FORM | body).status_code == 302
    assert Resource.objects.get().body == "<h3>Top</h3>"


def test_the_reserved_address_is_a_message_and_no_error(editor):
    assert editor.post(f"{LIST}add/", FORM | {"slug": "link-to-us"}).status_code == 200
    assert not Resource.objects.exists()


def test_a_new_one_goes_last(editor):
    make_resource("Earlier", position=7)
    editor.post(f"{LIST}add/", FORM)
    assert Resource.objects.get(slug="a-guide").position == 8


def test_its_address_is_kept(editor):
    resource = make_resource("A guide", position=3)
    response = editor.post(f"{LIST}{resource.pk}/change/", FORM | {"title": "Better", "slug": "better"})
    assert response.status_code == 302
    resource.refresh_from_db()
    assert (resource.title, resource.slug, resource.position) == ("Better", "a-guide", 3)


def test_a_topics_address_is_kept_too(editor):
    topic = make_resource_topic("Friends")
    editor.post(f"/admin/resources/resourcetopic/{topic.pk}/change/", {"name": "Mates", "slug": "mates"})
    topic.refresh_from_db()
    assert (topic.name, topic.slug) == ("Mates", "friends")


def test_the_order_is_set_in_the_list(editor):
    first, second = make_resource("First", position=1), make_resource("Second", position=2)
    form = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "2", "_save": "Save"}
    form |= {"form-0-id": first.pk, "form-0-position": "2", "form-1-id": second.pk, "form-1-position": "1"}
    assert editor.post(LIST, form).status_code == 302
    assert list(Resource.objects.values_list("title", flat=True)) == ["Second", "First"]


@pytest.mark.parametrize(
    ("days", "label"), [(30, "bg-green-100"), (600, "overdue: "), (None, "never")], ids=["fresh", "old", "never"]
)
def test_the_list_says_when_it_was_last_checked(editor, days, label):
    day = days and datetime.date.today() - datetime.timedelta(days=days)
    make_resource("A guide", reviewed_on=day)
    page = editor.get(LIST).content.decode()
    assert label in page
    if day:
        assert f"{day.day} {day:%B %Y}" in page


def test_each_number_in_the_list_says_whose_order_it_is(editor):
    make_resource("A guide")
    assert 'aria-label="Order of A guide"' in editor.get(LIST).content.decode()


def test_the_list_leads_to_the_page_on_the_web(editor):
    make_resource("A guide")
    assert 'href="/parental-resources/a-guide/">See on the web</a>' in editor.get(LIST).content.decode()


@pytest.mark.parametrize("model", ["resource", "resourcetopic", "helpline"])
def test_an_empty_list_says_how_to_begin(admin_client, model):
    page = admin_client.get(f"/admin/resources/{model}/", secure=True).content.decode()
    assert any(words in page for words in ("which schools link to", "by topic", "Begin with 999"))
    assert "Drag a row" not in page


def test_forms_open(editor):
    resource, topic = make_resource("A guide"), make_resource_topic("Friends")
    for path in ["resource/add/", f"resource/{resource.pk}/change/", "resourcetopic/add/"]:
        assert editor.get(f"/admin/resources/{path}").status_code == 200
    assert editor.get(f"/admin/resources/resourcetopic/{topic.pk}/change/").status_code == 200


def test_the_list_asks_the_same_number_of_queries_for_any_number(editor):
    asked = []
    for rows in (range(2), range(2, 9)):
        for number in rows:
            make_resource(f"Guide {number}", topic=make_resource_topic(f"Topic {number}"))
        with CaptureQueriesContext(connection) as queries:
            assert editor.get(LIST).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 12


def test_looking_changes_nothing(editor):
    make_resource("A guide", position=4)
    make_resource_topic("Friends")
    before = list(Resource.objects.values()), list(ResourceTopic.objects.values())
    for path in [LIST, f"{LIST}add/", f"{LIST}{Resource.objects.get().pk}/change/", "/admin/resources/resourcetopic/"]:
        editor.get(path)
    assert (list(Resource.objects.values()), list(ResourceTopic.objects.values())) == before


def test_who_may_only_look_cannot_write(client):
    client.force_login(make_staff("bob", "view_resource"))
    resource = make_resource("A guide")
    assert client.get(f"{LIST}{resource.pk}/change/").status_code == 200
    assert client.post(f"{LIST}{resource.pk}/change/", FORM | {"title": "Bob's"}).status_code == 403
    assert Resource.objects.get().title == "A guide"
