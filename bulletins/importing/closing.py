"""The end of a printed bulletin: the line about feedback, the sign-off, and the list of other bulletins."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bulletins.importing.blocks import Block, Line, Paragraph, is_bare_heading
from bulletins.importing.header import MONTHS
from bulletins.importing.kinds import kind_of
from bulletins.importing.shapes import key
from bulletins.prose import MAIL_ADDRESS, asks_for_feedback, opens_quotation, squeezed

# How far from the end the feedback line and the author's name may stand and still close the bulletin.
_REACH = 6
_LONGEST_ROLE = 120
_LONGEST_FEEDBACK = 250
_ISSUES = r"(?:bulletins?|newsletters?|issues?|editions?)"
_OTHERS = re.compile(rf"(?:other|previous|past|earlier|recent|more)\s(?:e-?\s?)?{_ISSUES}\s?:?", re.IGNORECASE)
_MONTH = re.compile(rf"\b(?:{'|'.join(MONTHS)})\s[0-9]{{4}}\b", re.IGNORECASE)
_FAREWELL = re.compile(
    r"(?:(?:kind|best|warm)(?:est)?\s(?:regards|wishes)|yours|many thanks|thank you|regards)\b.{0,40}",
    re.IGNORECASE,
)
_SHARE = re.compile(rf"\b(?:share|forward|pass on)\b.{{0,60}}{_ISSUES}\b", re.IGNORECASE)


@dataclass(frozen=True)
class Closing:
    """What ends a bulletin. `signed` says whether the author's name stands there; `role` may be empty."""

    feedback: tuple[Paragraph, ...]
    sign_off: tuple[Block, ...]
    signed: bool
    role: str


def other_bulletins(lines: Sequence[Line]) -> list[Line]:
    """Return the lines of the last list of other bulletins, its heading first; none where no such list is."""
    printed = [Line(line.number, squeezed(line.text)) for line in lines if line.text.strip()]
    starts = [index for index, line in enumerate(printed) if len(line.text) < 60 and _OTHERS.fullmatch(line.text)]
    for start in reversed(starts):
        found = _run_of_months(printed[start + 1 :])
        if found:
            return [printed[start], *found]
    return []


def _run_of_months(lines: Iterable[Line]) -> list[Line]:
    found: list[Line] = []
    for line in lines:
        if len(line.text) > 80 or not _MONTH.search(line.text):
            break
        found.append(line)
    return found


def closing_of(blocks: Sequence[Block], author: str) -> tuple[list[Block], Closing]:
    """Split blocks into the body and what closes it."""
    feedback = [index for index in range(len(blocks)) if _is_feedback(blocks, index)]
    name = _name_at(blocks, author)
    beside = _role_after(_text_at(blocks, name), author) if name is not None else ""
    role = _role_at(blocks, name) if name is not None and not beside else None
    start = _start(blocks, feedback, name)
    dropped = {*feedback, name, role}
    closing = Closing(
        feedback=tuple(b for index in feedback if isinstance(b := blocks[index], Paragraph)),
        sign_off=tuple(b for index, b in enumerate(blocks) if index >= start and index not in dropped),
        signed=name is not None,
        role=_text_at(blocks, role) if role is not None else beside,
    )
    return [b for index, b in enumerate(blocks[:start]) if index not in dropped], closing


def _text_at(blocks: Sequence[Block], index: int) -> str:
    block = blocks[index]
    return block.text if isinstance(block, Paragraph) else ""


def _is_feedback(blocks: Sequence[Block], index: int) -> bool:
    text = _text_at(blocks, index)
    if not 0 < len(text) <= _LONGEST_FEEDBACK:
        return False
    if not asks_for_feedback(text):
        return False
    follower = _text_at(blocks, index + 1) if index + 1 < len(blocks) else "nothing"
    leads_on = not follower or opens_quotation(follower)
    return bool(MAIL_ADDRESS.search(text)) or (text.endswith(":") and not leads_on)


def _name_at(blocks: Sequence[Block], author: str) -> int | None:
    """Return where the author signs, near the end and below some text."""
    near = range(len(blocks) - 1, max(1, _closing_zone(blocks)) - 1, -1)
    return next((index for index in near if _signs(_text_at(blocks, index), author)), None)


def _closing_zone(blocks: Sequence[Block]) -> int:
    """Return where the last few blocks begin, none of which opens a section."""
    openings = (index + 1 for index in range(len(blocks) - 1) if _opens_section(blocks, index))
    return max([len(blocks) - _REACH, *openings])


def _opens_section(blocks: Sequence[Block], index: int) -> bool:
    return bool(kind_of(_text_at(blocks, index))) and not is_bare_heading(blocks[index + 1])


def _signs(text: str, author: str) -> bool:
    if key(text) == key(author):
        return True
    return len(text) <= len(author) + _LONGEST_ROLE and bool(_role_after(text, author))


def _role_after(text: str, author: str) -> str:
    """Return the role printed on the line of the name, as in `NAME, ROLE`."""
    rest = text[len(author) :].strip() if text.casefold().startswith(author.casefold()) else ""
    role = rest[1:].strip()
    return role if rest[:1] in {",", "|", "–", "—", "-"} and _is_role(role) else ""


def _role_at(blocks: Sequence[Block], name: int) -> int | None:
    below = name + 1
    return below if below < len(blocks) and _is_role(_text_at(blocks, below)) else None


def _is_role(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ROLE and text[-1] not in ".:;,!?" and text[0].isupper() and "@" not in text


def _start(blocks: Sequence[Block], feedback: Sequence[int], name: int | None) -> int:
    """Return the index of the first block of the closing; some text always stays above it."""
    first_told = next((index for index in range(len(blocks)) if index not in feedback), 0)
    zone = _closing_zone(blocks)
    late = [index for index in feedback if index >= zone]
    start = min([*(late[-1:]), *([name] if name is not None else []), len(blocks)])
    while start - 1 > first_told and _takes_leave(_text_at(blocks, start - 1)):
        start -= 1
    return start if start > first_told else len(blocks)


def _takes_leave(text: str) -> bool:
    return len(text) <= 300 and bool(_FAREWELL.fullmatch(text) or _SHARE.search(text))
