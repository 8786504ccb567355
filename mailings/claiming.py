"""Claim the sending for this installation: what a copy of a database waits for before anything leaves it."""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from bulletins.models import Bulletin
from mailings import steering
from mailings.clock import open_one
from mailings.models import Mailing
from mailings.opening import due
from publication.log import record
from publication.models import SenderClaim
from subscribers.models import OutgoingLetter


@dataclass(frozen=True)
class Outlook:
    """What a claim would meet in the database."""

    sender: SenderClaim | None
    under_way: list[Mailing]
    due: list[Bulletin]
    letters: int

    @property
    def is_ours(self) -> bool:
        """Whether there is nothing to claim."""
        return self.sender is None or self.sender.identity == settings.SENDER_IDENTITY


def outlook(at: datetime.datetime) -> Outlook:
    """Look at what a claim would do now; changes nothing."""
    under_way = Mailing.objects.filter(state=Mailing.State.SENDING).select_related("bulletin")
    return Outlook(
        sender=SenderClaim.objects.in_force(),
        under_way=list(under_way.defer("html", "text", "headers")),
        due=list(due(at)),
        letters=OutgoingLetter.objects.filter(sent=None).count(),
    )


@transaction.atomic
def claim(by: User | None, why: str, at: datetime.datetime) -> int:
    """Let this installation send from the database; return how many mailings are paused by it.

    What is due and was not mailed, as far as this copy knows, is opened and paused too: the other installation may
    have mailed it since, which only a person can tell. Raises ValidationError where there is nothing to claim.
    """
    # Whoever claims at the same moment waits here, and then finds it done.
    SenderClaim.objects.select_for_update().order_by("-pk").first()
    if SenderClaim.objects.is_ours():
        raise ValidationError(f"{settings.SENDER_IDENTITY} is the sender already: there is nothing to claim.")
    made = SenderClaim.objects.create(identity=settings.SENDER_IDENTITY, by=by, at=at, why=why)
    if by is not None:
        record(by, made, f"Claimed the sending: “{why}”", at)
    for bulletin in due(at):
        open_one(bulletin, at)
    return steering.take_over(settings.SENDER_IDENTITY, by, why, at)
