"""The demo's mail server and what its mailbox shows of it."""

import os
import smtplib
import subprocess
import sys
import time
from contextlib import closing
from email.message import EmailMessage

import pytest

from demo import letters
from tests.relay import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.demo.urls")]


def connected(port):
    """Connect as soon as the server listens."""
    until = time.monotonic() + 10
    while True:
        try:
            return smtplib.SMTP("127.0.0.1", port)
        except ConnectionRefusedError:
            assert time.monotonic() < until, "the mail server does not start"
            time.sleep(0.05)


@pytest.fixture
def smtp(settings, tmp_path):
    settings.DEMO_MAILBOX = tmp_path / "mailbox"
    port = free_port()
    env = {**os.environ, "EMAIL_URL": f"smtp://127.0.0.1:{port}", "DEMO_MAILBOX": str(settings.DEMO_MAILBOX)}
    server = subprocess.Popen([sys.executable, "-m", "demo.mailbox"], env=env, cwd=settings.BASE_DIR)
    with closing(connected(port)) as smtp:
        yield smtp
    server.terminate()
    assert server.wait(10) == 0


def send(smtp, number, **headers):
    message = EmailMessage()
    message["From"], message["To"] = "bulletin@example.org", f"reader{number}@example.org"
    message["Subject"] = f"Letter {number}"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Plain words.\n.a line with a dot\n")
    message.add_alternative(
        "<html><head></head><body><p>Rich words.<script>alert(1)</script></p></body></html>", subtype="html"
    )
    smtp.send_message(message)


def test_an_empty_mailbox_says_what_to_wait_for(client, settings, tmp_path):
    settings.DEMO_MAILBOX = tmp_path / "none"
    assert "Nothing has arrived yet" in client.get("/demo/mailbox/").content.decode()


def test_letters_are_listed_the_newest_first_and_counted(client, smtp):
    for number in range(3):
        send(smtp, number, **({"List_Id": "<e-bulletin.example.org>"} if number else {}))
    page = client.get("/demo/mailbox/").content.decode()
    assert page.index("Letter 2") < page.index("Letter 1") < page.index("Letter 0")
    assert letters.of_issues() == 2
    assert "<strong>3</strong> letters so far, <strong>2</strong> of them" in page


def test_a_letter_is_shown_as_html_text_and_header(client, smtp):
    send(smtp, 1)
    (key,) = letters.keys()
    page = client.get(f"/demo/mailbox/{key}/").content.decode()
    assert "Plain words.\n.a line with a dot" in page
    assert "reader1@example.org" in page
    html = client.get(f"/demo/mailbox/{key}/html/")
    assert "Rich words." in html.content.decode()
    assert html["Content-Security-Policy"].startswith("sandbox ")
    assert "allow-scripts" not in html["Content-Security-Policy"]
    raw = client.get(f"/demo/mailbox/{key}/raw/")
    assert raw["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("key", ["nothing", "..", "%2e%2e%2fkeys.json", "a:2,S", "\u2028", "x" * 300])
def test_a_letter_that_is_not_there_is_a_404(client, smtp, key):
    assert client.get(f"/demo/mailbox/{key}/").status_code in (301, 404)


def test_pages_beyond_the_last_show_the_last(client, smtp):
    send(smtp, 1)
    for page in ("-1", "99", "x", "\x00"):
        assert "Letter 1" in client.get("/demo/mailbox/", {"page": page}).content.decode()


def test_looking_is_all_that_can_be_done(client):
    assert client.post("/demo/mailbox/").status_code == 405
