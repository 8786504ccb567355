"""What a mailing's page knows and says: how far it is, how fast, why it stands still, what can be done."""

import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from mailings.acts import PAST
from mailings.chart import chart
from mailings.failures import Failures, failures_of, put_off_of
from mailings.models import Mailing, MailingAct
from mailings.progress import MINUTE, Progress, kept, progress_of
from mailings.reports import letters_a_minute
from publication.models import SenderClaim

# The words of the ledger, in all places; where one says too little, what it means.
STATE_WORDS = {
    "sent": "sent",
    "queued": "queued",
    "claimed": "claimed by a worker",
    "on_wire": "on the wire",
    "unknown": "unknown: answer lost",
    "failed": "failed",
    "skipped": "skipped",
    "abandoned": "abandoned: perhaps delivered",
}
# What stopped a mailing, and what to do about it.
PAUSES = {
    "person": ("Somebody paused it.", "It goes on when somebody resumes it."),
    "refusals": (
        "Too many letters were refused for good.",
        "Look at the reasons below. Where they name the addresses, the list is at fault; where they name us, ask "
        "the relay’s operator. Then resume it: the count begins anew, and if nothing was mended it stops again soon.",
    ),
    "connection": (
        "The relay cannot be reached.",
        "Nothing is lost and nothing need be done: it goes on by itself when the relay answers. Resume it to try "
        "at once.",
    ),
    "login": (
        "The relay refuses our login.",
        "Ask whoever runs this installation to mend EMAIL_URL and to restart the workers. Then resume it.",
    ),
    "takeover": (
        "Another installation took over the sending.",
        "Look first what it has sent. Resume it only where letters are to leave from.",
    ),
}

OFFERS = {
    "sending": ["pause", "cancel", "retry"],
    "paused": ["resume", "cancel", "retry"],
    "finished": ["retry", "missed"],
    "cancelled": ["missed"],
}


def is_over(mailing: Mailing) -> bool:
    """Tell whether nothing moves any more by itself."""
    return mailing.state in (Mailing.State.FINISHED, Mailing.State.CANCELLED) and mailing.finished_at is not None


def offers(mailing: Mailing, counts: dict[str, int]) -> list[str]:
    """Return what a person may do to a mailing as it is now."""
    possible = list(OFFERS[mailing.state])
    if not (counts["failed"] or counts["abandoned"]):
        possible = [verb for verb in possible if verb != "retry"]
    if not is_over(mailing):
        possible = [verb for verb in possible if verb != "missed"]
    return possible


def picture(mailing: Mailing) -> dict[str, Any]:
    """Return all that is shown of a mailing and may have changed since."""
    progress = progress_of(mailing)
    counts = progress.balance.counts
    acts = list(mailing.acts.select_related("by").order_by("-at", "-pk"))
    over = is_over(mailing)
    possible = offers(mailing, counts) if SenderClaim.objects.is_ours() else []
    return {
        "mailing": mailing,
        "progress": progress,
        "balance": progress.balance,
        "counts": [(state, words, counts[state]) for state, words in STATE_WORDS.items() if counts[state]],
        "words": words_of(mailing, progress),
        "pause": pause_words(mailing, acts),
        "failures": failures(mailing, counts["failed"]),
        "failed": counts["failed"],
        "put_off": put_off(mailing, progress),
        "acts": [(act, PAST[act.act], act.said) for act in acts],
        "offers": possible,
        "over": over,
        "stamp": f"{mailing.state} {over} {len(acts)} {' '.join(possible)}",
        "report": report(mailing) if over else None,
    }


def failures(mailing: Mailing, failed: int) -> Failures | None:
    """Return why letters failed and where; None where none did."""
    return kept.get(("failures", mailing.pk, mailing.finished_at), lambda: failures_of(mailing)) if failed else None


def put_off(mailing: Mailing, progress: Progress) -> dict[str, Any] | None:
    """Return how many letters the relay put off, until when, and why; None where it put none off."""
    if is_over(mailing) or not progress.put_off or progress.next_try is None:
        return None
    reasons = kept.get(("put off", mailing.pk), lambda: put_off_of(mailing, progress.at))
    return {"number": progress.put_off, "until": progress.next_try, "reasons": reasons}


def report(mailing: Mailing) -> dict[str, Any]:
    """Return what is said of a mailing once it is over."""
    minutes = kept.get(("minutes", mailing.pk, mailing.finished_at), lambda: letters_a_minute(mailing))
    took = (mailing.finished_at or mailing.started_at) - mailing.started_at
    return {"chart": chart(minutes), "took": span_in_words(took)}


def pause_words(mailing: Mailing, acts: list[MailingAct]) -> dict[str, Any] | None:
    """Say why a mailing is paused, since when, and what to do about it; `acts` are its own, the newest first."""
    if mailing.state != Mailing.State.PAUSED:
        return None
    what, mend = PAUSES[mailing.pause_cause]
    act = next((act for act in acts if act.act == MailingAct.Act.PAUSE), None)
    why = act.said if act else ""
    person = mailing.pause_cause == Mailing.PauseCause.PERSON
    return {"what": what, "mend": mend, "act": act, "why": why, "again": mailing.look_again_at, "person": person}


def words_of(mailing: Mailing, progress: Progress) -> str:
    """Say in a sentence how far a mailing is."""
    sent, planned = progress.balance.counts["sent"], progress.balance.planned
    far = f"{sent:,} of {planned:,} sent"
    if mailing.state == Mailing.State.SENDING:
        return f"{far}{pace_words(progress)}"
    waiting = planned - progress.balance.done
    if mailing.state == Mailing.State.PAUSED:
        return f"{far}, {waiting:,} to go"
    if mailing.state == Mailing.State.CANCELLED and waiting:
        return f"{far}, {waiting:,} more are being settled"
    return far


def pace_words(progress: Progress) -> str:
    """Say how long a mailing still takes and how fast it is, or what it waits for."""
    if progress.due <= 0:
        return waiting_words(progress)
    if progress.left is not None:
        return f", {left_in_words(progress.left)} left, {progress.a_minute:,} a minute"
    if progress.measured >= MINUTE:
        return ", and none has left in the last minute: are the workers running?"
    return ", the pace is not known yet"


def waiting_words(progress: Progress) -> str:
    """Say what the last letters of a mailing wait for."""
    if progress.next_try:
        when = date_format(timezone.localtime(progress.next_try), "H:i")
        return f", {counted(progress.put_off, 'letter')} put off until {when}"
    if unknown := progress.balance.counts["unknown"]:
        return f", and what became of {counted(unknown, 'letter')} is being found out"
    return ", and it is about to be finished"


def left_in_words(left: datetime.timedelta) -> str:
    """Say roughly how long something takes: “about 2 minutes”."""
    minutes = round(left / MINUTE)
    if minutes < 1:
        return "less than a minute"
    if minutes < 90:
        return f"about {counted(minutes, 'minute')}"
    return f"about {counted(round(minutes / 60), 'hour')}"


def span_in_words(span: datetime.timedelta) -> str:
    """Say exactly how long something took: “3 minutes 20 seconds”."""
    seconds = int(span.total_seconds())
    parts = [(seconds // 86400, "day"), (seconds // 3600 % 24, "hour"), (seconds // 60 % 60, "minute")]
    words = [counted(number, unit) for number, unit in [*parts, (seconds % 60, "second")] if number]
    return " ".join(words[:2]) or "less than a second"


def counted(number: int, unit: str) -> str:
    """Write a number with its unit: “1 minute”, “2 minutes”."""
    return f"{number:,} {unit}{'' if number == 1 else 's'}"
