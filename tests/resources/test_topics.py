import re

import pytest
from django.db import IntegrityError

from resources.models import Resource, ResourceTopic
from tests.factories import make_resource, make_resource_topic

pytestmark = pytest.mark.django_db
PATH = "/parental-resources/"


@pytest.fixture
def guides():
    friends = make_resource_topic("Friends", position=2)
    school = make_resource_topic("At school", position=1)
    make_resource_topic("Nobody writes about it")
    make_resource("A kind word", topic=friends)
    make_resource("A hard word", topic=friends)
    make_resource("The bell", topic=school)
    make_resource("About nothing in particular")


def choices(client, query: str = "") -> list[str]:
    """The links to choose by, as they read."""
    page = client.get(f"{PATH}{query}").content.decode()
    nav = re.search(r'<nav class="choose".*?</nav>', page, re.DOTALL)[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", link).split()) for link in re.findall(r"<a .*?</a>", nav)]


def titles(client, query: str) -> list[str]:
    """The titles of the cards."""
    return re.findall(r'<h3><a href="/[^"]+">([^<]+)</a></h3>', client.get(f"{PATH}{query}").content.decode())


def test_topics_that_have_resources_are_offered_in_their_order_with_counts(guides, client):
    assert choices(client) == ["All 4", "At school 1", "Friends 2"]


def test_a_topic_shows_its_own(guides, client):
    assert titles(client, "?topic=friends") == ["A hard word", "A kind word"]
    page = client.get(f"{PATH}?topic=friends").content.decode()
    assert '<a href="?topic=friends" aria-current="page">' in page
    assert page.count("<h2>Friends</h2>") == 1


@pytest.mark.parametrize("wanted", ["unknown", "nobody-writes-about-it", "%00", "%3Cb%3E", "friends'--"])
def test_a_topic_with_nothing_leads_back_to_all(guides, client, wanted):
    page = client.get(f"{PATH}?topic={wanted}").content.decode()
    assert titles(client, f"?topic={wanted}") == []
    assert "Nothing under this topic" in page
    assert '<a href="/parental-resources/">See all resources</a>' in page
    assert "<b>" not in page[page.index("<main") :]


def test_without_topics_there_is_nothing_to_choose(client):
    make_resource("A guide")
    assert 'class="choose"' not in client.get(PATH).content.decode()


def test_a_topic_that_goes_leaves_its_resources(guides):
    ResourceTopic.objects.get(name="Friends").delete()
    assert Resource.objects.filter(topic=None).count() == 3


@pytest.mark.parametrize("fields", [{"name": ""}, {"slug": ""}])
def test_a_topic_has_a_name_and_a_slug(fields):
    with pytest.raises(IntegrityError, match="resource_topic_has_name_and_slug"):
        ResourceTopic(**{"name": "Friends", "slug": "friends", **fields}).save()
