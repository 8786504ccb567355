import datetime
import hashlib
import re
from dataclasses import replace
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser

import pytest
from django.core.exceptions import ValidationError

from bulletins.lines import WIDTH
from bulletins.models import Bulletin
from mailings.clock import tick
from mailings.letter import freeze, letter_of
from mailings.mime import Reader, slot, unstuffed
from mailings.models import Mailing
from publication.models import Publication
from tests.factories import MARCH, make_bulletin, make_publication, make_section
from tests.mailings.cast import DAY, MINUTE, body_of, make_due, make_readers
from tests.mailings.sample import LONG, QUOTED, make_sample

pytestmark = pytest.mark.django_db
TOKEN = "aB3-" * 10 + "xyz"
READER = Reader("reader@example.org", "<b1.0123@bulletin.example.org>", TOKEN)
LEAVE = f"https://bulletin.example.org/unsubscribe/{TOKEN}/"
ISSUE = "https://bulletin.example.org/bulletins/2026/march/"


class Seen(HTMLParser):
    """What a reader of the HTML part sees: the tags, the links, the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data


def with_parts(bulletin: Bulletin) -> Bulletin:
    return Bulletin.objects.with_parts().get(pk=bulletin.pk)


def parsed(data: bytes) -> EmailMessage:
    """Return a letter's DATA as its receiver's mail program parses it."""
    return BytesParser(_class=EmailMessage, policy=SMTP).parsebytes(unstuffed(data))


def read(bulletin: Bulletin) -> EmailMessage:
    return parsed(letter_of(freeze(with_parts(bulletin), MARCH)).for_reader(READER))


@pytest.fixture
def letter() -> EmailMessage:
    return read(make_sample())


@pytest.fixture
def text(letter) -> str:
    return body_of(letter, "plain")


@pytest.fixture
def html(letter) -> Seen:
    return Seen(body_of(letter, "html"))


def one_line(words: str) -> str:
    return " ".join(re.sub(r"^> ?", "", words, flags=re.MULTILINE).split())


# Headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("From", "Erin at First Wednesday <bulletin@example.org>"),
        ("Reply-To", "editors@example.org"),
        ("To", "reader@example.org"),
        ("Subject", "March 2026 e-bulletin: talking at home"),
        ("Date", "Wed, 04 Mar 2026 07:30:00 +0000"),
        ("Message-ID", "<b1.0123@bulletin.example.org>"),
        ("List-Id", '"First Wednesday" <e-bulletin.bulletin.example.org>'),
        ("List-Unsubscribe", f"<{LEAVE}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Archive", "<https://bulletin.example.org/bulletins/>"),
        ("MIME-Version", "1.0"),
    ],
)
def test_each_header_is_there_once(letter, name, value):
    assert letter.get_all(name) == [value]


@pytest.mark.parametrize("name", ["Auto-Submitted", "Cc", "Bcc", "Sender", "X-Mailer"])
def test_and_these_are_not(letter, name):
    assert letter[name] is None


def test_no_part_has_a_defect(letter):
    assert [defect for part in letter.walk() for defect in part.defects] == []
    assert letter["To"].addresses[0].addr_spec == "reader@example.org"


def test_the_date_is_the_moment_of_opening_for_all_readers():
    make_readers(1)
    make_due()
    late = MARCH + datetime.timedelta(hours=3)
    tick(late)
    (date,) = [value for name, value in Mailing.objects.get().headers if name == "Date"]
    assert parsedate_to_datetime(date) == late


def test_without_a_feedback_address_there_is_no_reply_to():
    make_publication(feedback_address="")
    letter = read(make_bulletin())
    assert letter["Reply-To"] is None
    assert "Write to" not in body_of(letter, "plain")


def test_without_a_sender_it_writes_from_its_own_domain():
    make_publication(sender_address="")
    assert read(make_bulletin())["From"] == "First Wednesday <bulletin@bulletin.example.org>"


def test_an_address_with_letters_of_its_own_is_written_in_mail_letters():
    make_publication(feedback_address="editors@exämple.org")
    assert read(make_bulletin())["Reply-To"] == "editors@xn--exmple-cua.org"


@pytest.mark.parametrize("name", ["Ärger & Söhne, Ltd", 'The "Quoted"', "🎉 Party"])
def test_the_publications_name_is_in_the_headers_as_it_is(name):
    make_publication(name=name)
    letter = read(make_bulletin())
    assert letter["From"].addresses[0].display_name == name
    assert "<e-bulletin.bulletin.example.org>" in letter["List-Id"]


# The bodies


PLACES = ["An example headline", "Families want to talk", "Café & “curly” <b>quotes</b> {{ title }}"]
SAID = [
    *PLACES,
    "March 2026 e-bulletin: talking at home",
    "Welcome. March is short of light",
    "In the news",
    LONG,
    QUOTED,
    "And a second paragraph of the same quotation.",
    "Safeguarding for governors",
    "those who teach the youngest, and for everybody who meets them",
    "the first on law",
    "the second on practice",
    "Choose a course.",
    "Asking and listening",
    "Wednesday 8 April 2026, 16:30 to 17:30 (London time)",
    "Monday",
    "9 to 5",
    "Have a good month.",
    "Erin Example",
    "Director of Examples",
    "Please pass this on.",
    "Schools are welcome to link",
    "1 Example Street, Exampleton",
    ".A line that begins with a dot.",
    "{{ user.name }}",
    '{% include "secret" %}',
    "2 < 3 & 4",
    "editors@example.org",
]
LINKS = [
    "https://research.example.org/families/report?year=2026&part=2",
    "https://bulletin.example.org/parental-resources/talking/",
    "https://news.example.org/talk",
    "https://courses.example.org/governors",
    "https://webinars.example.org/asking",
    "https://bulletin.example.org/subscribe/",
    ISSUE,
    LEAVE,
]


@pytest.mark.parametrize("words", SAID)
def test_both_parts_say_all_of_it(text, html, words):
    assert one_line(words) in one_line(text)
    assert one_line(words) in one_line(html.words)


@pytest.mark.parametrize("link", LINKS)
def test_both_parts_lead_to_all_of_it(text, html, link):
    assert link in text
    assert link in html.links


def test_no_link_is_relative(text, html):
    assert [link for link in html.links if not re.match(r"https?://|mailto:", link)] == []
    assert "](/" not in text
    assert re.findall(r"^\[\d+\] (?!https?://)", text, re.MULTILINE) == []


def test_the_contents_lead_to_the_places_on_the_page(html):
    bulletin = with_parts(Bulletin.objects.get())
    anchors = [section.anchor for section in bulletin.sections.all()]
    anchors += [item.slug for item in bulletin.items.all()]
    assert {f"{ISSUE}#{anchor}" for anchor in anchors} <= set(html.links)


def test_the_places_are_those_of_the_page(html, client):
    Bulletin.objects.update(publish_at=MARCH - 365 * DAY, publish_reason="for the test")
    page = client.get("/bulletins/2026/march/").content.decode()
    anchors = [link.partition("#")[2] for link in html.links if link.startswith(f"{ISSUE}#")]
    assert len(anchors) == 6
    assert [anchor for anchor in anchors if f'id="{anchor}"' not in page] == []


def test_nothing_runs(letter, html):
    assert "script" not in html.tags
    assert "<script" not in body_of(letter, "plain")
    assert "onclick" not in body_of(letter, "html")


def test_the_structure_is_headings_quotations_and_lists(html):
    assert html.tags.count("h1") == 1
    assert html.tags.count("h2") == 1 + 3
    assert html.tags.count("h3") == 3
    assert html.tags.count("blockquote") == 1
    assert {"ol", "ul", "li", "table"} <= set(html.tags)
    assert "img" not in html.tags


def test_quotations_are_marked_in_text(text):
    quoted = [line for line in text.splitlines() if line.startswith(">")]
    assert one_line("\n".join(quoted)) == f"{QUOTED} And a second paragraph of the same quotation."


def test_text_is_wrapped_at_72(text):
    long = [line for line in text.splitlines() if len(line) > WIDTH and "https://" not in line]
    assert long == []


def test_text_is_spaced_for_reading(text):
    assert "\n\n\n" not in text
    assert not text.startswith("\n")
    assert "\n-- \nFirst Wednesday" in text


def test_a_long_headline_hangs_below_its_words():
    bulletin = make_bulletin()
    bulletin.items.update(headline="word " * 20 + "last")
    text = body_of(read(bulletin), "plain")
    assert re.search(r"^  1\. word (word )+word\n     word", text, re.MULTILINE)
    assert re.search(r"^1\. word (word )+word\n   word (word )+last\n~{72}\n", text, re.MULTILINE)


def test_an_event_over_midnight_says_both_days():
    bulletin = make_sample()
    bulletin.events.update(end=datetime.datetime(2026, 4, 9, 9, 0, tzinfo=datetime.UTC))
    letter = read(bulletin)
    for kind in ("plain", "html"):
        assert "16:30 to Thursday 9 April 2026, 10:00" in body_of(letter, kind)


def test_a_draft_without_a_date_can_be_read_too():
    text = body_of(read(make_bulletin(publish_at=None)), "plain")
    assert "Erin Example, 1 minute read" in text


# Freezing


def test_freezing_twice_gives_the_same_bytes():
    bulletin = with_parts(make_sample())
    one, two = (letter_of(freeze(bulletin, MARCH)).for_reader(READER) for _ in range(2))
    assert one == two
    assert freeze(bulletin, MARCH).content_hash() == freeze(bulletin, MARCH).content_hash()


@pytest.mark.parametrize("field", ["html", "text"])
def test_the_hash_covers_both_bodies(field):
    frozen = freeze(with_parts(make_sample()), MARCH)
    changed = replace(frozen, **{field: getattr(frozen, field) + "x"})
    assert changed.content_hash() != frozen.content_hash()


@pytest.mark.parametrize("name", ["From", "Subject", "Reply-To", "List-Id", "List-Archive"])
def test_the_hash_covers_the_headers(name):
    frozen = freeze(with_parts(make_sample()), MARCH)
    changed = replace(frozen, headers=[(field, value + "x" * (field == name)) for field, value in frozen.headers])
    assert changed.content_hash() != frozen.content_hash()


def test_the_hash_is_the_same_whenever_it_is_frozen():
    bulletin = with_parts(make_sample())
    assert freeze(bulletin, MARCH).content_hash() == freeze(bulletin, MARCH + MINUTE).content_hash()


def test_a_received_letter_with_its_slots_put_back_hashes_the_same():
    frozen = freeze(with_parts(make_sample()), MARCH)
    received = unstuffed(letter_of(frozen).for_reader(READER))
    date = dict(frozen.headers)["Date"]
    own = {"address": READER.address, "message_id": READER.message_id, "token": READER.token, "date": date}
    for name, value in own.items():
        assert value.encode() in received
        received = received.replace(value.encode(), slot(name).encode())
    assert hashlib.sha256(received).hexdigest() == frozen.content_hash()


def test_a_stored_mailing_gives_the_letter_that_was_frozen():
    make_readers(1)
    bulletin = make_due()
    frozen = freeze(with_parts(bulletin), MARCH)
    tick(MARCH)
    mailing = Mailing.objects.get()
    assert letter_of(mailing).for_reader(READER) == letter_of(frozen).for_reader(READER)
    assert mailing.content_hash == frozen.content_hash()


# Bad input


@pytest.mark.parametrize("break_", ["\n", "\r", "\r\n", "\x00", "\u2028"])
def test_a_title_or_name_with_a_line_break_is_refused_in_words(break_):
    bulletin = make_bulletin()
    bulletin.title = f"March{break_}Bcc: everybody@example.org"
    publication = Publication(name="Us", sender_name=f"Us{break_}Bcc: everybody@example.org")
    for model, field in ((bulletin, "title"), (publication, "sender_name")):
        with pytest.raises(ValidationError) as refusal:
            model.full_clean()
        assert field in refusal.value.message_dict


def test_a_title_with_an_encoded_line_break_adds_no_header():
    letter = read(make_bulletin(title="=?utf-8?q?a=0D=0ABcc:_z@example.org?="))
    assert letter["Bcc"] is None
    assert letter["Subject"] == "=?utf-8?q?a=0D=0ABcc:_z@example.org?="


def test_a_line_break_that_came_in_by_the_shell_does_not_leave():
    make_publication()
    Publication.objects.update(sender_name="Us\nBcc: z@example.org")
    with pytest.raises(ValueError, match="The From of a letter cannot hold a line break"):
        freeze(with_parts(make_bulletin()), MARCH)


def test_an_email_of_a_long_issue_stays_below_the_size_that_is_cut(letter):
    assert len(body_of(letter, "html").encode()) < 102_000


def test_a_section_of_podcasts_leads_to_where_they_are_heard():
    words = make_publication()
    for kind, label in [("podcast", "Example Tunes"), ("social", "Example Square"), ("podcast", "Example Player")]:
        words.links.create(kind=kind, label=label, url=f"https://{label.split()[1].lower()}.example.org/")
    bulletin = make_bulletin()
    make_section(bulletin, heading="Podcasts", kind="podcasts", body="<p>Episode 1</p>")
    frozen = freeze(with_parts(bulletin), MARCH)
    assert "Where to listen: Example Tunes · Example Player" in Seen(frozen.html).words
    assert {"https://tunes.example.org/", "https://player.example.org/"} <= set(Seen(frozen.html).links)
    assert re.search(r"Where to listen:\n\* Example Tunes \[(\d)\]\n\* Example Player \[(\d)\]\n", frozen.text)
    assert re.search(r"\[\d\] https://player\.example\.org/\n", frozen.text + "\n")
    assert "square" not in frozen.html.lower()
