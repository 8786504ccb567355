import datetime

import pytest

from bulletins.models import Bulletin
from tests.factories import make_published, make_withdrawn

pytestmark = pytest.mark.django_db
MARCH = datetime.date(2024, 3, 1)


@pytest.mark.parametrize("path", ["/bulletins/2024/march/", "/bulletins/2024/march/an-example-headline/"])
def test_the_issue_and_its_items_are_gone_with_the_reason(client, path):
    make_withdrawn(MARCH, "It named <somebody> wrongly.")
    response = client.get(path)
    page = response.content.decode()
    assert response.status_code == 410
    assert "It named &lt;somebody&gt; wrongly." in page
    assert "6 March 2024" in page
    assert "An example story" not in page


def test_what_was_withdrawn_before_its_hour_was_never_there(client):
    make_withdrawn(datetime.date(2060, 1, 1), "It named somebody wrongly.")
    assert client.get("/bulletins/2060/january/").status_code == 404


def test_an_issue_that_comes_back_is_shown_again(client):
    bulletin = make_withdrawn(MARCH, "It named somebody wrongly.")
    Bulletin.objects.filter(pk=bulletin.pk).update(status="approved")
    assert client.get("/bulletins/2024/march/").status_code == 200


def test_other_issues_do_not_lead_to_it(client):
    make_withdrawn(MARCH, "It named somebody wrongly.")
    make_published(datetime.date(2024, 4, 1))
    assert "/bulletins/2024/march/" not in client.get("/bulletins/2024/april/").content.decode()
    assert "/bulletins/2024/march/" not in client.get("/").content.decode()
