"""How long a text takes to read."""

import math
import re

from django.utils.html import strip_tags

WORDS_A_MINUTE = 265


def count_words(html: str) -> int:
    """Count the words that a reader of a text reads."""
    return len(re.findall(r"\w[\w’'-]*", strip_tags(html.replace("<", " <"))))


def minutes_to_read(words: int) -> int:
    """Return the minutes that so many words take, rounded half up, at least 1."""
    return max(1, math.floor(words / WORDS_A_MINUTE + 0.5))
