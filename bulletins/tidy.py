"""Tidy a text that was pasted or typed in haste: quotation marks, blanks, and bullets that are no list yet."""

import re

from smartypants import Attr, smartypants

from publication.richtext import clean_html

# Quotation marks and ellipses, as characters; “--” may be meant.
CURLY = Attr.q | Attr.e | Attr.u
PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
BREAK = re.compile(r"\s*<br>\s*")
BULLET = re.compile(r"\s*(?:[•·▪◦‣●○*]|[-–—](?=\s))\s*")
NUMBER = re.compile(r"\s*\(?(\d{1,2})[.)]\s+")
BLANKS = re.compile(r"[ \t\u00a0\u2007\u202f]+|&nbsp;")
AT_AN_EDGE = re.compile(r"(<(?:p|li|h3|h4|th|td|cite)>) | (</(?:p|li|h3|h4|th|td|cite)>)")
# One dash or number alone may be part of a sentence; several in a row are a list.
FEWEST = 2


def tidy(html: str) -> str:
    """Return rich text with curly quotation marks, single blanks, and its typed bullets and numbers as lists.

    Tidying twice equals once; no word is added, dropped or moved.
    """
    text = smartypants(clean_html(html).replace("&quot;", '"'), CURLY)
    text = with_lists(with_lines(text))
    text = BLANKS.sub(" ", BLANKS.sub(" ", text))
    return clean_html(AT_AN_EDGE.sub(lambda edge: edge[1] or edge[2], text))


def with_lines(html: str) -> str:
    """Make paragraphs of the lines of one that holds bullets or numbers behind line breaks."""

    def apart(paragraph: re.Match[str]) -> str:
        lines = BREAK.split(paragraph[1])
        if not any(is_run(lines[start:], mark) for mark in (BULLET, NUMBER) for start in range(len(lines))):
            return paragraph[0]
        return "".join(f"<p>{line}</p>" for line in lines if line.strip())

    return PARAGRAPH.sub(apart, html)


def is_run(lines: list[str], mark: re.Pattern[str]) -> bool:
    """Tell whether some lines begin with a run of one mark that is long enough for a list."""
    return len(lines) >= FEWEST and all(mark.match(line) for line in lines[:FEWEST])


def with_lists(html: str) -> str:
    """Make lists of paragraphs in a row that begin with a bullet, or with numbers that count from one."""
    pieces, written, place = PARAGRAPH.split(html), [], 1
    while place < len(pieces):
        run = run_from(pieces, place)
        written.append(pieces[place - 1])
        written.append(as_list(run) if run else f"<p>{pieces[place]}</p>")
        place += 2 * max(len(run), 1)
    return "".join([*written, pieces[-1]])


def run_from(pieces: list[str], place: int) -> list[str]:
    """Return the paragraphs from a place on that make one list; none where they are too few."""
    for mark in (BULLET, NUMBER):
        run: list[str] = []
        for here in range(place, len(pieces), 2):
            parted = here > place and pieces[here - 1].strip()
            if parted or not mark.match(pieces[here]) or not counts_on(mark, pieces[here], len(run) + 1):
                break
            run.append(pieces[here])
        if len(run) >= FEWEST:
            return run
    return []


def counts_on(mark: re.Pattern[str], words: str, number: int) -> bool:
    """Tell whether a paragraph has the number that is next; a bullet always fits."""
    found = NUMBER.match(words)
    return mark is BULLET or (found is not None and int(found[1]) == number)


def as_list(run: list[str]) -> str:
    """Write paragraphs as a list, without the marks that were typed."""
    tag, mark = ("ul", BULLET) if BULLET.match(run[0]) else ("ol", NUMBER)
    entries = "".join(f"<li>{mark.sub('', words, count=1)}</li>" for words in run)
    return f"<{tag}>{entries}</{tag}>"
