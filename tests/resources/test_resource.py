import datetime

import pytest
from django.db import IntegrityError

from tests.factories import make_resource

pytestmark = pytest.mark.django_db
PATH = "/parental-resources/a-guide/"


def test_it_shows_the_guide_and_when_it_was_checked(client):
    make_resource("A guide", body="<p>Talk <em>early</em>.</p>", reviewed_on=datetime.date(2026, 1, 12))
    page = client.get(PATH).content.decode()
    assert "<h1>A guide</h1>" in page
    assert "<p>Talk <em>early</em>.</p>" in page
    assert "12 January 2026" in page


def test_it_leads_to_the_others(client):
    make_resource("A guide")
    make_resource("Another guide")
    page = client.get(PATH).content.decode()
    assert 'href="/parental-resources/another-guide/"' in page
    assert f'href="{PATH}"' not in page


def test_its_body_is_cleaned(client):
    make_resource("A guide", body="<script>alert(1)</script><p onclick='x'>Safe {{ site_url }}</p>")
    page = client.get(PATH).content.decode()
    assert "<p>Safe {{ site_url }}</p>" in page
    assert "<script" not in page


@pytest.mark.parametrize("slug", ["nothing", "a%00b", "a%20b"])
def test_an_unknown_one_is_not_found(client, slug):
    assert client.get(f"/parental-resources/{slug}/").status_code == 404


def test_only_get_and_head(client):
    make_resource("A guide")
    assert client.head(PATH).status_code == 200
    assert client.post(PATH).status_code == 405


def test_no_resource_takes_the_address_of_link_to_us():
    with pytest.raises(IntegrityError, match="resource_has_title_and_slug"):
        make_resource("Link to us")
