import re

import pytest

from publication.letters import letter, staff_addresses
from tests.factories import make_publication, make_staff

pytestmark = pytest.mark.django_db


def test_alerts_go_to_each_active_member_of_staff_with_an_address():
    make_publication()
    make_staff("alice")
    make_staff("bob", is_active=False)
    assert staff_addresses() == ["alice@example.org"]


def test_it_says_that_a_machine_wrote_it():
    make_publication()
    message = letter("publication/email/alert", "alice@example.org", {"subject": "x", "words": "y"}).message()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "First Wednesday <bulletin@example.org>"
    assert message["Reply-To"] == "editors@example.org"


def test_what_it_quotes_is_escaped_and_stays_on_the_subjects_line():
    make_publication()
    words = {"subject": "one\r\nBcc: all@example.org", "words": "<script>alert(1)</script>"}
    message = letter("publication/email/alert", "alice@example.org", words)
    assert "\n" not in message.subject
    html = message.alternatives[0][0]
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def alert(**context):
    words = {"subject": "March is late", "words": "March is late. " + "Look at it, please. " * 10, **context}
    return letter("publication/email/alert", "alice@example.org", words)


def test_an_alert_says_what_happened_and_leads_to_the_desk():
    make_publication()
    message = alert()
    assert message.subject == "First Wednesday: March is late"
    html = message.alternatives[0][0]
    assert html.count("March is late. Look at it") == len(["the inbox", "the letter"])
    assert re.search(
        r'<table class="button".*<a href="https://bulletin.example.org/admin/"[^>]*>Open the desk</a>', html
    )
    assert max(map(len, message.body.splitlines())) <= 72
    assert "\nhttps://bulletin.example.org/admin/\n" in message.body


def test_it_wears_the_dress_of_every_letter():
    make_publication()
    html = alert().alternatives[0][0]
    assert '<html lang="en-GB" dir="ltr"' in html
    assert 'role="article" aria-roledescription="email" aria-label="First Wednesday: March is late"' in html
    for name in ("color-scheme", "supported-color-schemes"):
        assert f'<meta name="{name}" content="light dark">' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "1 Example Street, Exampleton" in html


def test_its_styles_stand_on_its_elements():
    make_publication()
    bare = re.sub(r"<style.*?</style>", "", alert().alternatives[0][0], flags=re.DOTALL)
    assert re.search(r'<td class="card" style="[^"]*font-family:[^"]*background:#fff', bare)
    assert re.search(r'<a href="[^"]*" style="[^"]*padding:13px 26px[^"]*"', bare)
    assert re.search(r'<div class="preheader" style="[^"]*display:none', bare)
    assert re.findall(r"<(?:p|h1)(?! )[^>]*>", bare.partition("<!--[if mso]><p")[0]) == []


def test_without_a_sender_it_comes_from_the_sites_own_domain():
    make_publication(sender_address="")
    message = letter("publication/email/alert", "alice@example.org", {"subject": "x", "words": "y"})
    assert message.from_email == "First Wednesday <bulletin@bulletin.example.org>"
