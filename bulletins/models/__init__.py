"""What we say: issues, their parts, the days they are published on, and who approved them."""

from bulletins.models.bulletin import Bulletin
from bulletins.models.checks import LinkCheck, Override
from bulletins.models.corrections import Correction
from bulletins.models.days import PublicationDay
from bulletins.models.parts import Event, NewsItem, Section, SectionKind, StandingSection, Topic
from bulletins.models.people import Approval, Author
from bulletins.models.sources import Source

__all__ = [
    "Approval",
    "Author",
    "Bulletin",
    "Correction",
    "Event",
    "LinkCheck",
    "NewsItem",
    "Override",
    "PublicationDay",
    "Section",
    "SectionKind",
    "Source",
    "StandingSection",
    "Topic",
]
