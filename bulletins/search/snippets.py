"""The items of one page of results, with the words that were found marked."""

import re
from html import unescape

from django.contrib.postgres.search import SearchHeadline, SearchQuery
from django.db.models import F, Func, TextField
from django.db.models.functions import Left
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from bulletins.models import NewsItem
from bulletins.models.finding import BLOCK, CONFIG, RESTORED, Parted, WithoutTags

# No text holds these two: they are taken out before what was found is put between them.
BEGIN, END = "\x01", "\x02"
MARKED = re.compile(f"{BEGIN}([^{BEGIN}{END}]*){END}")
BETWEEN = " … "
# Of a longer text only the beginning is looked through: cutting a snippet reads all it is given.
READ = 20_000
LETTER = re.compile(r"\w")
NO_LETTERS = re.compile(r"\A\W+")
# Between two blocks; the first one's own last mark is enough, and at the ends nothing is parted.
BETWEEN_BLOCKS = re.compile(rf"([.:;,?!…”’]?)({END}?)\s*{BLOCK}[\s{BLOCK}]*")


class WithoutMarkers(Func):
    """A text in which only the search's own marks can stand."""

    function = "translate"
    template = "%(function)s(%(expressions)s, E'\\x01\\x02', '')"
    output_field = TextField()


def shown(keys: list[int], query: SearchQuery) -> list[NewsItem]:
    """Return the items of some keys in their order, each with `marked` (its headline) and `snippet`: two queries."""
    text = Left(WithoutMarkers(Parted(WithoutTags("body"))), READ)
    items = NewsItem.objects.filter(pk__in=keys).as_found()
    items = items.annotate(text=text, cut=snippet_of(text, query), lit=headline_of(query))
    found = {item.pk: item for item in items}
    for item in found.values():
        item.marked = with_marks(item.lit)
        item.snippet = with_marks(whole(item.cut, item.text))
    return [found[key] for key in keys if key in found]


def snippet_of(body: Left, query: SearchQuery) -> SearchHeadline:
    """Return the places of a text where the query was found, about forty words of them."""
    return SearchHeadline(
        body,
        query,
        config=CONFIG,
        start_sel=BEGIN,
        stop_sel=END,
        max_fragments=2,
        min_words=12,
        max_words=24,
        fragment_delimiter=BETWEEN,
    )


def headline_of(query: SearchQuery) -> SearchHeadline:
    """Return the whole headline with what was found."""
    headline = WithoutMarkers(Parted(F("headline")))
    return SearchHeadline(headline, query, config=CONFIG, start_sel=BEGIN, stop_sel=END, highlight_all=True)


def whole(cut: str, text: str) -> str:
    """Put an ellipsis before a snippet that is not how its text begins, and after one that is not how it ends."""
    places = re.sub(f"[{BEGIN}{END}]", "", cut).split(BETWEEN)
    if not places[-1]:
        return cut
    begins = NO_LETTERS.sub("", text).startswith(NO_LETTERS.sub("", places[0]))
    # The database leaves out what stands behind the last word.
    rest = text.rpartition(places[-1])[2].strip()
    return f"{'' if begins else '… '}{cut}{' …' if LETTER.search(rest) else rest}"


def with_marks(text: str) -> SafeString:
    """Return a text as HTML: nothing of it is markup but the marks around what was found."""
    pieces = MARKED.split(in_one_line(text))
    return mark_safe("".join(as_html(piece, marked=place % 2 == 1) for place, piece in enumerate(pieces)))


def in_one_line(text: str) -> str:
    """Put back the marks that parted words, and a point between blocks."""
    ends = text.translate(RESTORED).strip(f" {BLOCK}")
    return BETWEEN_BLOCKS.sub(lambda gap: f"{gap[1]}{gap[2]} " if gap[1] else f"{gap[2]} · ", ends)


def as_html(piece: str, marked: bool) -> str:
    """Return a piece of stored text, whose entities are read, as HTML."""
    written = escape(unescape(re.sub(f"[{BEGIN}{END}]", "", piece)))
    return f"<mark>{written}</mark>" if marked else str(written)
