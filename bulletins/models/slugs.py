"""The ends of addresses, made of words."""

from django.utils.text import slugify

SLUG_LENGTH = 60
# Letters that Unicode does not take apart into one of a to z and a mark, as those who have none of them spell them.
SPELLED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})


def free_slug(words: str, taken: set[str], otherwise: str = "item") -> str:
    """Return a slug made of words (or `otherwise`) that is not taken: `doxing`, then `doxing-2`."""
    stem = slugify(words.lower().translate(SPELLED))[:SLUG_LENGTH].strip("-") or otherwise
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug
