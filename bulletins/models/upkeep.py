"""What keeps an old item from misleading: when it was checked last, and what took its place."""

import datetime

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from publication.models import WebAddressField, one_line

# What no constraint can say, for it is about other rows. Two who write at once must not close a circle together.
NO_CIRCLE = """
    PERFORM pg_advisory_xact_lock(hashtext('bulletins_newsitem.superseded_by_id'));
    IF EXISTS (
        WITH RECURSIVE newer (id) AS (
            SELECT NEW.superseded_by_id
            UNION
            SELECT item.superseded_by_id FROM bulletins_newsitem item JOIN newer ON item.id = newer.id
             WHERE item.superseded_by_id IS NOT NULL
        )
        SELECT 1 FROM newer WHERE id = NEW.id
    ) THEN
        RAISE EXCEPTION 'what supersedes an item is not superseded by it in turn'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'item_superseded_in_no_circle';
    END IF;
    RETURN NEW;
"""


def not_to_come(day: datetime.date) -> None:
    """Refuse a day that is still to come, as London's calendar has it."""
    if day > timezone.localdate():
        raise ValidationError("This day is still to come.")


class Upkept(models.Model):
    """An item that readers find years later.

    An item that others point at cannot be deleted: their readers would no longer be warned. What took an item's place
    is no part of the composition, for it is said long after the letters have left.
    """

    checked_on = models.DateField(
        "checked on",
        null=True,
        blank=True,
        validators=[not_to_come],
        help_text="When somebody last made sure that it still holds; readers see it.",
    )
    superseded_by = models.ForeignKey(
        "bulletins.NewsItem",
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="replaces",
        help_text="The item, of any issue, that took its place.",
    )
    superseded_elsewhere = models.CharField(
        "superseded outside the bulletin by",
        max_length=200,
        blank=True,
        validators=[one_line],
        help_text="What took its place and is no item of ours, in words.",
    )
    superseded_link = WebAddressField("address of that", max_length=500, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(superseded_by__isnull=True) | ~Q(superseded_by=F("id")),
                name="item_not_superseded_by_itself",
                violation_error_message="An item cannot supersede itself.",
            ),
            models.CheckConstraint(
                condition=Q(superseded_link="") | ~Q(superseded_elsewhere=""),
                name="item_superseded_link_has_words",
                violation_error_message="Say in words what the address leads to.",
            ),
            models.CheckConstraint(
                condition=Q(superseded_link="") | Q(superseded_link__regex=r"^https?://"),
                name="item_superseded_link_is_web_address",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="item_superseded_in_no_circle",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("superseded_by_id"),
                condition=pgtrigger.Condition("NEW.superseded_by_id <> NEW.id"),
                func=NO_CIRCLE,
            )
        ]
