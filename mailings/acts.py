"""What a person may do to a mailing, as its page offers it: the words before, the verb, the words after."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.formats import date_format

from mailings import steering
from mailings.forms import ActForm, CancelForm, RetryForm
from mailings.models import Mailing
from mailings.reports import Balance

PAST = {
    "send now": "sent it by hand",
    "pause": "paused it",
    "resume": "resumed it",
    "cancel": "cancelled it",
    "retry": "had what failed sent again",
    "missed": "had it sent to those missed",
}


@dataclass(frozen=True)
class Outlook:
    """What an act would do, in sentences; whether it would do anything, and whether what perhaps arrived is there."""

    sentences: list[str]
    worth_it: bool = True
    perhaps: bool = False


@dataclass(frozen=True)
class Verb:
    """One act: its name and title, its form, what it would do, how it is done (to how many letters), what is said.

    `wakes` tells whether workers have something to do at once.
    """

    name: str
    title: str
    form: type[forms.Form]
    outlook: Callable[[Mailing, Balance], Outlook]
    do: Callable[[Mailing, User, dict, datetime.datetime], int]
    done: str
    wakes: bool = True


def pause(mailing: Mailing, by: User, given: dict, at: datetime.datetime) -> int:
    """Pause a mailing."""
    return steering.pause(mailing, by, given["reason"], at)


def resume(mailing: Mailing, by: User, given: dict, at: datetime.datetime) -> int:
    """Resume a mailing."""
    return steering.resume(mailing, by, given["reason"], at)


def cancel(mailing: Mailing, by: User, given: dict, at: datetime.datetime) -> int:
    """Cancel a mailing."""
    return steering.cancel(mailing, by, given["reason"], at)


def retry(mailing: Mailing, by: User, given: dict, at: datetime.datetime) -> int:
    """Send again what failed."""
    return steering.retry(mailing, by, given["reason"], at, given["abandoned"])


def missed(mailing: Mailing, by: User, given: dict, at: datetime.datetime) -> int:
    """Send to those who have none."""
    return steering.send_missed(mailing, by, given["reason"], at)


def before_pause(mailing: Mailing, balance: Balance) -> Outlook:
    """Say what a pause does."""
    return Outlook(
        [f"{letters(left(balance))} wait until somebody resumes it. What is on the wire at this moment still leaves."]
    )


def before_resume(mailing: Mailing, balance: Balance) -> Outlook:
    """Say what resuming does."""
    return Outlook([f"{letters(left(balance))} to go. Nobody who has one gets a second."])


def before_cancel(mailing: Mailing, balance: Balance) -> Outlook:
    """Say what cancelling does, to how many."""
    sent, rest = balance.counts["sent"], left(balance)
    return Outlook(
        [
            f"{readers(sent)} {have(sent)} it, and no letter can be recalled.",
            f"{readers(rest)} will not get it, but for what is on the wire at this moment.",
            "It can be completed later by “Send to those missed”, which reaches only those who have none.",
        ]
    )


def before_retry(mailing: Mailing, balance: Balance) -> Outlook:
    """Say what a retry does, to how many."""
    again = {state: len(steering.readers_in(mailing, [state])) for state in ("failed", "abandoned")}
    failed, abandoned = balance.counts["failed"], balance.counts["abandoned"]
    words = [f"{letters(failed)} failed; {again['failed']:,} of their readers still read, and are tried again."]
    if abandoned:
        words.append(
            f"{letters(abandoned)} perhaps arrived: the connection broke before the relay answered. Tick the box to "
            f"send to those {again['abandoned']:,} as well; they may get a second copy."
        )
    if mailing.state == Mailing.State.PAUSED:
        words.append("The mailing is paused: they wait until it is resumed.")
    return Outlook(words, any(again.values()), perhaps=again["abandoned"] > 0)


def before_missed(mailing: Mailing, balance: Balance) -> Outlook:
    """Say whom it reaches."""
    number = steering.missed(mailing)
    if not number:
        whom = "whoever got the issue" if mailing.number else "every reader of today"
        return Outlook([f"Nobody was missed: {whom} has a letter of this mailing."], False)
    why = "they got the issue since" if mailing.number else "they joined since"
    return Outlook(
        [
            f"{readers(number)} of today {have(number)} no letter of this mailing: {why}, or theirs was skipped.",
            "It can reach nobody else. Whoever was sent one, or perhaps was, gets no second.",
        ]
    )


def letters(number: int) -> str:
    """Write a number of letters."""
    return f"{number:,} letter{'' if number == 1 else 's'}"


def readers(number: int) -> str:
    """Write a number of readers."""
    return f"{number:,} reader{'' if number == 1 else 's'}"


def have(number: int) -> str:
    """Return “has” or “have”."""
    return "has" if number == 1 else "have"


def left(balance: Balance) -> int:
    """Return how many letters have not come to their end."""
    return balance.planned - balance.done


def already(mailing: Mailing) -> str:
    """Say how a mailing stands, and who brought it there."""
    act = mailing.acts.select_related("by").order_by("-at", "-pk").first()
    state = f"it is {mailing.get_state_display()}."
    if act is None:
        return state
    when = date_format(timezone.localtime(act.at), "j F, H:i:s")
    why = f" (“{act.said}”)" if act.said else ""
    return f"{state} {act.by or 'The clock'} {PAST[act.act]} on {when}{why}."


VERBS = {
    verb.name: verb
    for verb in (
        Verb("pause", "Pause", ActForm, before_pause, pause, "It is paused; what is on the wire still leaves.", False),
        Verb("resume", "Resume", ActForm, before_resume, resume, "It goes on."),
        Verb("cancel", "Cancel this mailing", CancelForm, before_cancel, cancel, "It is cancelled.", False),
        Verb("retry", "Retry failed", RetryForm, before_retry, retry, "Tried again: {number:,}."),
        Verb("missed", "Send to those missed", ActForm, before_missed, missed, "On their way now: {number:,}."),
    )
}
