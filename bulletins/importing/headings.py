"""Which lines are headings, and what each of them opens: a section of some kind, or a news item."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bulletins.importing.blocks import Block, Paragraph, is_bare_heading
from bulletins.importing.contents import Contents, Headline
from bulletins.importing.kinds import kind_of
from bulletins.importing.shapes import key, looks_like_heading
from bulletins.prose import words


@dataclass(frozen=True)
class Heading:
    """What begins at a block. `kind` is empty for a news item; a lost heading of an item is not `printed`."""

    index: int
    line: int
    text: str
    kind: str = ""
    printed: bool = True


def headings_of(body: Sequence[Block], contents: Contents | None, author: str) -> list[Heading]:
    """Return the headings of a body in order: those named by the contents, and those known by their shape."""
    found = {heading.index: heading for heading in _by_shape(body, author)}
    if contents:
        found.update({heading.index: heading for heading in _named(body, contents)})
    return [found[index] for index in sorted(found)]


def _by_shape(body: Sequence[Block], author: str) -> Iterator[Heading]:
    for index, block in enumerate(body[:-1]):
        if not isinstance(block, Paragraph) or not block.whole or key(block.text) == key(author):
            continue
        kind = kind_of(block.text)
        if kind or (looks_like_heading(block.text) and not is_bare_heading(body[index + 1])):
            yield Heading(index, block.line, without_colon(block.text), kind)


def _named(body: Sequence[Block], contents: Contents) -> Iterator[Heading]:
    above, opens_news = contents.heading, False
    if above:
        opens_news = "news" in words(above.text)
        yield Heading(contents.index - 1, above.line, without_colon(above.text), "news")
    for headline in contents.headlines:
        if headline.index is not None:
            yield _heading_of(body[headline.index], headline, opens_news)


def _heading_of(block: Block, headline: Headline, opens_news: bool) -> Heading:
    assert headline.index is not None and isinstance(block, Paragraph)
    if headline.lost:
        return Heading(headline.index, block.line, headline.text, printed=False)
    kind = "" if opens_news else kind_of(block.text)
    return Heading(headline.index, block.line, without_colon(block.text), kind)


def without_colon(text: str) -> str:
    """Return a heading without the colon printed after it."""
    return text.rstrip(" :") or text
