"""The stamp of the sign-up form: a signed time, so that nothing can post a form it was never shown.

Public pages are cached and the same for everybody, so the small form on them has no stamp. Posting it leads
to the whole form, address kept, with a stamp and one more press to make: a program that posts straight away
gets no further.

A stamp handed out with an empty form counts only after QUICKEST seconds, for nobody reads, types and presses
within one. (A stamp keeps whole seconds, so the limit is really one to two: a person who takes two always
passes.) A stamp handed out in answer to a press counts at once: that person has had their time on another
page or with a mistake, and neither a password manager nor a quick second press is taken for a program. What a
program may win by reading our answer and pressing again, the limits per address and per network hold.
"""

from enum import Enum, auto

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

FIRST, AGAIN = "first", "again"
QUICKEST = 2
LASTS = 4 * 60 * 60


class Verdict(Enum):
    """What a posted stamp says."""

    MISSING = auto()
    STALE = auto()
    TOO_QUICK = auto()
    GOOD = auto()


def stamp(shown: str) -> str:
    """Return a stamp made at this moment, for a form shown FIRST or AGAIN."""
    return signer().sign(shown)


def verdict(posted: str) -> Verdict:
    """Judge a posted stamp; a forged one is as stale as one older than LASTS."""
    if not posted:
        return Verdict.MISSING
    try:
        shown = signer().unsign(posted, max_age=LASTS)
    except BadSignature:
        return Verdict.STALE
    return Verdict.TOO_QUICK if shown == FIRST and is_young(posted) else Verdict.GOOD


def is_young(posted: str) -> bool:
    """Tell whether a genuine stamp was made within QUICKEST seconds."""
    try:
        signer().unsign(posted, max_age=QUICKEST)
    except SignatureExpired:
        return False
    return True


def signer() -> TimestampSigner:
    """Return the signer of stamps, whose signatures fit nothing else."""
    return TimestampSigner(salt="subscribers.stamp")
