"""What a person, or the clock, does to a mailing: pause, resume, cancel, retry, complete. Each leaves an act.

Every verb is refused by its own condition where the state does not allow it, and then returns 0 or False.
"""

import datetime

from django.contrib.auth.models import User
from django.db import transaction

from mailings import ledger
from mailings.ledger import READS
from mailings.models import Mailing, MailingAct
from mailings.statements import column, run

Act, Cause = MailingAct.Act, Mailing.PauseCause
# How long a letter that is put off is tried, from the opening or from a person's decision to go on.
TRY_FOR = datetime.timedelta(hours=48)
LOOK_AGAIN = datetime.timedelta(minutes=5)

# One statement: the mailing's new state, and who did it when and why.
STEER = """
    WITH steered AS (
        UPDATE mailings_mailing SET {changes} WHERE id = %(mailing)s AND {condition} RETURNING id
    )
    INSERT INTO mailings_mailingact (mailing_id, by_id, act, at, why)
    SELECT id, %(by)s, %(act)s, %(at)s, %(why)s FROM steered
"""


def steer(act: str, changes: str, condition: str, values: dict) -> bool:
    """Change a mailing where a condition holds, and write down the act."""
    sql = STEER.format(changes=changes, condition=condition)
    return run(sql, {"act": act, **values, "why": values["why"][:300]}) == 1


def said(mailing: Mailing, by: User | None, why: str, at: datetime.datetime) -> dict:
    """Return the values that every act has; `by` is None where the clock acts."""
    return {"mailing": mailing.pk, "by": by.pk if by else None, "why": why, "at": at}


def pause(mailing: Mailing, by: User | None, why: str, at: datetime.datetime, cause: str = Cause.PERSON) -> bool:
    """Stop claims; letters on the wire are finished. A pause for the relay's absence looks again by itself."""
    look = at + LOOK_AGAIN if cause == Cause.CONNECTION else None
    return steer(
        Act.PAUSE,
        "state = 'paused', pause_cause = %(cause)s, look_again_at = %(look)s",
        "state = 'sending'",
        {**said(mailing, by, why, at), "cause": cause, "look": look},
    )


def resume(mailing: Mailing, by: User | None, why: str, at: datetime.datetime) -> bool:
    """Go on sending; what was counted against the mailing is forgotten."""
    return steer(
        Act.RESUME,
        "state = 'sending', pause_cause = '', look_again_at = NULL, troubles = 0, watched_from = %(at)s, "
        "give_up_at = GREATEST(give_up_at, %(until)s)",
        "state = 'paused'",
        {**said(mailing, by, why, at), "until": at + TRY_FOR},
    )


def cancel(mailing: Mailing, by: User, why: str, at: datetime.datetime) -> bool:
    """Send no more of it; the sweep calls what has not left skipped."""
    return steer(
        Act.CANCEL,
        "state = 'cancelled', pause_cause = '', look_again_at = NULL",
        "state IN ('sending', 'paused')",
        said(mailing, by, why, at),
    )


@transaction.atomic
def retry(mailing: Mailing, by: User, why: str, at: datetime.datetime, abandoned: bool = False) -> int:
    """Queue what failed again, with `abandoned` also what perhaps arrived; return how many."""
    locked = Mailing.objects.select_for_update().get(pk=mailing.pk)
    if locked.state == Mailing.State.CANCELLED:
        return 0
    act = MailingAct(mailing=locked, by=by, act=Act.RETRY, at=at, why=why[:300])
    queued = requeue(act, ["failed", "abandoned"] if abandoned else ["failed"])
    if queued:
        go_on(locked, at)
    return queued


@transaction.atomic
def send_missed(mailing: Mailing, by: User, why: str, at: datetime.datetime) -> int:
    """Queue a letter to each of its audience of today whom this mailing has sent none; return how many.

    Nobody else can get one: whoever has a letter that left, or may have left, has a row that this leaves alone;
    also one that was skipped only when it was tried again.
    """
    locked = Mailing.objects.select_for_update().get(pk=mailing.pk)
    # A cancelled one has its moment once what had not left is skipped, and nothing of it is on the wire.
    if locked.state not in (Mailing.State.FINISHED, Mailing.State.CANCELLED) or locked.finished_at is None:
        return 0
    act = MailingAct(mailing=locked, by=by, act=Act.MISSED, at=at, why=why[:300])
    revived = requeue(act, ["skipped"])
    planned = ledger.plan(locked, at)
    if revived + planned == 0:
        return 0
    if not revived:
        act.save()
    locked.planned += planned
    go_on(locked, at)
    return revived + planned


def requeue(act: MailingAct, states: list[str]) -> int:
    """Queue letters in some final states again, for those who still read; without any, no act is kept.

    One that was abandoned has perhaps arrived: if its answer is lost again, it is not tried once more by itself.
    """
    ids = readers_in(act.mailing, states)
    if not ids:
        return 0
    act.save()
    return run(
        """
        UPDATE mailings_delivery
           SET state = 'queued', act_id = %(act)s, attempts = 0, not_before = %(at)s, failed_at = NULL,
               unknown_retried = unknown_retried OR state = 'abandoned'
         WHERE id = ANY(%(ids)s) AND state = ANY(%(states)s)
        """,
        {"act": act.pk, "at": act.at, "ids": ids, "states": states},
    )


def readers_in(mailing: Mailing, states: list[str]) -> list[int]:
    """Return the letters in some states whose reader still reads, of the skipped those that surely never left."""
    sql = f"""
        SELECT d.id FROM mailings_delivery d JOIN subscribers_subscriber s ON s.id = d.subscriber_id
         WHERE d.mailing_id = %(mailing)s AND d.state = ANY(%(states)s) AND {READS}
           AND NOT (d.state = 'skipped' AND d.unknown_retried)
    """
    return column(sql, {"mailing": mailing.pk, "states": states})


def go_on(mailing: Mailing, at: datetime.datetime) -> None:
    """Send again what was finished or cancelled; one that is paused stays so until it is resumed."""
    mailing.give_up_at = at + TRY_FOR
    mailing.watched_from = at
    if mailing.state in (Mailing.State.FINISHED, Mailing.State.CANCELLED):
        mailing.state = Mailing.State.SENDING
        mailing.finished_at = mailing.sent = mailing.skipped = mailing.failed = mailing.abandoned = None
    mailing.save()


def missed(mailing: Mailing) -> int:
    """Count those of its audience of today whom this mailing has sent no letter, nor may have."""
    sql = f"""
        SELECT count(*) FROM subscribers_subscriber s
         WHERE {ledger.audience(mailing.number)} AND NOT EXISTS (
               SELECT 1 FROM mailings_delivery d
                WHERE d.mailing_id = %(mailing)s AND d.address_hash = s.address_hash
                  AND (d.state <> 'skipped' OR d.unknown_retried OR d.subscriber_id IS DISTINCT FROM s.id))
    """
    return column(sql, {"mailing": mailing.pk, "bulletin": mailing.bulletin_id})[0]


def take_over(identity: str, by: User | None, why: str, at: datetime.datetime) -> int:
    """Pause every mailing under way in a database that another installation claims; return how many."""
    why = f"{identity} took over the sending: {why}"
    under_way = Mailing.objects.filter(state=Mailing.State.SENDING)
    return sum(pause(mailing, by, why, at, Cause.TAKEOVER) for mailing in under_way)
