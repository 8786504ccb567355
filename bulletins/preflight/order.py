"""Findings in the order in which an issue is read."""

from collections.abc import Iterable

from bulletins.preflight.findings import Finding, Place
from bulletins.preflight.proof import Proof

ISSUE = ("title", "summary", "intro", "sign_off", "publish_at")


def in_reading_order(findings: Iterable[Finding], proof: Proof) -> list[Finding]:
    """Sort findings: the issue's own fields as the write screen has them, its rows, then what is on other pages."""
    own = [f"issue-{field}" for field in ISSUE]
    anchors = [*own, "sections-group", *(copy.place.anchor for copy in proof.copies)]
    fields = ranked(anchors)
    # A row's field without a text of its own, such as an event's day, stands with the row's first.
    rows = ranked([row_of(copy.place) for copy in proof.copies], start=len(own) + 1)
    return sorted(
        findings, key=lambda found: fields.get(found.place.anchor, rows.get(row_of(found.place), len(anchors)))
    )


def ranked(names: list[str], start: int = 0) -> dict[str, int]:
    """Return the first place of each name."""
    places = list(enumerate(names, start))
    return {name: place for place, name in reversed(places)}


def row_of(place: Place) -> str:
    """Return what names the row that a place is in."""
    return f"{place.kind} {place.pk}"
