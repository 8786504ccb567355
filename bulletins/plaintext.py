"""Rich text as plain text: quotations marked, lists as lists, links numbered, wrapped at 72 columns (RFC 3676)."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from publication.richtext import whole_link

WIDTH = 72
QUOTED = "> "
BLOCKS = {"p", "h3", "h4", "li", "td", "th", "caption", "blockquote", "ul", "ol", "table", "tr"}


class Links:
    """The link targets met so far in one text, numbered in order and each listed once.

    Targets are resolved against `base`, the address of the page that the text stands on.
    """

    def __init__(self, base: str = "") -> None:
        self.base = base
        self.targets: list[str] = []

    def number(self, target: str) -> int:
        """Return the number of a target, counted from 1."""
        target = whole_link(self.base, target)
        if target not in self.targets:
            self.targets.append(target)
        return self.targets.index(target) + 1

    def __iter__(self) -> Iterator[str]:
        return iter(self.targets)


def wrapped(text: str, first: str = "", rest: str = "") -> str:
    """Wrap one paragraph, its first and its further lines behind a prefix each."""
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


@dataclass(frozen=True)
class Paragraph:
    """A written paragraph, with the list or table and the quotation it stands in (0: none)."""

    text: str
    listed: int
    quoted: int

    def gap_after(self, previous: "Paragraph") -> str:
        """Return what goes between the previous paragraph and this one."""
        if self.listed and self.listed == previous.listed:
            return "\n"
        return "\n>\n" if self.quoted and self.quoted == previous.quoted else "\n\n"


class PlainTextWriter(HTMLParser):
    """Writes the clean HTML of a RichTextField as plain text paragraphs."""

    def __init__(self, links: Links) -> None:
        super().__init__(convert_charrefs=True)
        self.links = links
        self.written: list[Paragraph] = []
        self.run: list[str] = []
        self.prefix: list[str] = []
        self.bullet = ""
        self.counters: list[int | None] = []
        self.cells: list[str] | None = None
        self.target = ""
        self.lists = self.quotations = 0
        self.in_table = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.flush()
        if tag == "blockquote":
            self.quotations += 1
            self.prefix.append(QUOTED)
        elif tag in ("ul", "ol"):
            self.lists += not self.counters
            self.counters.append(0 if tag == "ol" else None)
        elif tag == "li":
            self.open_entry()
        elif tag == "table":
            self.lists += 1
            self.in_table = True
        elif tag == "tr":
            self.cells = []
        elif tag == "br":
            self.run.append("\n")
        elif tag == "a":
            self.target = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.close_link()
        if tag not in BLOCKS:
            return
        self.flush(underline="-" if tag in ("h3", "h4") else "")
        if tag in ("li", "blockquote") and self.prefix:
            self.prefix.pop()
        elif tag in ("ul", "ol") and self.counters:
            self.counters.pop()
        elif tag == "table":
            self.in_table = False
        elif tag == "tr":
            self.close_row()

    def handle_data(self, data: str) -> None:
        self.run.append(data.replace("\n", " "))

    def open_entry(self) -> None:
        """Start a list entry: its first line carries a bullet or a number."""
        self.bullet = "* "
        if self.counters and self.counters[-1] is not None:
            self.counters[-1] += 1
            self.bullet = f"{self.counters[-1]}. "
        self.prefix.append(" " * len(self.bullet))

    def close_link(self) -> None:
        """Put the link's number behind its words; an address that is its own words needs none."""
        words = "".join(self.run).strip()
        plain = self.target.removeprefix("mailto:").removeprefix("tel:")
        if self.target and not words.endswith(plain):
            self.run.append(f" [{self.links.number(self.target)}]")
        self.target = ""

    def close_row(self) -> None:
        """Write a table row with its cells on one line."""
        cells, self.cells = self.cells or [], None
        self.run.append(" | ".join(cells))
        self.flush()

    def flush(self, underline: str = "") -> None:
        """Write the words gathered so far as one paragraph."""
        text, self.run = "".join(self.run).strip(), []
        if not text:
            return
        if self.cells is not None:
            self.cells.append(" ".join(text.split()))
            return
        rest = "".join(self.prefix)
        first = "".join(self.prefix[:-1]) + self.bullet if self.bullet else rest
        self.bullet = ""
        lines = [wrapped(line, first if not n else rest, rest) for n, line in enumerate(text.split("\n"))]
        if underline:
            lines.append(rest + underline * min(WIDTH, len(lines[-1]) - len(rest)))
        self.written.append(self.paragraph("\n".join(lines)))

    def paragraph(self, text: str) -> Paragraph:
        """Return a paragraph that knows where it stands."""
        return Paragraph(
            text, self.lists if self.counters or self.in_table else 0, self.quotations if QUOTED in self.prefix else 0
        )

    def result(self) -> str:
        """Return all that was written."""
        self.close()
        self.flush()
        pairs = zip(self.written, self.written[1:], strict=False)
        return "".join([p.text for p in self.written[:1]] + [b.gap_after(a) + b.text for a, b in pairs])


def plain_text(html: str, links: Links) -> str:
    """Return clean HTML as plain text; its link targets are numbered in `links`."""
    writer = PlainTextWriter(links)
    writer.feed(html)
    return writer.result()
