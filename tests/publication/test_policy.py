"""What every answer tells the browser: strict where readers are, looser only under /admin/."""

import datetime
import gzip

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.http import FileResponse, HttpResponse
from django.middleware.common import CommonMiddleware
from django.test import RequestFactory

from publication.middleware import HeadMiddleware, TextGZipMiddleware
from tests.factories import make_author, make_published, make_staff
from tests.publication.test_pictures import photo, written

pytestmark = pytest.mark.django_db
STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
COMPRESSED = {"accept-encoding": "gzip"}


def body(response) -> bytes:
    return b"".join(response)


def policy(response) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; ") if " " in part)


@pytest.fixture
def editor(client):
    client.force_login(make_staff("alice", is_superuser=True))
    return client


@pytest.mark.parametrize("path", ["/", "/bulletins/", "/privacy/", "/nothing/here/", "/subscribe/", "/admin"])
def test_where_readers_are_nothing_runs_that_is_not_ours(client, path):
    assert policy(client.get(path)) == STRICT


def test_a_refused_host_gets_the_strict_policy_too(client):
    response = client.get("/", headers={"host": "evil.example"})
    assert (response.status_code, policy(response)) == (400, STRICT)


def test_the_desk_may_run_its_editor_but_reach_no_other_host(editor):
    for path in ["/admin/", "/admin/bulletins/bulletin/"]:
        told = policy(editor.get(path))
        assert told["script-src"] == "'self' 'unsafe-inline' 'unsafe-eval'"
        assert told["style-src"] == "'self' 'unsafe-inline'"
        assert told["img-src"] == "'self' data: blob:"
        assert told["default-src"] == told["connect-src"] == told["form-action"] == "'self'"
        assert told["object-src"] == told["base-uri"] == "'none'"
        assert told["frame-ancestors"] == "'self'"
        assert not {"http", "https", "//", "*"} & set(" ".join(told.values()).split())


@pytest.mark.urls("tests.demo.urls")
def test_the_demos_mailbox_may_frame_its_letters_and_nothing_else(client):
    assert policy(client.get("/demo/mailbox/")) == {**STRICT, "frame-src": "'self'"}


def test_a_view_that_brings_its_own_policy_keeps_it(client):
    address = make_author(name="Robin Example", photo=ContentFile(written(photo(), "JPEG"), "x.jpg")).photo.url
    assert client.get(address)["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_drawing_that_is_opened_by_itself_can_do_nothing(client):
    response = client.get("/static/icon.svg")
    assert policy(response)["default-src"] == "'none'"
    assert "sandbox" in response["Content-Security-Policy"].split("; ")


@pytest.mark.parametrize("path", ["/", "/admin/login/", "/static/site.css"])
def test_every_answer_has_the_other_headers(client, path):
    response = client.get(path)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Permissions-Policy"].startswith("camera=()")
    assert response["Strict-Transport-Security"].startswith("max-age=31536000")


def test_pages_and_styles_are_compressed(client):
    make_published(datetime.date(2026, 3, 1))
    for path in ["/bulletins/", "/static/site.css"]:
        whole, small = client.get(path), client.get(path, headers=COMPRESSED)
        assert small["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in small["Vary"]
        assert len(body(small)) < len(body(whole)) / 2
        assert gzip.decompress(body(small)) == body(whole)


def test_pictures_and_parts_of_files_are_not(client):
    author = make_author(name="Robin Example", photo=ContentFile(written(photo(), "JPEG"), "x.jpg"))
    assert "Content-Encoding" not in client.get(author.photo.url, headers=COMPRESSED)
    part = client.get("/static/site.css", headers={**COMPRESSED, "range": "bytes=0-999"})
    assert (part.status_code, len(body(part))) == (206, 1000)
    assert "Content-Encoding" not in part


def test_equal_pages_differ_in_length_against_guessing(rf):
    compress = TextGZipMiddleware(lambda request: HttpResponse("Text. " * 500))
    lengths = {len(compress(rf.get("/", headers=COMPRESSED)).content) for _ in range(30)}
    assert len(lengths) > 5


def test_a_reader_has_no_session_whatever_cookies_come(client):
    client.cookies.load({settings.SESSION_COOKIE_NAME: "made-up", "other": "x"})
    for path in ("/", "/bulletins/", "/subscribe/", "/privacy/", "/nothing/"):
        answer = client.get(path)
        assert not answer.cookies and "cookie" not in answer.get("Vary", "").lower()


def test_staff_read_the_site_without_their_session(client):
    client.force_login(make_staff("alice"))
    assert client.get("/admin/").cookies
    assert not client.get("/").cookies


@pytest.mark.parametrize("body", [HttpResponse("four"), FileResponse(ContentFile("four"))])
def test_head_has_the_length_and_no_body(body):
    answer = HeadMiddleware(CommonMiddleware(lambda request: body))(RequestFactory().head("/", secure=True))
    assert b"".join(answer) == b""
    assert answer["Content-Length"] == "4"
    assert settings.MIDDLEWARE[0] == "publication.middleware.HeadMiddleware"
