"""Did you mean: the word of some item that one slip of the fingers makes another one of.

No list of words is kept: each word at one slip's distance is looked up in the index, and what the newest items then
found really say is the word that was meant. So nothing is suggested that readers cannot find.
"""

import datetime
import re
from collections import Counter

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat, Left

from bulletins.models import NewsItem
from bulletins.models.finding import CONFIG, NewsItemQuerySet, WithoutTags
from bulletins.search.asked import Asked
from bulletins.search.matches import by_index, found

LETTERS = "abcdefghijklmnopqrstuvwxyz"
# What is searched for, not what is left out; a shorter word is a slip away from too many.
TYPED = re.compile(r"(?<![\w-])[a-z]{4,20}(?!\w)", re.IGNORECASE)
DOUBLE = re.compile(r"([a-z])\1")
# Words that are looked up, and items that are read for the one that was meant.
WORDS, ITEMS, READ = 6, 50, 5_000
INDEXED = """
    SELECT word FROM unnest(%s) AS word
     WHERE EXISTS (SELECT 1 FROM bulletins_newsitem WHERE words @@ plainto_tsquery('english', word))
"""


def meant(asked: Asked, at: datetime.datetime) -> Asked | None:
    """Return the search with its one unknown word mended, not narrowed; None unless that finds something."""
    for match in list(TYPED.finditer(asked.words))[:WORDS]:
        word = match[0].lower()
        if known(word, at).exists():
            continue
        better = nearest(word, at)
        mended = Asked(asked.words[: match.start()] + better + asked.words[match.end() :])
        return mended if better and found(mended, at).exists() else None
    return None


def known(word: str, at: datetime.datetime) -> NewsItemQuerySet:
    """Return the items that readers can find by a word."""
    return NewsItem.objects.published(at).matching(SearchQuery(word, config=CONFIG))


def nearest(word: str, at: datetime.datetime) -> str:
    """Return the word one slip away that the newest items say most often; empty where there is none."""
    candidates = indexed(slips(word))
    if not candidates:
        return ""
    query = SearchQuery(" | ".join(candidates), config=CONFIG, search_type="raw")
    text = Concat("headline", Value(" "), Left(WithoutTags("body"), READ))
    newest = NewsItem.objects.published(at).matching(query).newest_first()[:ITEMS]
    said = Counter(
        spoken
        for item in newest.annotate(text=text).values_list("text", flat=True)
        for spoken in re.findall(r"[a-z]+", item.lower())
        if spoken in candidates
    )
    # The more frequent one, and of two equally frequent the one nearer to the alphabet's beginning.
    return min(said, key=lambda spoken: (-said[spoken], spoken), default="")


def indexed(words: set[str]) -> list[str]:
    """Return those of many words whose stem some item has: a lookup each, in the index whatever the planner believes.

    It takes one query for all of them to match nearly everything, and a small table to be quicker read than looked
    up in: hundreds of times. Call it inside a transaction.
    """
    with by_index(), connection.cursor() as cursor:
        cursor.execute(INDEXED, [sorted(words)])
        return [word for (word,) in cursor.fetchall()]


def slips(word: str) -> set[str]:
    """Return what a word may have been before a letter was lost, added, changed or swapped, or doublings confused."""
    doubled = {again for once in doublings(word) for again in doublings(once)}
    return {other for other in one_slip(word) | doubled if len(other) >= 4} - {word}


def one_slip(word: str) -> set[str]:
    """Return the words at one slip's distance."""
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    lost = {left + letter + right for left, right in cuts for letter in LETTERS}
    changed = {left + letter + right[1:] for left, right in cuts if right for letter in LETTERS}
    added = {left + right[1:] for left, right in cuts if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    return lost | changed | added | swapped


def doublings(word: str) -> set[str]:
    """Return a word with one more letter doubled, or one double letter made single."""
    doubled = {word[:place] + word[place] + word[place:] for place in range(len(word))}
    single = {word[: double.start()] + word[double.end() - 1 :] for double in DOUBLE.finditer(word)}
    return doubled | single
