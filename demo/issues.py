"""The demo's issues: an archive, one that is about to be mailed, and a draft to go on writing."""

import datetime

from django.contrib.auth.models import User
from django.db import transaction

from bulletins.approval import approve
from bulletins.models import Bulletin
from bulletins.preflight.checklist import accept
from bulletins.schedule import first_of_month, first_wednesday, follows_the_rule, instant, london_date, next_month
from demo.writing import CONTENT, Words, read, write
from mailings.opening import GRACE
from mailings.preflight import checklist
from mailings.releasing import release
from publication.models import Publication

DUE_AFTER = datetime.timedelta(seconds=20)
A_DAY = datetime.timedelta(days=1)


def make_archive(staff: dict[str, User], at: datetime.datetime) -> None:
    """Make the issues of the months before this one; an address that is taken is left alone."""
    for path in sorted((CONTENT / "issues").glob("*.toml")):
        words = read(path)
        taken = Bulletin.objects.in_year(words["date"].year).filter(slug=words["slug"])
        if words["date"] < first_of_month(london_date(at)) and not taken.exists():
            make_past_issue(words, staff)


@transaction.atomic
def make_past_issue(words: Words, staff: dict[str, User]) -> None:
    """Make an issue that was published on its date, for the archive only."""
    date = words["date"]
    publish_at = instant(date, Publication.objects.current().publication_hour)
    bulletin = write(
        words,
        date,
        slug=words["slug"],
        title=words["title"],
        publish_at=publish_at,
        publish_reason="" if follows_the_rule(date) else words["reason"],
        audience=Bulletin.Audience.ARCHIVE_ONLY,
        last_edited_by=staff["editor"],
    )
    answer_for(bulletin, staff["editor"], publish_at - A_DAY, "Its number was checked on the helpline’s own page.")
    approve(bulletin, staff["approver"], publish_at - A_DAY)


@transaction.atomic
def make_due_issue(staff: dict[str, User], at: datetime.datetime) -> None:
    """Make an issue that falls due in some seconds, unless one is still waiting inside its grace."""
    waiting = Bulletin.objects.for_subscribers().filter(status="approved", publish_at__gt=at - GRACE)
    if waiting.exclude(mailings__state="finished").exists():
        return
    bulletin = write(
        read(CONTENT / "due.toml"),
        london_date(at),
        title=f"First Wednesday {london_date(at):%B %Y}",
        publish_at=at + DUE_AFTER,
        publish_reason="due at the start of the demo",
        last_edited_by=staff["editor"],
    )
    answer_for(bulletin, staff["editor"], at, "The demonstration mails it as soon as it starts.")
    release(bulletin, staff["approver"], at)


def answer_for(bulletin: Bulletin, editor: User, at: datetime.datetime, reason: str) -> None:
    """Let what needs a reason stay, in the editor's name."""
    looked = checklist(bulletin, at)
    for entry in looked.unanswered:
        accept(looked, (entry.finding.rule, entry.finding.key), editor, reason, at)


@transaction.atomic
def make_draft(staff: dict[str, User], at: datetime.datetime) -> None:
    """Make the half-written issue of next month, unless somebody has begun that month."""
    month = next_month(london_date(at))
    if Bulletin.objects.filter(month=month).exists():
        return
    date = first_wednesday(month.year, month.month)
    write(
        read(CONTENT / "draft.toml"),
        date,
        title=f"First Wednesday {month:%B %Y}",
        publish_at=instant(date, Publication.objects.current().publication_hour),
        last_edited_by=staff["editor"],
    )
