"""Approving, lapsing and withdrawing: who may say that an issue goes out, and what undoes it."""

import datetime

from django.contrib.auth.models import AbstractBaseUser, User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from bulletins.composition import Composition, compose
from bulletins.models import Approval, Bulletin, PublicationDay
from publication.log import record
from publication.models import Publication

UNDATED = "It has no publication date: fill in “publish at”."
NOTHING_TO_READ = "It has nothing to read yet: write a section or an item."
UNSEEN = "It was changed while you were reading: look at it again, then approve."
SECOND_PERSON = "You edited this issue last: a second person must approve it."


def needs_second_person(bulletin: Bulletin) -> bool:
    """Tell whether its last editor may not approve it: imports for the archive are never mailed, so they may."""
    if bulletin.audience == Bulletin.Audience.ARCHIVE_ONLY and bulletin.source_digest:
        return False
    return Publication.objects.current().second_person


def faults(bulletin: Bulletin, by: AbstractBaseUser) -> list[str]:
    """Return what keeps a person from approving an issue, one sentence each."""
    found = []
    if bulletin.status != Bulletin.Status.DRAFT and not changed_since(bulletin):
        found.append(standing(bulletin))
    if bulletin.publish_at is None:
        found.append(UNDATED)
    if on_skipped_day(bulletin):
        found.append("Its publication day is skipped: open the day again first, or choose another one.")
    if not compose(bulletin).sections:
        found.append(NOTHING_TO_READ)
    if needs_second_person(bulletin) and bulletin.last_edited_by_id == by.pk:
        found.append(SECOND_PERSON)
    return found


def standing(bulletin: Bulletin) -> str:
    """Say where an issue stands that is no draft, and who approved it when: to the second, for two may be at it."""
    approval = approval_in_force(bulletin)
    if bulletin.status != Bulletin.Status.APPROVED or approval is None:
        return f"This issue is {bulletin.status} already."
    when = date_format(timezone.localtime(approval.at), "j F Y, H:i:s")
    return f"This issue is approved already: {approval.by} did so on {when}."


def on_skipped_day(bulletin: Bulletin) -> bool:
    """Tell whether an issue for subscribers is set for a publication day that is skipped."""
    if bulletin.audience != Bulletin.Audience.SUBSCRIBERS or bulletin.date is None:
        return False
    return PublicationDay.objects.filter(date=bulletin.date, state=PublicationDay.State.SKIPPED).exists()


def changed_since(bulletin: Bulletin) -> bool:
    """Tell whether an approved issue no longer is what was approved: it may then be approved again."""
    return bulletin.status == Bulletin.Status.APPROVED and approved_composition(bulletin) is None


@transaction.atomic
def approve(bulletin: Bulletin, by: User, at: datetime.datetime, seen: str | None = None) -> Approval:
    """Approve an issue as it stands now; raise a ValidationError that says what keeps it from being approved.

    `seen` is the fingerprint of what the approver was shown: if the issue changed since, it is not approved.
    """
    locked = Bulletin.objects.select_for_update(of=("self",)).with_parts().get(pk=bulletin.pk)
    found = faults(locked, by)
    fingerprint = compose(locked).fingerprint()
    if seen is not None and seen != fingerprint:
        found.append(UNSEEN)
    if found:
        raise ValidationError(found)
    locked.approvals.filter(lapsed_at__isnull=True).update(lapsed_at=at, lapse_reason="approved again as it stands now")
    locked.status = bulletin.status = Bulletin.Status.APPROVED
    locked.save(update_fields=["status", "updated_at"])
    record(by, locked, "Approved it.", at)
    return Approval.objects.create(bulletin=locked, by=by, at=at, fingerprint=fingerprint)


def approval_in_force(bulletin: Bulletin) -> Approval | None:
    """Return the approval that covers an issue, if one does."""
    return bulletin.approvals.filter(lapsed_at__isnull=True).select_related("by").first()


def approved_composition(bulletin: Bulletin) -> Composition | None:
    """Return what would be mailed now, or None when it is not what was approved."""
    composition, approval = compose(bulletin), approval_in_force(bulletin)
    if approval is None or approval.fingerprint != composition.fingerprint():
        return None
    return composition


@transaction.atomic
def lapse(bulletin: Bulletin, at: datetime.datetime, reason: str) -> None:
    """Take the approval back: the issue is a draft again. Refused once it is published."""
    locked = Bulletin.objects.select_for_update().get(pk=bulletin.pk)
    if locked.status != Bulletin.Status.APPROVED or locked.is_published(at):
        raise ValidationError("Only an approved issue that is not published yet can become a draft again.")
    locked.status = bulletin.status = Bulletin.Status.DRAFT
    locked._change_reason = reason  # type: ignore[attr-defined]
    locked.save(update_fields=["status", "updated_at"])
    locked.approvals.filter(lapsed_at__isnull=True).update(lapsed_at=at, lapse_reason=reason)


def lapse_if_changed(bulletin: Bulletin, at: datetime.datetime, reason: str) -> bool:
    """Lapse the approval of an unpublished issue that no longer is what was approved; tell whether it did."""
    fresh = Bulletin.objects.with_parts().get(pk=bulletin.pk)
    if fresh.status != Bulletin.Status.APPROVED or fresh.is_published(at) or approved_composition(fresh):
        return False
    lapse(fresh, at, reason)
    bulletin.status = fresh.status
    return True


@transaction.atomic
def withdraw(bulletin: Bulletin, reason: str) -> None:
    """Take a published issue down; its address then answers 410 with the reason."""
    locked = Bulletin.objects.select_for_update().get(pk=bulletin.pk)
    if locked.status != Bulletin.Status.APPROVED:
        raise ValidationError("Only an approved issue can be withdrawn.")
    if not reason.strip():
        raise ValidationError("Say in a sentence why it is withdrawn: readers see it.")
    locked.status, locked.withdrawn_reason = Bulletin.Status.WITHDRAWN, reason.strip()
    locked._change_reason = locked.withdrawn_reason  # type: ignore[attr-defined]
    locked.save(update_fields=["status", "withdrawn_reason", "updated_at"])
    bulletin.status, bulletin.withdrawn_reason = locked.status, locked.withdrawn_reason
