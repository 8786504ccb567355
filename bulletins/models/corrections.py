"""What readers are told about a change of an issue that is out."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from bulletins.models.bulletin import Bulletin
from bulletins.models.parts import NewsItem
from publication.models import one_line

# What no constraint can say, for it is about rows of other tables.
BELONGS = """
    IF NOT EXISTS (SELECT 1 FROM bulletins_bulletin
                    WHERE id = NEW.bulletin_id AND status = 'approved' AND publish_at <= NEW.at) THEN
        RAISE EXCEPTION 'only an issue that is published is corrected with a note';
    END IF;
    IF NEW.item_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM bulletins_newsitem
                                                WHERE id = NEW.item_id AND bulletin_id = NEW.bulletin_id) THEN
        RAISE EXCEPTION 'a correction is about an item of its own issue';
    END IF;
    RETURN NEW;
"""


class Correction(models.Model):
    """A dated note about a change of a published issue: appended, never changed; another one corrects it.

    Web and feeds show `bulletin.corrections.all()`, the oldest first. It is no part of the composition, so that a
    note neither changes an approval's fingerprint nor a letter.
    """

    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="corrections")
    item = models.ForeignKey(NewsItem, models.SET_NULL, null=True, related_name="corrections")
    headline = models.CharField(max_length=160, blank=True, help_text="The item's headline when it was corrected.")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    note = models.CharField(max_length=300, validators=[one_line], help_text="What changed, as readers read it.")

    class Meta:
        ordering = ["at", "pk"]
        default_permissions = ["view"]
        constraints = [
            models.CheckConstraint(condition=~Q(note=""), name="correction_has_a_note"),
            models.CheckConstraint(
                condition=Q(item__isnull=True) | ~Q(headline=""), name="correction_keeps_its_headline"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="correction_belongs", when=pgtrigger.Before, operation=pgtrigger.Insert, func=BELONGS
            ),
            pgtrigger.Protect(
                name="correction_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("bulletin", "headline", "at", "by", "note"),
            ),
            # Deleting an item empties the column; another item's note it never becomes.
            pgtrigger.Protect(
                name="correction_stays_its_items",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("NEW.item_id IS NOT NULL AND NEW.item_id IS DISTINCT FROM OLD.item_id"),
            ),
            pgtrigger.Protect(name="correction_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.note

    @property
    def anchor(self) -> str:
        """The anchor of the item that it is about; empty where it is about the issue, or the item is gone."""
        return self.item.slug if self.item else ""
