"""Running text, as any writer types it: its words, an excerpt for a sentence about it, and what it lacks."""

import re

CLOSED_BY = {"‘": "’", "“": "”", '"': '"', "'": "'"}
BULLET = re.compile(r"\s*[•●▪◦‣·∙■○]\s*")
MAIL_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
WEB_ADDRESS = re.compile(r"://|www\.")
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_NUMBERED = re.compile(r"\s*[0-9]{1,2}[.)]\s")
_COLON_INSIDE = re.compile(
    r"\b(?:that|following|stating|states|stated|said|says|found|shows|includes?):\s+(?=[A-Z][\w’']*\s)"
)
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_ORDINAL = re.compile(r"\s*\w{1,3}\)")
# What is left of a list inside a sentence, “a) this and b) that”, and of a smile.
_ENUMERATED = re.compile(r"(?<![\w(])(?:[a-z]|[ivx]{1,4}|[0-9]{1,2})\)")
_SMILE = re.compile(r"(?<!\w)[:;]-?[()]")
_INVITES = (
    "click|tap|press|sign up|register|subscribe|unsubscribe|join|book|apply|donate|visit|see|read|find|found|view|"
    "watch|listen|download|access|accessed|available|order|enrol|learn|details|information|more|copy|form|link"
)
_LOST_LINK = re.compile(
    rf"\b(?:(?:{_INVITES})\b[^.!?:]{{0,80}}\bhere|(?:this|the following) link|"
    r"following these (?:simple )?instructions)(?=[.,;!)]|$)",
    re.IGNORECASE,
)
_LAST_WORDS = re.compile(r"(?:here|link|instructions)\Z", re.IGNORECASE)
_ISSUES = re.compile(r"(?:bulletins?|newsletters?|issues?|editions?)\b", re.IGNORECASE)
_ASKS = re.compile(r"\b(?:let us know|tell us|send us|give us|e-?mail us|write to us|welcome)\b", re.IGNORECASE)
_OPINION = re.compile(r"\b(?:think|feedback|comments?|suggestions?|views|thoughts)\b", re.IGNORECASE)


def squeezed(text: str) -> str:
    """Return text with every run of white space as one space."""
    return " ".join(text.split())


def words(text: str) -> list[str]:
    """Return the words of a text, without case and punctuation."""
    return _WORD.findall(text.casefold())


def word_matches(text: str) -> list[re.Match[str]]:
    """Return where the words of a text stand in it."""
    return list(_WORD.finditer(text))


def opens_quotation(text: str) -> bool:
    """Say whether a text begins with a quotation mark."""
    return text[:1] in CLOSED_BY


def is_numbered(line: str) -> bool:
    """Say whether a line begins like `1. ` or `1) `."""
    return _NUMBERED.match(line) is not None


def excerpt(text: str, length: int = 60) -> str:
    """Return the beginning of a text for a sentence about it, cut at a word."""
    if len(text) <= length:
        return text
    return text[:length].rsplit(" ", 1)[0] + " …"


def ending(text: str, length: int = 60) -> str:
    """Return the end of a text for a sentence about it, cut at a word."""
    if len(text) <= length:
        return text
    return "… " + text[-length:].split(" ", 1)[-1]


def around(text: str, place: int, reach: int = 25) -> str:
    """Return what stands around a place of a text for a sentence about it, cut at words."""
    before, after = max(0, place - reach), place + reach
    start = text.find(" ", before) + 1 if before and " " in text[before:place] else before
    end = text.rfind(" ", place, after) if after < len(text) and " " in text[place + 1 : after] else after
    return ("… " if start else "") + text[start:end].strip() + (" …" if end < len(text) else "")


def colon_inside(text: str) -> int | None:
    """Return where a colon leads to a new sentence instead of what it announces, as in “found that: As such”."""
    found = _COLON_INSIDE.search(text)
    return found.start() if found else None


def lost_link(text: str) -> int | None:
    """Return where words stand that were a link, such as the “here” of “subscribe here.”; none beside an address."""
    found = _LOST_LINK.search(text)
    if found is None or WEB_ADDRESS.search(text):
        return None
    last = _LAST_WORDS.search(found[0])
    return found.start() + (last.start() if last else 0)


def asks_for_feedback(text: str) -> bool:
    """Tell whether a text asks readers what they think of the issue."""
    return bool(_ASKS.search(text) and _OPINION.search(text) and _ISSUES.search(text))


def stray_bracket(text: str) -> int | None:
    """Return where the first bracket stands without its other half."""
    return next(iter(unpaired_brackets(text)), None)


def unpaired_brackets(text: str) -> list[int]:
    """Return where brackets stand without their other half; “a)” of a list and a smile need none."""
    passed = harmless(text)
    opened: list[int] = []
    stray: list[int] = []
    for place, letter in enumerate(text):
        if place in passed:
            continue
        if letter in _BRACKETS.values():
            opened.append(place)
        elif letter in _BRACKETS:
            halves = [number for number, other in enumerate(opened) if text[other] == _BRACKETS[letter]]
            # What was opened since its other half, and not closed, is stray; without one it is stray itself.
            stray += opened[halves[-1] + 1 :] if halves else [place]
            opened = opened[: halves[-1]] if halves else opened
    return sorted([*stray, *opened])


def harmless(text: str) -> set[int]:
    """Return the places of the brackets that need no other half."""
    ordinal, enumerated = _ORDINAL.match(text), list(_ENUMERATED.finditer(text))
    alone = [*enumerated] if len(enumerated) > 1 else []
    alone += [ordinal] if ordinal else []
    return {found.end() - 1 for found in [*alone, *_SMILE.finditer(text)]}
