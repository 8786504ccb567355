"""Letters marked as tests, to members of staff: no part of the ledger."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from bulletins.models import Bulletin


class TestLetter(models.Model):
    """A test of an issue's letter that somebody asked for, and what the relay said of it."""

    # What pytest collects by its name.
    __test__ = False

    bulletin = models.ForeignKey(Bulletin, models.CASCADE, related_name="test_letters")
    to = models.EmailField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    content_hash = models.CharField(
        max_length=64, help_text="The letter's hash (Frozen.content_hash) when it was sent."
    )
    asked_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=200, blank=True, help_text="What the relay said; empty until it is tried.")

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | ~Q(answer=""), name="test_letter_sent_has_answer"
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=Q(answer=""), name="test_letter_waiting")]

    def __str__(self) -> str:
        return f"test of {self.bulletin} to {self.to}"
