"""All that was found about an issue, beside what somebody answers for."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from bulletins.models import Bulletin, Override
from bulletins.preflight.findings import Finding, Level, Place

PAGES = {
    "publication": ("admin:publication_publication_change", [1]),
    "readers": ("admin:subscribers_subscriber_changelist", []),
}
# Where test letters are sent from.
TESTS = "tests"
NUMBERS = ("Nothing", "One thing", "Two things", "Three things", "Four things", "Five things", "Six things")
VERBS = {
    Level.BLOCKS: ("blocks", "block"),
    Level.REASON: ("needs a reason", "need a reason"),
    Level.ADVICE: ("is advice", "are advice"),
}
GONE = "This was mended meanwhile, or the text changed: look at the checklist as it is now."


class Entry(NamedTuple):
    """A finding, the address of its field, and the override that lets it stay."""

    finding: Finding
    address: str
    override: Override | None

    @property
    def is_open(self) -> bool:
        """Tell whether it keeps the issue from being approved."""
        return self.finding.level is Level.BLOCKS or (self.finding.level is Level.REASON and self.override is None)


@dataclass(frozen=True)
class Checklist:
    """What was found about an issue; `pending` of its links have no answer yet.

    `past` are the overrides that hold for nothing any more: the text changed, or somebody took them back.
    """

    bulletin: Bulletin
    entries: tuple[Entry, ...]
    pending: int = 0
    past: tuple[Override, ...] = ()

    def at(self, level: Level, accepted: bool = False) -> list[Entry]:
        """Return what was found at a level, either what is open or what is accepted."""
        found = [entry for entry in self.entries if entry.finding.level is level]
        return [entry for entry in found if bool(entry.override) is accepted]

    @cached_property
    def blocking(self) -> list[Entry]:
        """What must be mended."""
        return self.at(Level.BLOCKS)

    @cached_property
    def unanswered(self) -> list[Entry]:
        """What must be mended, or accepted with a reason."""
        return self.at(Level.REASON)

    @cached_property
    def accepted(self) -> list[Entry]:
        """What somebody answers for."""
        return self.at(Level.REASON, accepted=True)

    @cached_property
    def advice(self) -> list[Entry]:
        """What may stay as it is."""
        return self.at(Level.ADVICE)

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing keeps the issue from being approved."""
        return not self.blocking and not self.unanswered

    @property
    def words(self) -> str:
        """How much there is of each level: “One thing blocks, two things are advice.”"""
        advice = [counted(Level.ADVICE, len(self.advice))] if self.advice else []
        return sentence_of([*self.counts, *advice]) or "Nothing to mend."

    @property
    def unclean(self) -> str:
        """How much keeps the issue from being approved: “One thing blocks, two things need a reason.”; or nothing."""
        return sentence_of(self.counts)

    @property
    def counts(self) -> list[str]:
        """How much blocks, and how much nobody answers for."""
        counts = ((Level.BLOCKS, self.blocking), (Level.REASON, self.unanswered))
        return [counted(level, len(entries)) for level, entries in counts if entries]

    def entry_of(self, rule: str, key: str) -> Entry | None:
        """Return what a rule found under a key."""
        named = (entry for entry in self.entries if (entry.finding.rule, entry.finding.key) == (rule, key))
        return next(named, None)


def sentence_of(parts: list[str]) -> str:
    """Write a list as a sentence; nothing as nothing."""
    return f"{', '.join([*parts[:1], *(part[0].lower() + part[1:] for part in parts[1:])])}." if parts else ""


def counted(level: Level, number: int) -> str:
    """Say how many things there are of a level."""
    many = NUMBERS[number] if number < len(NUMBERS) else f"{number} things"
    return f"{many} {VERBS[level][number > 1]}"


def checklist_of(bulletin: Bulletin, findings: Iterable[Finding], pending: int) -> Checklist:
    """Put findings beside the overrides that hold for them: one query."""
    overrides = list(bulletin.overrides.select_related("by", "taken_back_by"))
    held = {(o.rule, o.key): o for o in overrides if o.taken_back_at is None}
    entries = tuple(Entry(f, address_of(bulletin, f.place), held.get((f.rule, f.key))) for f in findings)
    holding = {entry.override for entry in entries}
    return Checklist(bulletin, entries, pending, tuple(o for o in overrides if o not in holding))


def address_of(bulletin: Bulletin, place: Place) -> str:
    """Return where a finding is mended."""
    if place.kind in PAGES:
        name, args = PAGES[place.kind]
        return reverse(name, args=args)
    if place.kind == TESTS:
        return reverse("mailings:preview", args=[bulletin.pk]) + "#tests"
    if place.kind == "upkeep":
        return f"{reverse('upkeep:item', args=[place.pk])}#{place.field}"
    page = reverse("admin:bulletins_bulletin_change", args=[bulletin.pk])
    return f"{page}#{place.anchor}" if place.field else page


def accept(checklist: Checklist, found: tuple[str, str], by: User, reason: str, at: datetime.datetime) -> Override:
    """Let a finding, named by its rule and key, stay for a reason. Raises ValidationError."""
    entry = checklist.entry_of(*found)
    if entry is None:
        raise ValidationError(GONE)
    if entry.finding.level is not Level.REASON:
        raise ValidationError("Only what needs a reason can be accepted: mend what blocks, and leave advice as it is.")
    if entry.override:
        raise ValidationError(f"{entry.override.by} accepted this already: “{entry.override.reason}”.")
    override = Override(bulletin=checklist.bulletin, rule=found[0], key=found[1], by=by, at=at)
    override.sentence, override.reason = entry.finding.sentence[:500], reason.strip()
    if not override.reason:
        raise ValidationError("Say why it may stay, in one sentence.")
    override.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            override.save()
    except IntegrityError as error:
        raise ValidationError("Somebody accepted this at the same moment.") from error
    return override


def take_back(override: Override, by: User, at: datetime.datetime) -> None:
    """Take an acceptance back; it stays in the history. Doing so twice changes nothing."""
    Override.objects.in_force().filter(pk=override.pk).update(taken_back_at=at, taken_back_by=by)
