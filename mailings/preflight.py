"""What is looked at in an issue's letter before it is approved, and the whole checklist of an issue."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from bulletins.composition import Composition
from bulletins.models import Bulletin
from bulletins.preflight.checklist import TESTS, Checklist, checklist_of
from bulletins.preflight.findings import Finding, Found, Level, Place, Rule, findings_of
from bulletins.preflight.order import in_reading_order
from bulletins.preflight.proof import Proof, proof_of
from bulletins.preflight.rules import RULES
from mailings.letter import Frozen, freeze
from mailings.mime import unstuffed
from mailings.models import TestLetter
from mailings.opening import GRACE
from mailings.rehearsal import one_letter, readers
from publication.models import Publication

# Bytes of the whole letter. Gmail cuts off what is behind the second; some room is left for what relays add.
LARGE, CLIPPED = 95_000, 102_000
ISSUE = Place("issue", None, "", "The letter")
SHORTEN = "Shorten it, or move a long text to a page of its own."


@dataclass(frozen=True)
class LetterProof:
    """An issue's letter as it would be mailed: its bytes, whether it was tried; or why it cannot be."""

    publication: Publication
    readers: int
    size: int = 0
    content_hash: str = ""
    is_tested: bool = False
    unwritable: str = ""


def unwritable(proof: LetterProof) -> Iterator[Found]:
    """The letter cannot be written."""
    if proof.unwritable:
        yield Found(ISSUE, f"The letter cannot be written: {proof.unwritable}", proof.unwritable)


def no_sender(proof: LetterProof) -> Iterator[Found]:
    """The publication has no address that letters come from."""
    if not proof.publication.sender_address:
        place = Place("publication", None, "sender_address", "Publication")
        yield Found(place, "It has no sender’s address, so no letter can leave. Give it one.", "")


def no_readers(proof: LetterProof) -> Iterator[Found]:
    """There is no reader to be mailed."""
    if not proof.readers:
        place = Place("readers", None, "", "Subscribers")
        sentence = "Nobody would get it: there is no active subscriber. Let somebody sign up, or make it archive-only."
        yield Found(place, sentence, "", "0 readers")


def clipped_letter(proof: LetterProof) -> Iterator[Found]:
    """The letter has more than 102 kB, so that Gmail cuts its end off."""
    if proof.size > CLIPPED:
        sentence = f"Gmail cuts it off at about 102 kB; it has {kilobytes(proof)}. {SHORTEN}"
        yield Found(ISSUE, sentence, kilobytes(proof))


def large_letter(proof: LetterProof) -> Iterator[Found]:
    """The letter has more than 95 kB; Gmail cuts off what is behind 102 kB."""
    if LARGE < proof.size <= CLIPPED:
        sentence = f"It has {kilobytes(proof)}; Gmail cuts off what is behind 102 kB. {SHORTEN}"
        yield Found(ISSUE, sentence, kilobytes(proof))


def kilobytes(proof: LetterProof) -> str:
    """Write a letter's size."""
    return f"{proof.size // 1000} kB"


def untested_letter(proof: LetterProof) -> Iterator[Found]:
    """No test letter was sent since the last change."""
    if not proof.is_tested and not proof.unwritable:
        sentence = "Nobody has had it in a mailbox as it is now. Send yourself a test, and read it there."
        yield Found(Place(TESTS, None, "", "The letter"), sentence, proof.content_hash, "(no test sent)")


LETTER_RULES: tuple[Rule[LetterProof], ...] = (
    Rule(Level.BLOCKS, unwritable),
    Rule(Level.BLOCKS, no_sender),
    Rule(Level.BLOCKS, no_readers),
    Rule(Level.BLOCKS, clipped_letter),
    Rule(Level.REASON, large_letter),
    Rule(Level.REASON, untested_letter),
)


def checklist(bulletin: Bulletin, at: datetime.datetime) -> Checklist:
    """Look at an issue as it is stored: a fixed number of queries. One that is mailed no more has no letter."""
    fresh = Bulletin.objects.with_parts().get(pk=bulletin.pk)
    proof = proof_of(fresh, at)
    found: list[Finding] = findings_of(RULES, proof)
    if may_be_mailed(fresh, at):
        found += findings_of(LETTER_RULES, letter_proof(proof))
    return checklist_of(fresh, in_reading_order(found, proof), proof.pending)


def may_be_mailed(bulletin: Bulletin, at: datetime.datetime) -> bool:
    """Tell whether an issue's letter is still to leave: it is for subscribers, and neither mailed nor long out."""
    if bulletin.audience != Bulletin.Audience.SUBSCRIBERS or bulletin.status == Bulletin.Status.WITHDRAWN:
        return False
    # What was mailed never is a draft again.
    is_draft = bulletin.status == Bulletin.Status.DRAFT
    return is_draft or not (bulletin.is_published(at - GRACE) or bulletin.mailings.exists())


def letter_proof(proof: Proof) -> LetterProof:
    """Write the letter of an issue as it would be mailed."""
    number = readers()
    try:
        frozen, size = written(proof.bulletin, proof.at, proof.composition)
    except ValueError as error:
        return LetterProof(proof.publication, number, unwritable=str(error))
    tests = TestLetter.objects.filter(bulletin=proof.bulletin, sent_at__isnull=False)
    content_hash = frozen.content_hash()
    tested = tests.filter(content_hash=content_hash).exists()
    return LetterProof(proof.publication, number, size, content_hash, tested)


def written(bulletin: Bulletin, at: datetime.datetime, composition: Composition) -> tuple[Frozen, int]:
    """Return an issue's letter and how many bytes a reader gets. Raises ValueError."""
    frozen = freeze(bulletin, at, composition)
    return frozen, len(unstuffed(one_letter(frozen, "reader@example.org")))
