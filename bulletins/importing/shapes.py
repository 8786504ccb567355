"""What one line or paragraph looks like: a heading, a quotation, a list entry."""

import re

from bulletins.prose import BULLET, CLOSED_BY, words

_CLOSERS = "".join(CLOSED_BY.values())
_WEAK_MARKER = re.compile(r"\s*[-*–—](?:\s+|$)")
_GREETING = re.compile(r"(?:dear|hello|hi|welcome|greetings|good (?:morning|afternoon|evening))\b", re.IGNORECASE)
_ADDRESS = re.compile(r"@|://|www\.", re.IGNORECASE)
_HEADING_CHARACTERS = 100
_HEADING_WORDS = 12


def key(text: str) -> str:
    """Return what two printings of one headline have in common."""
    return " ".join(words(text))


def begins_with(text: str, headline: str) -> bool:
    """Say whether a text begins with the words of a headline, quoted or bare."""
    wanted = words(headline)
    return bool(wanted) and words(text[: 2 * len(headline) + 100])[: len(wanted)] == wanted


def is_quotation(text: str) -> bool:
    """Say whether a paragraph is a quotation: opened, closed at its end, and mostly inside its marks."""
    opening, closing = text[:1], CLOSED_BY.get(text[:1])
    end = text.rstrip(".")
    if closing is None or len(end) < 3 or not end.endswith(closing):
        return False
    inside = outside = 0
    for stretch in re.split(rf"(?:^|(?<=\s)){opening}", text)[1:]:
        quoted, _, rest = stretch.rpartition(closing)
        inside += len(quoted.split())
        outside += len(rest.strip(" .").split())
    return inside > outside


def is_unclosed_quotation(text: str) -> bool:
    """Say whether a text opens a quotation that nothing in it closes."""
    closing = CLOSED_BY.get(text[:1])
    return closing is not None and not re.search(rf"{closing}(?!\w)", text[1:])


def looks_like_heading(text: str) -> bool:
    """Say whether a line has the shape of a heading: short, begun like a title, no final stop."""
    bare = text.lstrip("".join(CLOSED_BY))
    if not 0 < len(text) <= _HEADING_CHARACTERS or len(text.split()) > _HEADING_WORDS:
        return False
    if text[-1] in ".,;:!…-–" or not (bare[:1].isupper() or bare[:1].isdigit()):
        return False
    if not any(letter.isalpha() for letter in text):
        return False
    return not (_ADDRESS.search(text) or _GREETING.match(text) or is_quotation(text))


def is_marked(line: str, after_text: str | None) -> bool:
    """Say whether a line begins a list entry.

    A dash or star is doubtful: below running text (`after_text`, None at the start or below an entry) it
    counts only when that text ends in a colon, because a wrapped sentence may also begin a line with a dash.
    """
    if BULLET.match(line):
        return True
    return bool(_WEAK_MARKER.match(line)) and (after_text is None or after_text.endswith(":"))


def without_marker(line: str) -> str:
    """Return the text of a line without the mark of a list entry."""
    marker = BULLET.match(line) or _WEAK_MARKER.match(line)
    return line[marker.end() :] if marker else line
