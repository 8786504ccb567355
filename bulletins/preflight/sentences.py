"""Rules about sentences: what they announce, open, repeat and leave to be filled in."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from bulletins.preflight.blocks import LINKED, Block
from bulletins.preflight.copies import Copy
from bulletins.preflight.findings import Found
from bulletins.preflight.proof import Proof
from bulletins.prose import (
    BULLET,
    MAIL_ADDRESS,
    WEB_ADDRESS,
    around,
    colon_inside,
    ending,
    excerpt,
    is_numbered,
    opens_quotation,
    unpaired_brackets,
    word_matches,
)
from bulletins.repetitions import repetitions

Line = tuple[str, Block]
One = TypeVar("One")
DASHED = re.compile(r"[-*–—]\s")
PLACEHOLDER = re.compile(
    r"\b(?:TODO|TO DO|TBC|TBA|FIXME|X{2,}|[Ll]orem ipsum)\b"
    r"|\[(?:(?i:to come|to follow|insert|add|check|name|date|link|time|number|quote|photo|tbc|details)\b[^\]]*"
    r"|[A-Z][A-Z0-9 /_-]+)\]"
    r"|\?{3,}|_{4,}"
    # Two small ones are kisses, and one beside a dot or a dash is part of a name, an address or a span of pages.
    r"|(?<![\w./@:–-])x{3,}(?![\w/@–-]|[.:]\w)"
)
ACRONYM = re.compile(r"\[[A-Z0-9-]{2,8}\]")
CURLY, STRAIGHT = re.compile("[“”]"), re.compile('"')
# An apostrophe begins a word that was cut, and a single mark no other one.
CUT_WORD = re.compile(r"['‘’](?=(?:tis|twas|em|til|cause|cos|n|bout|round|[0-9]{2}s?)\b)", re.IGNORECASE)
SINGLE_OPENS = {"‘": re.compile("‘"), "'": re.compile(r"(?<![^\s(\[“\"])'(?=\w)")}
SINGLE_CLOSES = {"‘": re.compile(r"’(?!\w)"), "'": re.compile(r"(?<=\S)'(?!\w)")}


def with_next(these: Sequence[One]) -> Iterable[tuple[One, One | None]]:
    """Return each of some things beside the one after it."""
    return zip(these, [*these[1:], None], strict=False)


def announces_nothing(proof: Proof) -> Iterator[Found]:
    """A sentence ends in a colon, and neither a list, a quotation nor a table follows."""
    for copy in proof.bodies:
        lines: list[Line] = [(text, block) for block in copy.blocks for text in block.lines]
        for (text, block), follower in with_next(lines):
            if block.level or "table" in block.inside or not text.endswith(":") or is_announced(block, follower, copy):
                continue
            shown = ending(text)
            mend = "Put in what is missing, or end the sentence with a full stop."
            yield Found(copy.place, f"“{shown}” announces something, and nothing follows. {mend}", text, shown)


def is_announced(block: Block, follower: Line | None, copy: Copy) -> bool:
    """Tell whether what follows a colon is what it may announce: a list, a quotation, a table, an address."""
    if follower is None:
        return copy.leads_on
    text, after = follower
    if len(after.inside) > len(block.inside) or opens_quotation(text) or is_numbered(text):
        return True
    if BULLET.match(text) or DASHED.match(text) or after.bare.strip(f"{LINKED} .,;") == "":
        return True
    return len(text.split()) <= 3 and bool(WEB_ADDRESS.search(text) or MAIL_ADDRESS.search(text))


def announces_inside(proof: Proof) -> Iterator[Found]:
    """A colon inside a sentence is followed by a new sentence instead of what it announces."""
    for copy, block in proof.blocks:
        place = colon_inside(block.text)
        if place is not None:
            shown = around(block.text, place, 40)
            mend = "Put it in, or take the colon out."
            yield Found(
                copy.place, f"“{shown}”: what the colon announces seems to be missing. {mend}", block.text, shown
            )


def unbalanced_brackets(proof: Proof) -> Iterator[Found]:
    """A bracket stands without its other half."""
    for copy, block in proof.blocks:
        for place in unpaired_brackets(block.text):
            shown, mark = around(block.text, place), block.text[place]
            sentence = f"“{mark}” in “{shown}” has no other half. Put that in, or take this one out."
            yield Found(copy.place, sentence, f"{place}\0{block.text}", shown)


def unbalanced_quotation_marks(proof: Proof) -> Iterator[Found]:
    """A quotation mark stands without its other half; an apostrophe is none."""
    for copy in proof.copies:
        for block, follower in with_next(copy.blocks):
            place = stray_mark(block.text)
            if place is None or goes_on(block.text[place], follower):
                continue
            shown, mark = around(block.text, place), block.text[place]
            sentence = f"The quotation mark {mark} at “{shown}” has no other half. Put that in, or take this one out."
            yield Found(copy.place, sentence, block.text, shown)


def goes_on(mark: str, follower: Block | None) -> bool:
    """Tell whether a quotation goes on in the next paragraph, which by the printer's rule opens with its mark again."""
    return follower is not None and mark != "”" and follower.text.startswith(mark)


