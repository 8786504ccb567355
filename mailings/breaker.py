"""When sending stops by itself: too many refusals, a relay that is away, or one that refuses our login.

A pause for refusals or for the login waits for a person. One for the relay's absence ends by itself when the
relay answers again, for then nothing else was wrong.
"""

import datetime
import smtplib

from mailings import steering
from mailings.alerts import link_to, raise_alert
from mailings.models import Mailing
from mailings.opening import day_of
from mailings.statements import column
from mailings.transport import Outcome, visit

Cause = Mailing.PauseCause
WINDOW = 200
# 5 % of the window, and no fewer even before it is full: three bad addresses among forty stop nothing.
MOST_REFUSED = 10
MOST_TROUBLES = 20

# The last letters that the relay took or refused for good; the window's indexes make it 400 rows at most.
REFUSED_LATELY = """
    SELECT count(*) FILTER (WHERE refused) FROM (
        SELECT refused FROM (
            (SELECT false AS refused, sent_at AS at FROM mailings_delivery
              WHERE mailing_id = %(mailing)s AND state = 'sent' AND sent_at >= %(from)s
              ORDER BY sent_at DESC LIMIT %(window)s)
            UNION ALL
            (SELECT smtp_code >= 500, failed_at FROM mailings_delivery
              WHERE mailing_id = %(mailing)s AND state = 'failed' AND failed_at >= %(from)s
              ORDER BY failed_at DESC LIMIT %(window)s)
        ) AS settled ORDER BY at DESC LIMIT %(window)s
    ) AS lately
"""


def trip(mailing: Mailing, cause: str, why: str, at: datetime.datetime) -> None:
    """Pause a mailing and tell staff, once until somebody acts on it; whoever finds the same later does nothing."""
    if steering.pause(mailing, None, why, at, cause):
        kind = f"paused {mailing.pk}.{mailing.acts.filter(by__isnull=False).count()} {cause}"
        words = f"The mailing of {mailing.called} is paused. {why}"
        raise_alert(day_of(mailing.bulletin, at), kind, words, at, link_to(mailing))


def watch_refusals(mailing: Mailing, at: datetime.datetime) -> None:
    """Pause once more than 5 % of the last 200 letters were refused for good."""
    watched_from = Mailing.objects.values_list("watched_from", flat=True).get(pk=mailing.pk)
    values = {"mailing": mailing.pk, "from": watched_from, "window": WINDOW}
    refused = column(REFUSED_LATELY, values)[0]
    if refused > MOST_REFUSED:
        why = f"{refused} of its last {WINDOW} letters were refused for good. Look at the reasons, then resume it."
        trip(mailing, Cause.REFUSALS, why, at)


def count_trouble(mailing: Mailing, outcome: Outcome, at: datetime.datetime) -> None:
    """Count a connection that failed; pause at the twentieth in a row."""
    troubles = column(
        "UPDATE mailings_mailing SET troubles = troubles + 1 WHERE id = %(mailing)s RETURNING troubles",
        {"mailing": mailing.pk},
    )
    if troubles[0] >= MOST_TROUBLES:
        why = f"{troubles[0]} connections to the relay failed in a row; the last: {said(outcome)}"
        trip(mailing, Cause.CONNECTION, f"{why}. It goes on by itself when the relay answers again.", at)


def end_of_trouble(mailing: Mailing) -> None:
    """Begin to count anew, for a letter was taken; writes nothing where nothing was counted."""
    Mailing.objects.filter(pk=mailing.pk, troubles__gt=0).update(troubles=0)


def refused_login(mailing: Mailing, outcome: Outcome, at: datetime.datetime) -> None:
    """Pause at once: more tries with the same password would only lock the account."""
    why = f"The relay refuses our login: {said(outcome)}. Mend EMAIL_URL, restart the workers, then resume it."
    trip(mailing, Cause.LOGIN, why, at)


def look_again(mailing: Mailing, at: datetime.datetime) -> bool:
    """Go on with a mailing that was paused because the relay was away, if it answers now."""
    due = Mailing.objects.filter(pk=mailing.pk, state="paused", pause_cause=Cause.CONNECTION, look_again_at__lte=at)
    # Only one worker looks, and the next look is five minutes away whatever this one sees.
    if not due.update(look_again_at=at + steering.LOOK_AGAIN):
        return False
    try:
        with visit():
            pass
    except (OSError, smtplib.SMTPException):
        return False
    return steering.resume(mailing, None, "the relay answers again", at)


def said(outcome: Outcome) -> str:
    """Return what the relay, or the network, said."""
    return f"{outcome.code or ''} {outcome.text}".strip().rstrip(".") or "it hung up"
