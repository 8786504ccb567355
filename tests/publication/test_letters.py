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


def test_without_a_sender_it_comes_from_the_sites_own_domain():
    make_publication(sender_address="")
    message = letter("publication/email/alert", "alice@example.org", {"subject": "x", "words": "y"})
    assert message.from_email == "First Wednesday <bulletin@bulletin.example.org>"