def stray_mark(text: str) -> int | None:
    """Return where a quotation mark stands alone."""
    text = CUT_WORD.sub("\0", text)
    for stray in (stray_double(text), stray_single(text, "‘"), stray_single(text, "'")):
        if stray is not None:
            return stray
    return None


def stray_double(text: str) -> int | None:
    """Return where a double mark stands alone; one that is typed straight opens and closes by turns."""
    opened: list[int] = []
    for found in CURLY.finditer(text):
        if found[0] == "“":
            opened.append(found.start())
        elif not opened:
            return found.start()
        else:
            opened.pop()
    return opened[-1] if opened else stray_straight(text)


def stray_straight(text: str) -> int | None:
    """Return the last of an odd number of straight marks; one after a figure may stand for inches."""
    places = [found.start() for found in STRAIGHT.finditer(text)]
    inches = sum(text[place - 1 : place].isdigit() for place in places)
    return places[-1] if len(places) % 2 and (len(places) - inches) % 2 else None


def stray_single(text: str, mark: str) -> int | None:
    """Return where a single mark opens something that none closes; one that closes may be an apostrophe."""
    opens = [found.start() for found in SINGLE_OPENS[mark].finditer(text)]
    closes = [found.start() for found in SINGLE_CLOSES[mark].finditer(text)]
    if opens and not any(close > opens[-1] for close in closes):
        return opens[-1]
    return None


def said_twice(proof: Proof) -> Iterator[Found]:
    """A sentence, or half of one, stands in two places."""
    told = [(copy, block) for copy in proof.bodies for block in copy.blocks if block.text]
    for number, earlier, run in repetitions((n, block.text) for n, (_, block) in enumerate(told)):
        if is_name(run):
            continue
        first = told[earlier][0].place.words
        where = "just before" if number == earlier else f"in {first[0].lower()}{first[1:]}"
        sentence = f"“{ending(run, 90)}” is said twice, first {where}. Take one of them out."
        yield Found(told[number][0].place, sentence, run)


def is_name(run: str) -> bool:
    """Tell whether words are a long name, most of it in capitals."""
    found = [match[0] for match in word_matches(run)]
    return 2 * sum(word[0].isupper() for word in found) >= len(found)


def placeholders(proof: Proof) -> Iterator[Found]:
    """Something was left to be filled in: TODO, TBC, XX, lorem ipsum, “[To come]”."""
    for copy, block in proof.blocks:
        for found in PLACEHOLDER.finditer(block.text):
            # What a quotation puts in brackets is the editor's own word in it.
            if block.is_quoted and ACRONYM.fullmatch(found[0]):
                continue
            shown = around(block.text, found.start(), 40)
            sentence = f"“{excerpt(found[0])}” looks like a gap to be filled. Fill it, or take it out."
            yield Found(copy.place, sentence, f"{found[0]}\0{block.text}", shown)
