"""The two real bulletins, imported: what is known to be wrong in them is found, at its line, and nothing blocks."""

import pytest

from bulletins.importing.plain_text import parse
from bulletins.importing.reading import digest, read
from bulletins.importing.storing import Source, store
from bulletins.models import Bulletin
from bulletins.preflight.findings import Finding, Level
from mailings.preflight import checklist
from publication.models import Publication
from tests.bulletins.importing.printed import lines_of, real
from tests.factories import MARCH, make_publication

pytestmark = pytest.mark.django_db


def imported(name: str) -> Bulletin:
    text = read(real(name))
    return store(parse(text), Source(name, digest(text)), None, MARCH).bulletin


def found(bulletin: Bulletin) -> list[Finding]:
    assert bulletin.publish_at
    return [entry.finding for entry in checklist(bulletin, bulletin.publish_at).entries]


def about(bulletin: Bulletin, rule: str) -> list[str]:
    return [finding.excerpt.strip("… ") for finding in found(bulletin) if finding.rule == rule]


def one_in(excerpts: list[str], line: str) -> bool:
    return len(excerpts) == 1 and excerpts[0] in line


def test_february():
    bulletin, lines = imported("february-2024.txt"), lines_of(real("february-2024.txt"))
    assert one_in(about(bulletin, "announces_nothing"), lines[25])
    assert one_in(about(bulletin, "announces_inside"), lines[76])
    assert one_in(about(bulletin, "unbalanced_brackets"), lines[84])
    (run,) = about(bulletin, "said_twice")
    assert run in lines[76]
    assert run in lines[78]
    assert one_in(about(bulletin, "lost_links"), lines[117])


def test_march():
    bulletin, lines = imported("march-2024.txt"), lines_of(real("march-2024.txt"))
    here, instructions = about(bulletin, "lost_links")
    assert here in lines[7]
    assert instructions in lines[9]


@pytest.mark.parametrize("name", ["february-2024.txt", "march-2024.txt"])
def test_the_missing_feedback_address_is_found_until_there_is_one(name):
    bulletin = imported(name)
    assert len(about(bulletin, "no_feedback_address")) == 1
    make_publication(feedback_address="editors@example.org")
    assert about(bulletin, "no_feedback_address") == []


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        (
            "february-2024.txt",
            {"announces_nothing", "announces_inside", "unbalanced_brackets", "said_twice", "lost_links"},
        ),
        ("march-2024.txt", {"lost_links"}),
    ],
)
def test_nothing_else_is_taken_for_a_fault_and_nothing_blocks(name, rules):
    bulletin = imported(name)
    levels = {level: {f.rule for f in found(bulletin) if f.level is level} for level in Level}
    assert levels[Level.BLOCKS] == set()
    assert levels[Level.REASON] == rules | {"no_feedback_address"}
    assert Publication.objects.count() == 0


def test_as_an_issue_to_be_mailed_only_its_letter_blocks():
    bulletin = imported("march-2024.txt")
    Bulletin.objects.update(audience="subscribers")
    assert {f.rule for f in found(bulletin) if f.level is Level.BLOCKS} == {"no_sender", "no_readers"}
