"""Where editors write: an issue with its sections, items and events on one page, and what issues are made of."""

from bulletins.admin.days import PublicationDayAdmin
from bulletins.admin.ingredients import AuthorAdmin, StandingSectionAdmin, TopicAdmin
from bulletins.admin.issue import BulletinAdmin

__all__ = ["AuthorAdmin", "BulletinAdmin", "PublicationDayAdmin", "StandingSectionAdmin", "TopicAdmin"]
