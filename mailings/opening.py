"""Open a mailing: freeze the issue as approved and queue a letter to every reader, in one transaction."""

import datetime

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from bulletins.approval import is_covered
from bulletins.models import Bulletin, PublicationDay
from mailings import ledger
from mailings.alerts import raise_alert
from mailings.letter import freeze, letter_of
from mailings.models import Mailing, MailingAct

GRACE = datetime.timedelta(hours=12)
MEND_CHANGED = "Nothing was mailed. Look at it and approve it again: it then goes out within a minute."


def due(at: datetime.datetime):
    """Return the issues to be mailed now: published within the grace, for subscribers, no mailing yet."""
    issues = Bulletin.objects.published(at).for_subscribers()
    return issues.filter(publish_at__gt=at - GRACE, mailings__isnull=True)


@transaction.atomic
def open_mailing(bulletin: Bulletin, at: datetime.datetime) -> Mailing | None:
    """Open an issue's mailing; None when somebody else did or it is not what was approved (held, with an alert)."""
    locked = Bulletin.objects.select_for_update(of=("self",)).with_parts().get(pk=bulletin.pk)
    if not due(at).filter(pk=locked.pk).exists():
        return None
    if not is_covered(locked):
        hold(locked, at)
        return None
    return create_mailing(locked, at)


def create_mailing(bulletin: Bulletin, at: datetime.datetime) -> Mailing:
    """Freeze the letter and plan its deliveries; the caller holds the issue's lock."""
    frozen = freeze(bulletin)
    letter_of(frozen)
    mailing = Mailing.objects.create(
        bulletin=bulletin,
        subject=frozen.subject,
        headers=frozen.headers,
        html=frozen.html,
        text=frozen.text,
        content_hash=frozen.content_hash(),
        started_at=at,
    )
    mailing.planned = ledger.plan(mailing, at)
    mailing.save(update_fields=["planned"])
    PublicationDay.objects.filter(month=bulletin.month, state__in=["held", "missed"]).update(state="open")
    return mailing


def hold(bulletin: Bulletin, at: datetime.datetime) -> None:
    """Hold an issue that changed since it was approved: mail nothing, tell staff."""
    day = PublicationDay.objects.filter(month=bulletin.month).first()
    if day is None:
        return
    if day.state == PublicationDay.State.OPEN:
        day.state = PublicationDay.State.HELD
        day.save(update_fields=["state"])
    raise_alert(day, f"changed-{bulletin.slug}", f"{bulletin.title} is not what was approved. {MEND_CHANGED}", at)



@transaction.atomic
def send_now(bulletin: Bulletin, by: AbstractUser | None, why: str, at: datetime.datetime) -> Mailing:
    """Mail an approved issue at once; raise a ValidationError that says why it cannot be."""
    locked = Bulletin.objects.select_for_update(of=("self",)).with_parts().get(pk=bulletin.pk)
    refuse_unready(locked)
    if locked.publish_at is None or locked.publish_at > at:
        locked.publish_at, locked.publish_reason = at, f"sent now: {why}"[:200]
        locked.save(update_fields=["publish_at", "publish_reason", "updated_at"])
    mailing = create_mailing(locked, at)
    if by is not None:
        MailingAct.objects.create(mailing=mailing, by=by, act=MailingAct.Act.SEND_NOW, at=at, why=why)
    return mailing


def refuse_unready(bulletin: Bulletin) -> None:
    """Raise a ValidationError for an issue that may not be mailed, or was."""
    begun = bulletin.mailings.filter(number=0).first()
    if begun:
        moment = f"{timezone.localtime(begun.started_at):%d %B %Y at %H:%M:%S}"
        raise ValidationError(f"The mailing of {bulletin.title} was started already, on {moment}.")
    if bulletin.audience != Bulletin.Audience.SUBSCRIBERS:
        raise ValidationError(f"{bulletin.title} is for the archive only: it is never mailed.")
    if bulletin.status != Bulletin.Status.APPROVED:
        raise ValidationError(f"{bulletin.title} is {bulletin.status}: it must be approved first.")
    if not is_covered(bulletin):
        raise ValidationError(f"{bulletin.title} is not what was approved: approve it again.")
