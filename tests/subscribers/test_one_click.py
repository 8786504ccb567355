import pytest

from subscribers.models import Subscriber
from tests.factories import make_subscriber
from tests.subscribers.cast import assert_private, last_said

pytestmark = pytest.mark.django_db

MULTIPART = b'--edge\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--edge--\r\n'


@pytest.fixture
def ada() -> Subscriber:
    return make_subscriber()


def has_left(person: Subscriber) -> bool:
    return Subscriber.objects.get(pk=person.pk).status == "unsubscribed"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded; charset=UTF-8"),
        (MULTIPART, "multipart/form-data; boundary=edge"),
    ],
)
def test_the_body_of_the_rfc_acts_at_once(visitor, ada, body, kind):
    response = visitor.post(f"/unsubscribe/{ada.letter_token}/", body, content_type=kind)
    assert response.status_code == 200
    assert_private(response)
    assert "Location" not in response
    assert has_left(ada)
    said = last_said(ada)
    assert (said.what, said.source) == ("unsubscribed", "one-click")
    assert "One-Click" in said.wording


def test_twice_is_fine(visitor, ada):
    for _ in range(2):
        response = visitor.post(f"/unsubscribe/{ada.letter_token}/", {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
    assert ada.consent.filter(what="unsubscribed").count() == 1


def test_cookies_and_origins_do_not_matter(visitor, ada):
    visitor.cookies["sessionid"] = "anything"
    headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    response = visitor.post(f"/unsubscribe/{ada.letter_token}/", {"List-Unsubscribe": "One-Click"}, headers=headers)
    assert response.status_code == 200
    assert has_left(ada)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/x-www-form-urlencoded", 200),
        (b"List-Unsubscribe=Two-Clicks", "application/x-www-form-urlencoded", 200),
        (b"List-Unsubscribe=One-Click", "text/plain", 200),
        (b'{"List-Unsubscribe": "One-Click"}', "application/json", 200),
        (b"\xff\x00\xfe", "application/octet-stream", 200),
        (b"no boundary", "multipart/form-data", 400),
        (b"x", "multipart/form-data; boundary=edge", 200),
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded; charset=utf-16", 400),
    ],
)
def test_another_body_changes_nothing(visitor, ada, body, kind, status):
    response = visitor.post(f"/unsubscribe/{ada.letter_token}/", body, content_type=kind)
    assert response.status_code == status
    assert not has_left(ada)


def test_a_body_in_chunks_is_not_taken_for_done(visitor, ada):
    response = visitor.post(f"/unsubscribe/{ada.letter_token}/", headers={"Transfer-Encoding": "chunked"})
    assert response.status_code == 411
    assert not has_left(ada)


def test_get_with_the_words_in_the_query_changes_nothing(visitor, ada):
    visitor.get(f"/unsubscribe/{ada.letter_token}/?List-Unsubscribe=One-Click")
    visitor.post(f"/unsubscribe/{ada.letter_token}/?List-Unsubscribe=One-Click")
    assert not has_left(ada)
