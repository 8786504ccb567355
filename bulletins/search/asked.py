"""What a reader asks the search for: words, and at most one topic, year and kind of section."""

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.postgres.search import SearchQuery
from django.http import QueryDict
from django.urls import reverse

from bulletins.models import SectionKind, Topic
from bulletins.models.finding import CONFIG

LONGEST = 200
# Control characters, halves of characters, and what changes the direction of a line: none is a word.
UNPRINTED = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
# Telephones type these where the syntax of PostgreSQL's websearch has " and -.
QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛ʼ′", "'") | dict.fromkeys("…•·‹›", " "))
DASH = re.compile(r"(?<!\S)[‐‑‒–—−](?=\S)")


class WordsInput(forms.CharField):
    """Words on one line, without what cannot be seen."""

    def to_python(self, value: Any) -> str:
        """Put a space where something unprintable stood."""
        return " ".join(UNPRINTED.sub(" ", str(value or "")).split())


class SearchForm(forms.Form):
    """The query of a search's address."""

    q = WordsInput(
        required=False,
        max_length=LONGEST,
        error_messages={"max_length": f"Search for fewer words: at most {LONGEST} characters."},
    )
    topic = forms.ModelChoiceField(Topic.objects.all(), required=False, to_field_name="slug")
    year = forms.IntegerField(required=False, min_value=1, max_value=9999)
    kind = forms.ChoiceField(required=False, choices=SectionKind.choices)

    default_error_messages = {"once": "Choose one topic, one year and one kind at most."}

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.query = query

    def clean(self) -> dict[str, Any]:
        """Refuse a filter that is given twice: no address has a use for that."""
        if any(len(self.query.getlist(name)) > 1 for name in self.fields):
            raise forms.ValidationError(self.default_error_messages["once"])
        return super().clean() or {}

    def fault(self) -> str:
        """Return in a sentence why this cannot be searched for; empty where it can."""
        if self.is_valid():
            return ""
        first = {**self.errors}.get("q") or self.errors.get("__all__")
        return str(first[0]) if first else "There is no such topic, year or kind to search in."

    def asked(self) -> "Asked":
        """Return what is asked for."""
        words = self.cleaned_data["q"]
        return Asked(words, self.cleaned_data["topic"], self.cleaned_data["year"], self.cleaned_data["kind"])


@dataclass(frozen=True)
class Asked:
    """A search: words as they were typed, and what it is narrowed to."""

    words: str = ""
    topic: Topic | None = None
    year: int | None = None
    kind: str = ""

    @property
    def typed(self) -> str:
        """The words with the marks that PostgreSQL's websearch knows."""
        return DASH.sub("-", self.words.translate(QUOTES))

    @property
    def query(self) -> SearchQuery:
        """The words as PostgreSQL reads them: phrases in quotation marks, `-` for without, `or`."""
        return SearchQuery(self.typed, config=CONFIG, search_type="websearch")

    @property
    def narrowed(self) -> bool:
        """Whether a topic, a year or a kind was chosen."""
        return bool(self.topic or self.year or self.kind)

    @property
    def everywhere(self) -> "Asked":
        """The same words, not narrowed."""
        return Asked(self.words)

    @property
    def address(self) -> str:
        """The path and query that ask for just this."""
        given = {"q": self.words, "topic": self.topic and self.topic.slug, "year": self.year, "kind": self.kind}
        query = urlencode({name: value for name, value in given.items() if value})
        return f"{reverse('bulletins:search')}?{query}"

    def but(self, **changes: Any) -> "Asked":
        """Return the search with something else chosen."""
        return replace(self, **changes)
