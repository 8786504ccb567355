"""Open a mailing: freeze the issue as approved and queue a letter to every reader, in one transaction."""

import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from bulletins.approval import approved_composition
from bulletins.composition import Composition
from bulletins.models import Bulletin, PublicationDay
from bulletins.models.bulletin import BulletinQuerySet
from bulletins.models.days import PublicationDayQuerySet
from mailings import ledger
from mailings.alerts import link_to, raise_alert
from mailings.letter import Frozen, freeze, letter_of
from mailings.models import Mailing, MailingAct
from mailings.steering import TRY_FOR
from publication.log import record
from publication.models import SenderClaim

GRACE = datetime.timedelta(hours=12)
MEND_CHANGED = "Nothing was mailed. Look at it and approve it again: it then goes out within a minute."


def due(at: datetime.datetime) -> BulletinQuerySet:
    """Return the issues to be mailed now: published within the grace, for subscribers, no mailing yet."""
    issues = Bulletin.objects.published(at).for_subscribers()
    return issues.filter(publish_at__gt=at - GRACE, mailings__isnull=True)


@transaction.atomic
def open_mailing(bulletin: Bulletin, at: datetime.datetime) -> Mailing | None:
    """Open an issue's mailing; None when somebody did, or it is not what was approved: held."""
    locked = Bulletin.objects.select_for_update(of=("self",)).with_parts().get(pk=bulletin.pk)
    if not due(at).filter(pk=locked.pk).exists():
        return None
    composition = approved_composition(locked)
    if composition is None:
        hold(locked, "changed", f"{locked.title} is not what was approved. {MEND_CHANGED}", at)
        return None
    return create_mailing(locked, composition, at)


def create_mailing(bulletin: Bulletin, composition: Composition, at: datetime.datetime) -> Mailing:
    """Freeze the letter and plan its deliveries; the caller holds the issue's lock. Raises ValueError."""
    mailing = open_frozen(bulletin, freeze(bulletin, at, composition), at)
    days_waiting_for(bulletin).filter(state__in=["held", "missed"]).update(state="open")
    return mailing


def open_frozen(bulletin: Bulletin, frozen: Frozen, at: datetime.datetime, number: int = 0) -> Mailing:
    """Open the mailing of a frozen letter to its whole audience: number 0 is the issue, corrections count from 1."""
    letter_of(frozen)
    mailing = Mailing.objects.create(
        bulletin=bulletin,
        number=number,
        subject=frozen.subject,
        headers=frozen.headers,
        html=frozen.html,
        text=frozen.text,
        content_hash=frozen.content_hash(),
        started_at=at,
        watched_from=at,
        give_up_at=at + TRY_FOR,
    )
    mailing.planned = ledger.plan(mailing, at)
    mailing.save(update_fields=["planned"])
    return mailing


def hold(bulletin: Bulletin, kind: str, words: str, at: datetime.datetime) -> None:
    """Hold the day of an issue that cannot be mailed as it is, and tell staff."""
    days_waiting_for(bulletin).filter(state="open").update(state="held")
    tell(bulletin, kind, words, at)


def days_waiting_for(bulletin: Bulletin) -> PublicationDayQuerySet:
    """Return the publication day that an issue settles or holds; none waits for a special one."""
    days = PublicationDay.objects.filter(month=bulletin.month)
    return days.none() if bulletin.special else days


def tell(bulletin: Bulletin, kind: str, words: str, at: datetime.datetime) -> None:
    """Tell staff something about an issue, once for each approval of it."""
    approval = bulletin.approvals.first()
    kind = f"{kind} {bulletin.pk}.{approval.pk if approval else 0}"
    raise_alert(day_of(bulletin, at), kind, words, at, link_to(bulletin))


def day_of(bulletin: Bulletin, at: datetime.datetime) -> PublicationDay:
    """Return the day of an issue's month; one older than the installation has none: then the next."""
    days = PublicationDay.objects
    days.ensure(at)
    return days.filter(month=bulletin.month).first() or days.upcoming(at)[0]


@transaction.atomic
def send_now(bulletin: Bulletin, by: User | None, why: str, at: datetime.datetime) -> Mailing:
    """Mail an approved issue at once; raise a ValidationError that says why it cannot be."""
    locked = Bulletin.objects.select_for_update(of=("self",)).with_parts().get(pk=bulletin.pk)
    composition = refuse_unready(locked)
    if locked.publish_at is None or locked.publish_at > at:
        locked.publish_at, locked.publish_reason = at, f"sent now: {why}"[:200]
        locked.save(update_fields=["publish_at", "publish_reason", "updated_at"])
    mailing = create_mailing(locked, composition, at)
    if by is not None:
        MailingAct.objects.create(mailing=mailing, by=by, act=MailingAct.Act.SEND_NOW, at=at, why=why)
        record(by, mailing, f"Sent it now: “{why}”", at)
    return mailing


def refuse_unready(bulletin: Bulletin) -> Composition:
    """Return what is to be mailed; raise a ValidationError for an issue that may not be, or was."""
    if not SenderClaim.objects.is_ours():
        raise ValidationError(f"{SenderClaim.objects.in_force()} sends from this database: claim the sending first.")
    begun = bulletin.mailings.filter(number=0).first()
    if begun:
        moment = f"{timezone.localtime(begun.started_at):%d %B %Y at %H:%M:%S}"
        act = begun.acts.filter(act=MailingAct.Act.SEND_NOW).select_related("by").first()
        by = f" by {act.by}" if act else ""
        raise ValidationError(f"The mailing of {bulletin.title} was started already{by}, on {moment}.")
    if bulletin.audience != Bulletin.Audience.SUBSCRIBERS:
        raise ValidationError(f"{bulletin.title} is for the archive only: it is never mailed.")
    if bulletin.status != Bulletin.Status.APPROVED:
        stands = "a draft" if bulletin.status == Bulletin.Status.DRAFT else bulletin.status
        raise ValidationError(f"{bulletin.title} is {stands}: it must be approved first.")
    composition = approved_composition(bulletin)
    if composition is None:
        raise ValidationError(f"{bulletin.title} is not what was approved: approve it again.")
    return composition
