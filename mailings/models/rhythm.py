"""The beat of the clock and the pace of the letters, shared by all hosts."""

import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q


class RhythmManager(models.Manager["Rhythm"]):
    """The one row's manager."""

    def beat(self, at: datetime.datetime) -> None:
        """Note that the clock ticked."""
        self.update_or_create(pk=1, defaults={"ticked_at": at})

    def ticked_at(self) -> datetime.datetime | None:
        """Return when the clock ticked last; None when it never did."""
        return self.values_list("ticked_at", flat=True).first()


class Rhythm(models.Model):
    """One row: when the clock ticked last, and when the next letter may leave (`mailings.pace`)."""

    ticked_at = models.DateTimeField(null=True)
    next_letter_at = models.DateTimeField(null=True)

    objects: ClassVar[RhythmManager] = RhythmManager()

    class Meta:
        verbose_name_plural = "rhythm"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="rhythm_is_one_row")]

    def __str__(self) -> str:
        return f"last tick {self.ticked_at}"
