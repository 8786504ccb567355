"""From a parsed bulletin to rows: one issue for the archive, whole or not at all."""

import datetime
from dataclasses import dataclass, replace

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from bulletins.approval import approve
from bulletins.importing.header import MONTHS
from bulletins.importing.parsed import ParsedBulletin, ParsedSection
from bulletins.importing.summary import summary_of
from bulletins.models import Author, Bulletin, Event, NewsItem, Section
from bulletins.schedule import first_of_month, follows_the_rule, instant
from publication.models import Publication

AS_PRINTED = "as printed"


class NotStored(Exception):
    """The bulletin cannot be stored; the message says what stands in the way and how to mend it."""


@dataclass(frozen=True)
class Source:
    """Where a text came from: the name of its file and the digest of its text."""

    name: str
    digest: str


@dataclass(frozen=True)
class Stored:
    """What became of a bulletin; `notes` are sentences about what was kept or set by a rule."""

    bulletin: Bulletin
    created: bool
    approved: bool = False
    notes: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Year and slug, as `send_bulletin` and the archive name an issue."""
        return f"{self.bulletin.month.year}/{self.bulletin.slug}"


def store(parsed: ParsedBulletin, source: Source, approver: User | None, now: datetime.datetime) -> Stored:
    """Store a bulletin unless the same text is stored already, and approve it if an approver is given.

    All in one transaction; raises NotStored when another issue has its address or it cannot be approved.
    """
    try:
        with transaction.atomic():
            known = Bulletin.objects.filter(source_digest=source.digest).first()
            stored = Stored(known, created=False) if known else _created(parsed, source)
            return _approved(stored, approver, now) if approver else stored
    except IntegrityError as error:
        raise NotStored("somebody stored an issue at the same moment: import the file again.") from error
    except ValidationError as error:
        raise NotStored(f"it could not be approved: {' '.join(error.messages)}") from error


def _approved(stored: Stored, approver: User, now: datetime.datetime) -> Stored:
    bulletin = stored.bulletin
    if bulletin.status != Bulletin.Status.DRAFT:
        return replace(stored, notes=(*stored.notes, f"It is {bulletin.status} already."))
    # An editor may have turned the draft into an issue for subscribers: approving that here would mail it.
    if bulletin.audience != Bulletin.Audience.ARCHIVE_ONLY:
        note = "It is an issue for subscribers now, so it was not approved: approve it in the admin."
        return replace(stored, notes=(*stored.notes, note))
    approve(bulletin, by=approver, at=now)
    return replace(stored, approved=True)


def _created(parsed: ParsedBulletin, source: Source) -> Stored:
    slug = MONTHS[parsed.date.month - 1]
    _refuse_taken(parsed.date.year, slug)
    author, notes = _author_of(parsed)
    if not follows_the_rule(parsed.date):
        notes.append(f"Its date is not the first Wednesday of the month: published “{AS_PRINTED}”.")
    bulletin = Bulletin.objects.create(
        month=first_of_month(parsed.date),
        slug=slug,
        title=parsed.title,
        author=author,
        summary=summary_of(parsed),
        intro=parsed.intro,
        sign_off=parsed.sign_off,
        publish_at=instant(parsed.date, Publication.objects.current().publication_hour),
        publish_reason="" if follows_the_rule(parsed.date) else AS_PRINTED,
        audience=Bulletin.Audience.ARCHIVE_ONLY,
        reading_minutes=parsed.reading_minutes,
        provenance=f"imported from {source.name}"[:200],
        source_digest=source.digest,
    )
    store_sections(bulletin, parsed)
    return Stored(bulletin, created=True, notes=tuple(notes))


def _refuse_taken(year: int, slug: str) -> None:
    other = Bulletin.objects.in_year(year).filter(slug=slug).first()
    if other:
        draft = other.status == Bulletin.Status.DRAFT
        advice = "delete it or change its slug in the admin, and import again" if draft else "correct it in the admin"
        raise NotStored(
            f"{year}/{slug} is already “{other.title}”, another text ({other.status}, {other.provenance}): {advice}."
        )


def _author_of(parsed: ParsedBulletin) -> tuple[Author, list[str]]:
    author, created = Author.objects.get_or_create(name=parsed.author, defaults={"role": parsed.role})
    if created or not parsed.role or author.role == parsed.role:
        return author, []
    if author.role:
        return author, [f"{author.name} keeps the stored role “{author.role}”; printed is “{parsed.role}”."]
    author.role = parsed.role
    author.save(update_fields=["role"])
    return author, []


def store_sections(bulletin: Bulletin, parsed: ParsedBulletin) -> None:
    """Store a bulletin's sections with their events and items, in their printed order."""
    for position, section in enumerate(parsed.sections, 1):
        _store_section(bulletin, section, position)


def _store_section(bulletin: Bulletin, parsed: ParsedSection, position: int) -> None:
    section = Section.objects.create(
        bulletin=bulletin, kind=parsed.kind, heading=parsed.heading, body=parsed.body, position=position
    )
    for event in parsed.events:
        Event.objects.create(section=section, title=event.title, start=event.start)
    for place, item in enumerate(parsed.items, 1):
        NewsItem.objects.create(
            bulletin=bulletin, section=section, headline=item.headline, body=item.body, position=place
        )
