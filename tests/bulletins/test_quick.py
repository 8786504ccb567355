"""The write screen's small helps: tidy a text, suggest topics."""

import pytest
from django.urls import reverse

from bulletins.models import Topic
from bulletins.suggestions import suggested_topics
from tests.factories import make_bulletin, make_item, make_staff

pytestmark = pytest.mark.django_db

TIDY, TOPICS = reverse("quick:tidy"), reverse("quick:topics")


@pytest.fixture
def editor(client):
    client.force_login(make_staff("editor", "change_bulletin"))


def make_topic(name):
    return Topic.objects.create(name=name, slug=name.lower().replace(" ", "-"))


def names(words):
    return [topic.name for topic in suggested_topics(words)]


def test_a_text_comes_back_tidied(client, editor):
    answer = client.post(TIDY, {"text": '<p>"x"</p><script>alert(1)</script>'})
    assert answer.json() == {"text": "<p>“x”</p>", "changed": True}


def test_one_that_is_tidy_is_left_alone(client, editor):
    assert client.post(TIDY, {"text": "<p>x</p>"}).json() == {"text": "<p>x</p>", "changed": False}


def test_a_topic_that_is_named_is_suggested_whatever_its_endings():
    safety, bullying = make_topic("Online safety"), make_topic("Bullying")
    make_topic("Attendance")
    assert names("They were bullied, and felt no safety when online.") == [safety.name, bullying.name]
    assert names("Only safety.") == []


def test_topics_are_learnt_from_earlier_items_with_like_headlines():
    phones = make_topic("Phones")
    item = make_item(make_bulletin(), headline="Keeping mobiles out of lessons")
    item.topics.add(phones)
    assert names("A school keeps all mobiles in lockers during lessons") == ["Phones"]
    assert names("Lessons in the snow") == []


def test_no_more_than_four_are_suggested():
    for name in ("Art", "Music", "Drama", "Dance", "Sport"):
        make_topic(name)
    assert len(names("Art, music, drama, dance and sport")) == 4


def test_the_page_gets_their_keys_and_names(client, editor):
    topic = make_topic("Online <safety>")
    answer = client.post(TOPICS, {"text": "<p>Online</p><p>safety</p>"})
    assert answer.json() == {"topics": [{"id": topic.pk, "name": topic.name}]}


def test_two_queries_however_many_items(client, editor, django_assert_num_queries):
    make_topic("Art")
    bulletin = make_bulletin()
    for number in range(5):
        make_item(bulletin, headline=f"Art number {number}")
    with django_assert_num_queries(2):
        suggested_topics("Art number one")


@pytest.mark.parametrize("words", ["", "\x00", "'; DROP TABLE bulletins_topic; --", "a:*&|!()<->", "é" * 5000])
@pytest.mark.parametrize("where", [TIDY, TOPICS])
def test_whatever_is_typed_is_answered(client, editor, where, words):
    assert client.post(where, {"text": words}).status_code == 200


@pytest.mark.parametrize("where", [TIDY, TOPICS])
def test_what_is_far_too_long_is_refused_in_words(client, editor, where):
    answer = client.post(where, {"text": "x" * 200_001})
    assert (answer.status_code, "too long" in answer.json()["fault"]) == (400, True)


@pytest.mark.parametrize("where", [TIDY, TOPICS])
def test_only_who_writes_is_helped(client, where):
    assert client.post(where).status_code == 302
    client.force_login(make_staff("somebody"))
    assert client.post(where).status_code == 403
    client.force_login(make_staff("editor", "change_bulletin"))
    assert client.get(where).status_code == 405
