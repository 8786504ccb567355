"""A letter about a correction, to those who got the issue: never by itself, only where a person asks for it."""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape

from bulletins.approval import needs_second_person
from bulletins.models import Bulletin
from bulletins.plaintext import Links
from mailings.ledger import count_audience
from mailings.letter import BLANK_LINES, Frozen, shared_headers, unsubscribe_url
from mailings.models import Delivery, Mailing, MailingAct
from mailings.opening import open_frozen
from publication.letters import INLINER
from publication.models import Publication, SenderClaim

WHY = "a letter about a correction"


@dataclass(frozen=True)
class Wording:
    """What a person writes of a correction letter: its subject, and its text as clean HTML."""

    subject: str
    body: str


@dataclass(frozen=True)
class Request:
    """Which letter a person asks for: its number, and the hash of what they were shown."""

    number: int
    seen: str


def first_wording(bulletin: Bulletin) -> Wording:
    """Return what a letter may begin with: the newest note that readers of the web see."""
    note = bulletin.corrections.last()
    # A plain string: the editor's box escapes it once more, as it does any text.
    body = f"<p>{escape(note.note)}</p>" if note else ""
    return Wording(f"Correction: {bulletin.title}", body)


def freeze_correction(bulletin: Bulletin, wording: Wording, at: datetime.datetime) -> Frozen:
    """Freeze a correction letter, in the dress of the issue's own."""
    words, issue_url = Publication.objects.current(), settings.SITE_URL + bulletin.get_absolute_url()
    subject = " ".join(wording.subject.split())
    context = {
        "bulletin": bulletin,
        "subject": subject,
        "body": wording.body,
        "publication": words,
        "site_url": settings.SITE_URL,
        "issue_url": issue_url,
        "unsubscribe_url": unsubscribe_url(),
        "links": Links(issue_url),
    }
    html = INLINER.inline(render_to_string("mailings/email/correction.html", context))
    text = BLANK_LINES.sub("\n\n", render_to_string("mailings/email/correction.txt", context)).rstrip() + "\n"
    return Frozen(subject, shared_headers(words, subject, at), html, text)


def issue_mailing(bulletin: Bulletin) -> Mailing | None:
    """Return the mailing of the issue itself, if it was mailed."""
    return bulletin.mailings.filter(number=0).defer("headers", "html", "text").first()


def next_number(bulletin: Bulletin) -> int:
    """Return the number that the issue's next correction letter gets."""
    newest = bulletin.mailings.order_by("-number").values_list("number", flat=True).first()
    return 1 + (newest or 0)


def faults(bulletin: Bulletin, by: User) -> list[str]:
    """Return what keeps a person from sending a letter about an issue, one sentence each.

    Four eyes as for the issue itself: a letter to everybody cannot be recalled either, and its words come from the
    note of whoever edited the issue last, so another person looks at them.
    """
    mailing = issue_mailing(bulletin)
    if mailing is None:
        return ["It was never mailed, so nobody has a copy that a letter could correct."]
    found = []
    if mailing.finished_at is None:
        found.append("Its mailing is not over yet: wait until it is, or cancel it, so that nobody is left out.")
    if not count_audience(bulletin.pk, number=1):
        found.append("Nobody who got it still reads: there is nobody to write to.")
    if not SenderClaim.objects.is_ours():
        found.append(f"{SenderClaim.objects.in_force()} sends from this database: claim the sending first.")
    if needs_second_person(bulletin) and bulletin.last_edited_by_id == by.pk:
        found.append("You corrected this issue last: a second person must send the letter about it.")
    return found


def whom(bulletin: Bulletin) -> str:
    """Say in words who gets a letter, and why others do not."""
    sent = Delivery.objects.filter(mailing__bulletin=bulletin, mailing__number=0, state="sent").count()
    number = count_audience(bulletin.pk, number=1)
    people = f"It goes to {number:,} reader{'' if number == 1 else 's'}"
    rest = sent - number
    if not rest:
        return f"{people}: everybody whose copy of the issue was sent."
    have = "has" if rest == 1 else "have"
    return f"{people}. The issue was sent to {sent:,}; {rest:,} of them {have} left since, or cannot be written to."


@transaction.atomic
def send_correction(bulletin: Bulletin, wording: Wording, asked: Request, by: User, at: datetime.datetime) -> Mailing:
    """Open the mailing of a correction letter; raise a ValidationError that says why it cannot be.

    The issue's lock and the number that was asked for make one mailing of two requests.
    """
    locked = Bulletin.objects.select_for_update(of=("self",)).get(pk=bulletin.pk)
    if asked.number != next_number(locked):
        raise ValidationError(begun(locked))
    if found := faults(locked, by):
        raise ValidationError(found)
    frozen = freeze_correction(locked, wording, at)
    if frozen.content_hash() != asked.seen:
        raise ValidationError("This is not what you were shown: look at it as it reads now, then send it.")
    mailing = open_frozen(locked, frozen, at, asked.number)
    MailingAct.objects.create(mailing=mailing, by=by, act=MailingAct.Act.SEND_NOW, at=at, why=WHY)
    return mailing


def begun(bulletin: Bulletin) -> str:
    """Say that a letter was sent meanwhile, by whom and when."""
    newest = bulletin.mailings.order_by("-number").first()
    if newest is None or not newest.number:
        return "This page is out of date: open it again."
    act = newest.acts.filter(act=MailingAct.Act.SEND_NOW).select_related("by").earliest("at")
    when = date_format(timezone.localtime(act.at), "j F, H:i:s")
    return f"A letter about this issue was sent meanwhile by {act.by}, on {when}: “{newest.subject}”."
