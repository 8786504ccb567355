"""The first page of the desk: what is next and who must do it, how the last mailing went, how the readers grow."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from bulletins.bank_holidays import bank_holiday
from bulletins.models import PublicationDay
from bulletins.schedule import follows_the_rule, london_date
from bulletins.words import away
from mailings.acts import readers as readers_in_words
from mailings.desk import PAUSES, span_in_words, words_of
from mailings.kept import Kept
from mailings.matters import coming_day, matters, skipped_before
from mailings.models import Mailing
from mailings.opening import GRACE
from mailings.progress import balance_of, kept, progress_of
from mailings.rehearsal import readers
from mailings.steps import MAILED, Button, Matter, Standing, Step, Viewer, button, steps
from publication.models import LONDON
from subscribers.growth import growth

STANDS = {
    Standing.NO_DAY: "No publication day is on in the coming months, so nothing goes out.",
    Standing.NOT_STARTED: "{month}’s issue is not started.",
    Standing.DRAFT: "“{title}” is a draft.",
    Standing.APPROVED: "“{title}” is approved. Nothing to do: it goes out by itself to {readers}.",
    Standing.DUE: "“{title}” is approved, and goes out within a minute.",
    Standing.HELD: "Held: nothing approved was there to mail. What is approved until {until} still goes out at once.",
    Standing.MISSED: "Missed: it is more than 12 hours late, so nothing is mailed by itself.",
}
WAITS = "“{title}” is written, and waits for its approval."
SPOILT = "Held: “{title}” was approved, and could not go out as it is."
KEPT_HERE = "“{title}” is approved, but nothing goes out from here: this is not the installation that sends."
LABELS = {Standing.PAUSED: "wrong", Standing.HELD: "wrong", Standing.MISSED: "wrong"}
LABELS |= {Standing.APPROVED: "good", Standing.DUE: "good"}

# Seconds: months change slowly, and to count them takes a while where a million read.
SLOW = 600
grown = Kept(SLOW)


@dataclass(frozen=True)
class Card:
    """One matter as it is shown."""

    matter: Matter
    when: str
    notes: list[str]
    stands: str
    steps: list[Step]
    button: Button | None

    @property
    def tone(self) -> str:
        """Whether it is well, wrong, or simply under way."""
        return LABELS.get(self.matter.standing, "")


def with_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what the first page shows, as far as whoever asks may see it (Unfold's DASHBOARD_CALLBACK)."""
    user, at = request.user, timezone.now()
    assert isinstance(user, User)
    viewer = viewer_of(user)
    return {
        **context,
        "cards": cards(user, viewer, at) if viewer.looks else [],
        "last": last_report() if viewer.sees_mailings else None,
        "growth": growth_of(at) if user.has_perm("subscribers.view_subscriber") else None,
    }


def viewer_of(user: User) -> Viewer:
    """Return what somebody may do."""

    def may(*rights: str) -> bool:
        return any(user.has_perm(right) for right in rights)

    return Viewer(
        login=user.get_username(),
        starts=may("bulletins.add_bulletin"),
        writes=may("bulletins.change_bulletin"),
        looks=may("bulletins.view_bulletin", "bulletins.change_bulletin"),
        approves=may("bulletins.approve_bulletin"),
        steers=may("mailings.steer_mailing"),
        sees_mailings=may("mailings.view_mailing"),
        sees_days=may("bulletins.view_publicationday", "bulletins.change_publicationday"),
    )


def cards(user: User, viewer: Viewer, at: datetime.datetime) -> list[Card]:
    """Return a card for each matter at hand, the most urgent first."""
    return [card(matter, viewer, at) for matter in matters(user, at)]


def card(matter: Matter, viewer: Viewer, at: datetime.datetime) -> Card:
    """Say a matter in words."""
    todo = steps(matter, viewer)
    notes = [*day_notes(matter, at), *filter(None, [matter.history, matter.told if matter.is_approved else ""])]
    return Card(matter, when(matter, at), notes, stands(matter), todo, button(matter, todo, viewer))


def when(matter: Matter, at: datetime.datetime) -> str:
    """Say the day and hour of a matter, and how far it is: “Wednesday 2 December 2026 at 07:30, in 11 days”."""
    if matter.hour is None:
        return "No day yet"
    local = matter.hour.astimezone(LONDON)
    words = f"{local:%A} {local.day} {local:%B %Y} at {local:%H:%M}"
    return ", ".join(filter(None, [words, away(local.date(), london_date(at))]))


def day_notes(matter: Matter, at: datetime.datetime) -> list[str]:
    """Say what is odd about a matter's day: a bank holiday, moved and why, others skipped before it."""
    if matter.standing in MAILED:
        return []
    day = PublicationDay.objects.filter(month=matter.month).first()
    date = london_date(matter.hour) if matter.hour else None
    holiday = bank_holiday(date) if date else ""
    notes = [f"It is {holiday}."] if holiday else []
    if date and day and day.date == date and not follows_the_rule(date):
        notes.append(f"Not the first Wednesday: {day.reason}.")
    if matter.standing in (Standing.NO_DAY, Standing.NOT_STARTED, Standing.DRAFT, Standing.APPROVED):
        skipped = skipped_before(coming_day(at), at)
        notes += [f"{one} is skipped: {one.reason}." for one in skipped]
    return notes


def stands(matter: Matter) -> str:
    """Say where a matter stands."""
    if matter.mailing is not None:
        return mailing_words(Mailing.objects.select_related("bulletin").defer("html", "text").get(pk=matter.mailing))
    words = STANDS[matter.standing]
    if matter.standing is Standing.DRAFT and not matter.unready and not matter.unclean:
        words = WAITS
    elif matter.standing is Standing.HELD and matter.is_approved:
        words = SPOILT
    elif matter.standing in (Standing.APPROVED, Standing.DUE) and not matter.sends_here:
        words = KEPT_HERE
    until = f"{(matter.hour + GRACE).astimezone(LONDON):%H:%M}" if matter.hour else ""
    number = readers_in_words(counted_readers()) if "{readers}" in words else ""
    return words.format(month=f"{matter.month:%B}", title=matter.title, until=until, readers=number)


def mailing_words(mailing: Mailing) -> str:
    """Say how far a mailing is, and what stopped it."""
    why = f" {PAUSES[mailing.pause_cause][0]}" if mailing.state == Mailing.State.PAUSED else ""
    words = words_of(mailing, progress_of(mailing))
    return f"“{mailing.called}”: {words}{'' if words.endswith('?') else '.'}{why}"


def counted_readers() -> int:
    """Return how many would get an issue now, counted a moment ago at most."""
    return kept.get("readers", readers)


def last_report() -> dict[str, Any] | None:
    """Return how the last mailing that is over went; None before the first."""
    over = Mailing.objects.filter(finished_at__isnull=False).select_related("bulletin")
    mailing = over.defer("headers", "html", "text").order_by("-finished_at").first()
    if mailing is None or mailing.finished_at is None:
        return None
    took = span_in_words(mailing.finished_at - mailing.started_at)
    return {"mailing": mailing, "balance": balance_of(mailing), "took": took}


def growth_of(at: datetime.datetime) -> Any:
    """Return how the readers grew, counted some minutes ago at most."""
    return grown.get(("growth", london_date(at)), lambda: growth(at))
