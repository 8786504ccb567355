import pytest

from publication.models import Publication
from tests.factories import make_publication

pytestmark = pytest.mark.django_db
LIST = "/admin/publication/publication/"
LINKS = {"links-TOTAL_FORMS": "1", "links-INITIAL_FORMS": "0", "links-0-kind": "podcast"} | {"links-0-position": "0"}


def form(**fields) -> dict[str, str]:
    return {"name": "Example News", "publication_hour": "07:30", **LINKS, **fields}


def test_the_row_is_made_once_with_its_links(admin_client):
    link = {"links-0-label": "Example Podcasts", "links-0-url": "podcasts.example.org"}
    assert admin_client.post(f"{LIST}add/", form(**link), secure=True).status_code == 302
    assert Publication.objects.get().links.get().url == "https://podcasts.example.org"
    assert admin_client.get(f"{LIST}add/", secure=True).status_code == 403


def test_it_is_never_deleted(admin_client):
    make_publication()
    assert admin_client.post(f"{LIST}1/delete/", {"post": "yes"}, secure=True).status_code == 403
    assert Publication.objects.exists()


def test_standing_words_are_cleaned(admin_client):
    make_publication()
    words = {"links-TOTAL_FORMS": "0", "share_words": "<p onclick='x'>Share</p>"}
    assert admin_client.post(f"{LIST}1/change/", form(**words), secure=True).status_code == 302
    assert Publication.objects.get().share_words == "<p>Share</p>"


@pytest.mark.parametrize("field", ["sender_address", "feedback_address"])
def test_an_address_that_no_header_can_hold_is_refused_in_words(admin_client, field):
    make_publication()
    words = {"links-TOTAL_FORMS": "0", field: "news@exämple.org"}
    answer = admin_client.post(f"{LIST}1/change/", form(**words), secure=True)
    assert "begins with xn--" in answer.content.decode()


def test_who_changes_it_is_told_what_follows_for_an_approved_issue(admin_client):
    make_publication()
    for name, told in [("Another", True), ("Another", False)]:
        words = form(**{"links-TOTAL_FORMS": "0", "name": name, "publication_hour": "07:30:00"})
        answer = admin_client.post(f"{LIST}1/change/", words, secure=True, follow=True)
        assert ("must be approved again" in answer.content.decode()) is told


def test_a_name_that_turns_the_words_about_is_refused(admin_client):
    make_publication()
    words = {"links-TOTAL_FORMS": "0", "name": "First \u202eyadsendeW"}
    answer = admin_client.post(f"{LIST}1/change/", form(**words), secure=True)
    assert "Write this on one line, without control characters." in answer.content.decode()
    assert "\u202e" not in Publication.objects.get().name
