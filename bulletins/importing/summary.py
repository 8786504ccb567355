"""The one sentence that lists and inboxes show for an imported bulletin."""

import re
from html import unescape

from bulletins.importing.parsed import ParsedBulletin
from bulletins.prose import squeezed

LONGEST = 160
_TAG = re.compile(r"<[^>]*>")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def summary_of(parsed: ParsedBulletin) -> str:
    """Return the first sentences of the intro, or else of any text: whole words, at most 160 characters."""
    text = next((words for body in parsed.bodies if (words := _words_of(body))), "")
    first, *others = _SENTENCE.split(text)
    if len(first) > LONGEST:
        return _cut(first)
    for sentence in others:
        if len(first) + 1 + len(sentence) > LONGEST:
            break
        first = f"{first} {sentence}"
    return first


def _words_of(html: str) -> str:
    return squeezed(unescape(_TAG.sub(" ", html)))


def _cut(sentence: str) -> str:
    words = sentence[: LONGEST - 1].rsplit(" ", 1)[0]
    return words.rstrip(" ,;:–-") + "…"
