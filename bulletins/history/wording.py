"""Two wordings side by side, word by word, as readers read them: lists, quotations and links in sight."""

import itertools
import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html.parser import HTMLParser

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

BLOCKS = {"p", "h3", "h4", "li", "td", "th", "caption", "tr", "ul", "ol", "blockquote", "table"}
STRONG = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "sup": "sup", "sub": "sub", "cite": "em"}
# Comparing all words with all takes too long in a text of many pages: then those that come often are no anchors.
MANY = 5_000
DIGITS = re.compile("[0-9]{1,6}")


@dataclass(frozen=True)
class Token:
    """A word, or the beginning of a block (`text` is empty) with the sign that shows its kind."""

    text: str
    kind: str = ""
    marks: tuple[str, ...] = ()
    sign: str = field(default="", compare=False)


class Reader(HTMLParser):
    """Reads the clean HTML of a RichTextField as tokens."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens: list[Token] = []
        self.marks: list[str] = []
        self.lists: list[int | None] = []
        self.quoted = 0
        self.kind = "p"
        self.begun = False
        self.target = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in STRONG:
            self.marks.append(STRONG[tag])
        elif tag == "a":
            self.target = dict(attrs).get("href") or ""
        if tag not in BLOCKS:
            self.begun = self.begun and tag != "br"
            return
        self.begun = False
        self.quoted += tag == "blockquote"
        if tag in ("ul", "ol"):
            start = dict(attrs).get("start") or ""
            self.lists.append(None if tag == "ul" else int(start) if DIGITS.fullmatch(start) else 1)
        elif tag != "p" or self.kind != "li":
            self.kind = tag

    def handle_endtag(self, tag: str) -> None:
        if tag in STRONG and self.marks:
            self.marks.pop()
        elif tag == "a" and self.target:
            self.word(f"({self.target})")
            self.target = ""
        if tag not in BLOCKS:
            return
        self.begun = False
        self.quoted -= tag == "blockquote"
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        self.kind = "p"

    def handle_data(self, data: str) -> None:
        for word in data.split():
            self.word(word)

    def word(self, text: str) -> None:
        """Add a word, with the beginning of its block where it is the first."""
        if not self.begun:
            self.begin()
        self.tokens.append(Token(text, marks=tuple(self.marks)))

    def begin(self) -> None:
        """Begin a block; an entry of a list takes its number."""
        kind, sign = self.kind, {"td": "|", "th": "|", "caption": "|"}.get(self.kind, "")
        if kind == "li":
            kind, sign = self.entry()
            self.kind = "more"
        quoted = "quoted " if self.quoted else ""
        self.tokens.append(Token("", f"{quoted}{kind}", sign="> " * bool(quoted) + sign))
        self.begun = True

    def entry(self) -> tuple[str, str]:
        """Return the kind and the sign of an entry, and count it."""
        number = self.lists[-1] if self.lists else None
        if number is None:
            return "bullet", "•"
        self.lists[-1] = number + 1
        return "numbered", f"{number}."


def tokens(text: str, rich: bool) -> list[Token]:
    """Return a text as tokens."""
    if rich:
        return Reader(text).tokens
    return [Token("", "p"), *(Token(word) for word in text.split())] if text.strip() else []


def side_by_side(old: list[Token], new: list[Token]) -> tuple[SafeString, SafeString]:
    """Return both wordings as HTML, in the old one what was taken out marked, in the new one what was put in."""
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > MANY)
    gone, come = [False] * len(old), [False] * len(new)
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what != "equal":
            gone[i1:i2] = [True] * (i2 - i1)
            come[j1:j2] = [True] * (j2 - j1)
    return written(old, gone, "del"), written(new, come, "ins")


def written(found: list[Token], changed: list[bool], tag: str) -> SafeString:
    """Write tokens as HTML; runs of changed ones stand in a <del> or an <ins>, which says so to a screen reader too."""
    starts = [place for place, token in enumerate(found) if not token.text] + [len(found)]
    blocks = [
        (found[start].kind, block(list(zip(found[start:end], changed[start:end], strict=True)), tag))
        for start, end in itertools.pairwise(starts)
    ]
    return format_html_join("\n", '<p class="{}">{}</p>', blocks)


def block(run: list[tuple[Token, bool]], tag: str) -> SafeString:
    """Write one block."""
    pieces: list[str] = []
    within = False
    for token, is_changed in run:
        if is_changed != within:
            pieces.append(opening(tag) if is_changed else closing(pieces, tag))
            within = is_changed
        pieces.append(shown(token, is_changed))
    # Each piece was escaped, or is a tag of our own.
    return mark_safe("".join(pieces).rstrip() + (f"</{tag}>" if within else ""))


def opening(tag: str) -> str:
    """Return the tag that opens a changed run, with words for those who do not see it."""
    said = {"del": "taken out: ", "ins": "put in: "}[tag]
    return f'<{tag}><span class="sr-only">{said}</span>'


def closing(pieces: list[str], tag: str) -> str:
    """Return the tag that closes a changed run, before the blank that the run ends with."""
    pieces[-1] = pieces[-1].rstrip()
    return f"</{tag}> "


def shown(token: Token, is_changed: bool) -> str:
    """Return a token as HTML, with a blank after it."""
    if not token.text:
        # A paragraph that became one has nothing else to show for it.
        sign = token.sign or ("¶" if is_changed else "")
        return str(format_html('<span class="sign">{}</span> ', sign)) if sign else ""
    text = str(escape(token.text))
    for mark in token.marks:
        text = f"<{mark}>{text}</{mark}>"
    return f"{text} "
