import pytest
from django.template.loader import render_to_string

from tests.conftest import SecureClient


@pytest.mark.django_db
def test_an_unknown_address_gets_a_page_with_ways_on(client):
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    assert "All issues in the archive" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/%00", "/bulletins/%00/", "/%ff", "/a%0Ab/"])
def test_odd_addresses_are_not_found(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_a_foreign_host_is_a_bad_request(client):
    response = client.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "could not understand" in response.content.decode()


@pytest.mark.parametrize("template", ["400.html", "500.html", "503.html"])
def test_these_need_no_context_and_no_database(template):
    page = render_to_string(template)
    assert "<h1>" in page
    assert 'href="/static/site.css"' in page


@pytest.mark.django_db
def test_forbidden_has_its_page(rf):
    page = render_to_string("403.html", request=rf.get("/"))
    assert "<h1>Not allowed</h1>" in page


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_a_page_for_reading_takes_nothing_else(method):
    strict = SecureClient(enforce_csrf_checks=True)
    assert getattr(strict, method)("/bulletins/").status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nothing/here/", "/bulletins/2019/"])
def test_what_is_not_there_is_not_for_search_engines(client, path):
    assert '<meta name="robots" content="noindex">' in client.get(path).content.decode()


def test_a_pause_says_what_stays_true():
    page = render_to_string("503.html")
    assert "back shortly" in page
    assert "No letter is lost" in page


@pytest.mark.django_db
def test_a_page_of_the_desk_that_is_out_of_date_gives_the_words_back():
    strict = SecureClient(enforce_csrf_checks=True)
    typed = {"intro": "<p>My long text</p>", "password1": "my secret words", "status": "draft"}
    answer = strict.post("/admin/bulletins/bulletin/1/change/", typed)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Your sign-in changed or ended while this page was open." in page
    assert "&lt;p&gt;My long text&lt;/p&gt;</textarea>" in page
    assert "my secret words" not in page
    assert page.count("<textarea") == 1
