"""The site without its database: a real process, before a PostgreSQL that does not answer."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import DatabaseError, connection

from config.ports import free_port
from publication.views import is_away
from tests.conftest import SecureClient
from tests.mailings.cut_wire import laid_wire


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A web process of its own whose PostgreSQL is nowhere."""
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "SITE_URL": f"http://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_answers(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def wait_until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            asked(port, "/healthz")
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the process does not answer")


def asked(port: int, path: str, **headers: str) -> tuple[http.client.HTTPResponse, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/", "/bulletins/", "/bulletins/2026/march/", "/parental-resources/", "/privacy/"])
def test_every_page_says_in_the_sites_dress_that_it_is_back_shortly(port, path):
    response, page = asked(port, path)
    assert (response.status, response.headers["Retry-After"]) == (503, "60")
    assert "<h1>We’ll be back shortly</h1>" in page
    assert "/static/site.css" in page
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_so_does_the_desk_for_who_is_signed_in(port):
    response, _ = asked(port, "/admin/", Cookie=f"sessionid={'x' * 32}")
    assert response.status == 503


def test_the_process_lives_and_gives_what_needs_no_database(port):
    assert asked(port, "/healthz")[0].status == 200
    assert asked(port, "/static/site.css")[0].status == 200


def test_the_site_is_not_ready_and_says_no_more_than_that(port):
    response, words = asked(port, "/readyz")
    assert (response.status, words) == (503, "database: cannot be reached\nbroker: ok\n")
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_a_fault_in_a_query_is_ours_not_the_databases():
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 1")
        with pytest.raises(DatabaseError) as slow:
            cursor.execute("SELECT pg_sleep(1)")
        cursor.execute("SET statement_timeout = 0")
    assert not is_away(slow.value)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_shuts_down_in_the_middle_is_away():
    with pytest.raises(DatabaseError) as gone, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert is_away(gone.value)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_found_gone_when_it_is_asked_is_away(monkeypatch):
    # psycopg2 calls this fault by its most general name.
    with laid_wire(monkeypatch) as wire:
        connection.ensure_connection()
        wire.crash()
        with pytest.raises(DatabaseError) as gone, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    assert type(gone.value) is DatabaseError
    assert is_away(gone.value)


def test_any_other_fault_is_a_server_error(monkeypatch):
    client = SecureClient(raise_request_exception=False)
    monkeypatch.setattr("publication.context.Publication.objects", None)
    response = client.get("/privacy/")
    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()
