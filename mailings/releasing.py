"""The gate: an issue is approved when nothing blocks it and somebody answers for what looks wrong."""

import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from bulletins import approval
from bulletins.composition import compose
from bulletins.models import Approval, Bulletin
from mailings.preflight import checklist


@transaction.atomic
def release(bulletin: Bulletin, by: User, at: datetime.datetime, seen: str | None = None) -> Approval:
    """Approve an issue whose checklist is clean. Raises ValidationError that says what keeps it from being approved.

    `seen` is the fingerprint of what the approver was shown.
    """
    # An edit takes the same lock: what is looked at here is what is approved.
    locked = Bulletin.objects.select_for_update(of=("self",)).with_parts().get(pk=bulletin.pk)
    if seen is not None and seen != compose(locked).fingerprint():
        raise ValidationError(approval.UNSEEN)
    looked = checklist(locked, at)
    if not looked.is_clean:
        unclean = [*looked.blocking, *looked.unanswered]
        raise ValidationError([f"{entry.finding.place.words}: {entry.finding.sentence}" for entry in unclean])
    return approval.approve(bulletin, by, at, seen)
