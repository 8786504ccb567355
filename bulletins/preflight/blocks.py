"""The clean HTML of a text as what a reader sees one after the other: paragraphs, list entries, cells, headings."""

from dataclasses import dataclass
from html.parser import HTMLParser

from bulletins.prose import squeezed

CONTAINERS = {"ul": "list", "ol": "list", "blockquote": "quotation", "table": "table"}
ENDS_BLOCK = {"p", "h3", "h4", "li", "td", "th", "caption", "tr", "thead", "tbody", *CONTAINERS}
# What stands where the words of a link were taken out: no word, and no blank.
LINKED = "\ufffc"


@dataclass(frozen=True)
class Link:
    """A link: where it leads, and its words."""

    href: str
    words: str


@dataclass(frozen=True)
class Block:
    """A stretch of text between two breaks.

    `inside` names the lists, quotations and tables it stands in, the outermost first; `level` is a heading's (3 or 4),
    else 0; `lines` are its text cut at line breaks; `bare` is its text without the words of its links.
    """

    text: str
    lines: tuple[str, ...] = ()
    bare: str = ""
    inside: tuple[str, ...] = ()
    level: int = 0
    links: tuple[Link, ...] = ()

    @property
    def is_quoted(self) -> bool:
        """Tell whether it stands in a quotation."""
        return "quotation" in self.inside


def line(text: str) -> Block:
    """Return the text of a field of one line as a block."""
    return Block(text, (text,), text)


class BlockReader(HTMLParser):
    """Cuts clean HTML into blocks."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.inside: list[str] = []
        self.level = 0
        self.text: list[str] = []
        self.bare: list[str] = []
        self.links: list[Link] = []
        self.href: str | None = None
        self.words: list[str] = []
        self.is_noted = False
        self.feed(html)
        self.close()
        self.end_link()
        self.flush()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ENDS_BLOCK:
            self.flush()
        if tag in CONTAINERS:
            self.inside.append(CONTAINERS[tag])
        elif tag in ("h3", "h4"):
            self.level = int(tag[1])
        elif tag == "br":
            self.put("\n")
        elif tag == "a":
            self.end_link()
            self.href, self.is_noted = (dict(attrs).get("href") or "").strip(), False

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.end_link()
        if tag not in ENDS_BLOCK:
            return
        self.flush()
        if tag in CONTAINERS and self.inside:
            self.inside.pop()
        if tag in ("h3", "h4"):
            self.level = 0

    def handle_data(self, data: str) -> None:
        # Where the source breaks a line, the reader sees none broken.
        self.put(data.replace("\n", " "))

    def put(self, shown: str) -> None:
        """Take in what a reader sees next."""
        self.text.append(shown)
        (self.bare if self.href is None else self.words).append(shown)

    def end_link(self) -> None:
        """Note a link that ends, unless its words stood in a block before."""
        if self.href is not None and (self.words or not self.is_noted):
            self.note_link(self.href)
        self.href = None

    def note_link(self, href: str) -> None:
        """Note a link with the words it has in this block."""
        self.links.append(Link(href, squeezed("".join(self.words))))
        self.bare.append(LINKED)
        self.words, self.is_noted = [], True

    def flush(self) -> None:
        """Note the block that ends here, if it holds anything; a link may go on into the next."""
        if self.href is not None and "".join(self.words).strip():
            self.note_link(self.href)
        whole = "".join(self.text)
        lines = tuple(part for part in map(squeezed, whole.split("\n")) if part)
        if lines or self.links:
            bare = squeezed("".join(self.bare))
            inside, links = tuple(self.inside), tuple(self.links)
            self.blocks.append(Block(squeezed(whole), lines, bare, inside, self.level, links))
        self.text, self.bare, self.links, self.words = [], [], [], []


def blocks_of(html: str) -> tuple[Block, ...]:
    """Return the blocks of a text."""
    return tuple(BlockReader(html).blocks)
