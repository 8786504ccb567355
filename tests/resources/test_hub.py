import pytest

from tests.factories import make_resource

pytestmark = pytest.mark.django_db
PATH = "/parental-resources/"


def test_it_lists_the_resources_in_their_order(client):
    make_resource("Second guide", position=2)
    make_resource("First guide", position=1)
    page = client.get(PATH).content.decode()
    assert page.index("First guide") < page.index("Second guide")
    assert 'href="/parental-resources/first-guide/"' in page


def test_while_there_are_none_it_says_so(client):
    response = client.get(PATH)
    assert response.status_code == 200
    assert "No resource is here yet" in response.content.decode()


def test_it_shows_schools_the_way(client):
    assert 'href="/parental-resources/link-to-us/"' in client.get(PATH).content.decode()


def test_the_query_count_does_not_grow(client, django_assert_num_queries):
    for number in range(9):
        make_resource(f"Guide {number}")
    with django_assert_num_queries(3):
        client.get(PATH)


def test_odd_queries_get_the_page_and_other_methods_do_not(client):
    assert client.get(f"{PATH}?page=-1&q=%00").status_code == 200
    assert client.head(PATH).status_code == 200
    assert client.post(PATH).status_code == 405
