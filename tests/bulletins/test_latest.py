import datetime

import pytest

from tests.factories import make_published, make_withdrawn

pytestmark = pytest.mark.django_db


def test_it_leads_to_the_newest_published_issue(client):
    make_published(datetime.date(2024, 2, 1))
    make_published(datetime.date(2024, 3, 1))
    make_withdrawn(datetime.date(2024, 4, 1), "A name was wrong.")
    make_published(datetime.date(2060, 1, 1))
    response = client.get("/bulletins/latest/")
    assert (response.status_code, response["Location"]) == (302, "/bulletins/2024/march/")


def test_while_the_archive_is_empty_it_leads_there(client):
    response = client.get("/bulletins/latest/")
    assert (response.status_code, response["Location"]) == (302, "/bulletins/")


def test_only_get_and_head(client):
    assert client.head("/bulletins/latest/").status_code == 302
    assert client.post("/bulletins/latest/").status_code == 405
