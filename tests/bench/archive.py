"""A large archive of invented issues, whose words come as often as words do."""

import datetime
import itertools
import random
from collections.abc import Iterator

from django.db import connection

from bulletins.models import Author, Bulletin, NewsItem, Section, SectionKind, Topic
from bulletins.schedule import first_wednesday, instant

ISSUES, ITEMS, WORDS = 1_000, 8, 220
# Words that are in about so many of a hundred items, as children, safeguarding and online are in a real bulletin.
COMMON = {"children": 77, "safeguarding": 52, "online": 31, "education": 15}
VOCABULARY = 20_000
SYLLABLES = [a + b for a, b in itertools.product("bdfgklmnprstvz", ("a", "e", "i", "o", "u", "ar", "en", "il"))]
TOPICS = 16


def make_archive(issues: int = ISSUES, seed: int = 6) -> None:
    """Make so many published issues of eight items and no others, the newest a month ago, known to PostgreSQL."""
    forget_issues()
    chance = random.Random(seed)
    sections = make_sections(issues)
    words = vocabulary(chance)
    weights = [1 / (rank + 20) for rank in range(len(words))]
    items = NewsItem.objects.bulk_create(
        (
            NewsItem(
                bulletin_id=section.bulletin_id,
                section=section,
                headline=" ".join(chance.choices(words, weights, k=6)).capitalize(),
                slug=f"item-{place}",
                body=as_html(text_of(chance, words, weights)),
                position=place,
            )
            for section in sections
            for place in range(1, ITEMS + 1)
        ),
        batch_size=500,
    )
    tag(chance, items)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def forget_issues() -> None:
    """Throw away all issues with their mailings, and let PostgreSQL put what it still has to write on disk.

    What was thrown away is forgotten by its statistics too: autovacuum would else look at the table in the middle of
    the next opening, whose rows are not committed, and the planner would take a million rows for none.
    """
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE mailings_mailing, bulletins_bulletin, bulletins_author, bulletins_topic CASCADE")
        cursor.execute("VACUUM ANALYZE mailings_delivery, mailings_mailing")
        cursor.execute("CHECKPOINT")


def make_sections(issues: int) -> list[Section]:
    """Make the issues, a month each, and a section in each."""
    author = Author.objects.create(name="Erin Example", role="Example Editor")
    bulletins = [
        Bulletin(
            month=month,
            title=f"{month:%B %Y} e-bulletin",
            slug=f"{month:%B}".lower(),
            author=author,
            publish_at=instant(first_wednesday(month.year, month.month), datetime.time(7, 30)),
        )
        for month in itertools.islice(months(), issues)
    ]
    Bulletin.objects.bulk_create(bulletins)
    Bulletin.objects.update(status="approved")
    kinds = itertools.cycle(SectionKind.values)
    return Section.objects.bulk_create(
        Section(bulletin=bulletin, kind=next(kinds), heading="In the news", position=1) for bulletin in bulletins
    )


def months() -> Iterator[datetime.date]:
    """Return months backwards from one that is past."""
    for number in itertools.count(2026 * 12 + 8, -1):
        yield datetime.date(number // 12, number % 12 + 1, 1)


def vocabulary(chance: random.Random) -> list[str]:
    """Return invented words, the shorter ones first: they are used more."""
    words = {"".join(chance.choices(SYLLABLES, k=chance.choice((2, 3, 3, 4)))) for _ in range(VOCABULARY * 2)}
    return sorted(words, key=lambda word: (len(word), word))[:VOCABULARY]


def text_of(chance: random.Random, words: list[str], weights: list[float]) -> list[str]:
    """Return the words of one item."""
    text = chance.choices(words, weights, k=WORDS)
    for word, share in COMMON.items():
        if chance.randrange(100) < share:
            for _ in range(chance.randint(1, 4)):
                text.insert(chance.randrange(len(text)), word)
    return text


def as_html(words: list[str]) -> str:
    """Return words as paragraphs of forty."""
    return "".join(f"<p>{' '.join(words[at : at + 40])}.</p>" for at in range(0, len(words), 40))


def tag(chance: random.Random, items: list[NewsItem]) -> None:
    """Give each item one or two topics."""
    topics = Topic.objects.bulk_create(
        Topic(name=f"Topic {number}", slug=f"topic-{number}") for number in range(TOPICS)
    )
    tagged = NewsItem.topics.through
    tagged.objects.bulk_create(
        tagged(newsitem_id=item.pk, topic_id=topic.pk)
        for item in items
        for topic in chance.sample(topics, chance.randint(1, 2))
    )
