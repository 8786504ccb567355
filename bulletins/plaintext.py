"""Rich text as plain text: quotations marked, lists as lists, links numbered, wrapped at 72 columns (RFC 3676)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from bulletins.lines import WIDTH, table_lines, underline, width, wrapped
from publication.richtext import whole_link

QUOTED = "> "
LONGEST_NUMBER = 4
QUOTATION = re.compile("<blockquote>.*?</blockquote>", re.DOTALL)
# A source without a dash of its own, neither right before it nor in it.
SOURCE = re.compile("(?<![-–—])(?<![-–—] )(?<![-–—]&nbsp;)<cite>(?!(?:\\s|&nbsp;|<[^>]*>)*[-–—])")
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
    """Writes the clean HTML of a RichTextField as plain text paragraphs.

    `first` and `rest` hold what stands before the next line and before those after it, one entry for each
    quotation and list entry that is open.
    """

    def __init__(self, links: Links) -> None:
        super().__init__(convert_charrefs=True)
        self.links = links
        self.written: list[Paragraph] = []
        self.run: list[str] = []
        self.first: list[str] = []
        self.rest: list[str] = []
        self.counters: list[int | None] = []
        self.rows: list[list[str]] = []
        self.target = ""
        self.lists = self.quotations = self.tables = self.heads = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.flush()
        if tag == "blockquote":
            self.quotations += QUOTED not in self.rest
            self.indent(QUOTED, QUOTED)
        elif tag in ("ul", "ol"):
            self.open_list(tag, dict(attrs).get("start") or "1")
        elif tag == "li":
            self.open_entry()
        elif tag == "table":
            self.lists += not self.tables
            self.tables += 1
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self.heads += tag == "th" and len(self.rows) == 1
        elif tag == "br":
            self.run.append("\n")
        elif tag == "a":
            self.target = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.close_link()
        if tag not in BLOCKS:
            return
        self.flush(stroke="." if tag in ("h3", "h4") else "")
        if tag in ("li", "blockquote"):
            del self.first[-1:], self.rest[-1:]
        elif tag in ("ul", "ol"):
            del self.counters[-1:]
        elif tag == "caption":
            # The rows stand apart from it, like the entries of another list.
            self.lists += 1
        elif tag == "table":
            self.close_table()

    def handle_data(self, data: str) -> None:
        self.run.append(data.replace("\n", " "))

    def indent(self, first: str, rest: str) -> None:
        """Put a prefix before the lines to come."""
        self.first.append(first)
        self.rest.append(rest)

    def open_list(self, tag: str, start: str) -> None:
        """Start a list; a numbered one begins with the number it says."""
        self.lists += not self.counters
        first = int(start) if start.isdecimal() and len(start) <= LONGEST_NUMBER else 1
        self.counters.append(first if tag == "ol" else None)

    def open_entry(self) -> None:
        """Start a list entry: its first line carries a bullet or a number."""
        bullet = "* "
        if self.counters and self.counters[-1] is not None:
            bullet = f"{self.counters[-1]}. "
            self.counters[-1] += 1
        self.indent(bullet, " " * len(bullet))

    def close_link(self) -> None:
        """Put the link's number behind its words; an address that is its own words needs none."""
        words = "".join(self.run).replace(" ", "")
        plain = self.target.removeprefix("mailto:").removeprefix("tel:")
        if self.target and not words.endswith(plain):
            self.run.append(f" [{self.links.number(self.target)}]")
        self.target = ""

    def close_table(self) -> None:
        """Write the rows of a table; those of a table inside a table are the outer one's."""
        if self.tables == 1:
            headed = bool(self.heads) and self.heads == len(self.rows[0])
            rows, self.rows, self.heads = [row for row in self.rows if any(row)], [], 0
            for line in table_lines(rows, WIDTH - len("".join(self.rest)), headed):
                first, rest = self.prefixes()
                whole = first + line
                self.write(whole.rstrip() if width(whole) <= WIDTH else wrapped(line, first, rest))
        self.tables -= 1

    def flush(self, stroke: str = "") -> None:
        """Write the words gathered so far as one paragraph, a heading underlined."""
        text, self.run = "".join(self.run).strip(), []
        if not text:
            return
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {text}".split())
            return
        first, rest = self.prefixes()
        lines = [wrapped(line, first if not n else rest, rest) for n, line in enumerate(text.split("\n"))]
        self.write(underline("\n".join(lines), stroke, rest) if stroke else "\n".join(lines))

    def prefixes(self) -> tuple[str, str]:
        """Return what stands before the next line and before those after it; a bullet is given once."""
        first, self.first = "".join(self.first), [*self.rest]
        return first, "".join(self.rest)

    def write(self, text: str) -> None:
        """Add a paragraph that knows where it stands."""
        listed = self.lists if self.counters or self.tables else 0
        quoted = self.quotations if QUOTED in self.rest else 0
        self.written.append(Paragraph(text, listed, quoted))

    def result(self) -> str:
        """Return all that was written."""
        self.close()
        self.flush()
        pairs = zip(self.written, self.written[1:], strict=False)
        return "".join([p.text for p in self.written[:1]] + [b.gap_after(a) + b.text for a, b in pairs])


def sourced(html: str) -> str:
    """Put a dash before the source of each quotation in clean HTML, unless its writer did."""
    return QUOTATION.sub(lambda quotation: SOURCE.sub("<cite>— ", quotation[0]), html)


def plain_text(html: str, links: Links) -> str:
    """Return clean HTML as plain text; its link targets are numbered in `links`."""
    writer = PlainTextWriter(links)
    writer.feed(sourced(html))
    return writer.result()
