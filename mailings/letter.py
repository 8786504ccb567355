"""An issue's letter: frozen once when its mailing is opened, joined with a reader's own parts when sent."""

import datetime
import hashlib
import itertools
import re
from dataclasses import dataclass
from email.utils import format_datetime, parseaddr

from django.conf import settings
from django.template.loader import render_to_string

from bulletins.composition import Composition, ItemBlock, SectionBlock, compose
from bulletins.models import Bulletin
from bulletins.plaintext import Links
from mailings.mime import Letter, build, named, slot
from mailings.models import Mailing
from publication.letters import INLINER, sender_of
from publication.models import Publication
from subscribers.addresses import normalised

Headers = list[tuple[str, str]]
BLANK_LINES = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class Frozen:
    """What all readers of a mailing get alike; slots stand where a reader's own values go."""

    subject: str
    headers: Headers
    html: str
    text: str

    def content_hash(self) -> str:
        """Return the SHA-256 of the letter as a reader's program parses it, with marks for the reader's own values.

        Its Date is marked too, so that a preview has the hash of the letter that is mailed days later.
        """
        fields = [(name, slot("date") if name == "Date" else value) for name, value in self.headers]
        letter = letter_of(Frozen(self.subject, fields, self.html, self.text))
        return hashlib.sha256(letter.with_marks()).hexdigest()


def unsubscribe_url() -> str:
    """Return the reader's own link, with a slot for the letter token."""
    return f"{settings.SITE_URL}/unsubscribe/{slot('token')}/"


def freeze(bulletin: Bulletin, at: datetime.datetime, composition: Composition | None = None) -> Frozen:
    """Freeze an issue's letter as its rows and the publication stand; its Date is this instant for all readers."""
    composition = composition or compose(bulletin)
    words = Publication.objects.current()
    context = letter_context(bulletin, composition, words)
    html = INLINER.inline(render_to_string("mailings/email/bulletin.html", context))
    text = BLANK_LINES.sub("\n\n", render_to_string("mailings/email/bulletin.txt", context)).rstrip() + "\n"
    subject = " ".join(render_to_string("mailings/email/bulletin.subject.txt", context).split())
    return Frozen(subject, shared_headers(words, subject, at), html, text)


def letter_context(bulletin: Bulletin, composition: Composition, words: Publication) -> dict:
    """Return what the letter's templates need."""
    issue_url = settings.SITE_URL + bulletin.get_absolute_url()
    return {
        "bulletin": bulletin,
        "composition": composition,
        "sections": numbered(composition),
        "publication": words,
        "site_url": settings.SITE_URL,
        "issue_url": issue_url,
        "unsubscribe_url": unsubscribe_url(),
        "links": Links(issue_url),
    }


def numbered(composition: Composition) -> list[tuple[SectionBlock, list[tuple[int, ItemBlock]]]]:
    """Return each section with its items, which are numbered through the whole issue."""
    numbers = itertools.count(1)
    return [(section, [(next(numbers), item) for item in section.items]) for section in composition.sections]


def shared_headers(words: Publication, subject: str, at: datetime.datetime) -> Headers:
    """Return the header fields that all readers share."""
    sender = named("From", words.sender[0], parseaddr(sender_of(words))[1])
    fields = [
        ("From", sender),
        ("Subject", subject),
        ("Date", format_datetime(at.astimezone(datetime.UTC))),
    ]
    if words.feedback_address:
        fields.append(("Reply-To", normalised(words.feedback_address)))
    fields.append(("List-Id", named("List-Id", words.name, f"e-bulletin.{settings.MAIL_DOMAIN}")))
    fields.append(("List-Archive", f"<{settings.SITE_URL}/bulletins/>"))
    return fields


def reader_headers() -> Headers:
    """Return the header fields that are a reader's own (List-Unsubscribe: RFC 2369 and RFC 8058)."""
    return [
        ("To", slot("address")),
        ("Message-ID", slot("message_id")),
        ("List-Unsubscribe", f"<{unsubscribe_url()}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]


def letter_of(frozen: Frozen | Mailing) -> Letter:
    """Build the joinable letter of a frozen issue; a Mailing holds the same fields."""
    fields = [(name, value) for name, value in frozen.headers] + reader_headers()
    digest = hashlib.sha256(f"{frozen.text}\0{frozen.html}".encode()).hexdigest()
    return build(fields, frozen.text, frozen.html, boundary=f"=_{digest[:32]}")


def letter_as_test(frozen: Frozen) -> Frozen:
    """Return the letter marked as a test in its subject."""
    subject = f"[TEST] {frozen.subject}"
    headers = [(name, subject if name == "Subject" else value) for name, value in frozen.headers]
    return Frozen(subject, headers, frozen.html, frozen.text)
