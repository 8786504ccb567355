"""What staff were told."""

from django.db import models

from bulletins.models import PublicationDay


class AlertSent(models.Model):
    """An alert to staff about a publication day: each kind once."""

    day = models.ForeignKey(PublicationDay, models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=40)
    words = models.TextField()
    raised_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "alerts sent"
        constraints = [models.UniqueConstraint(fields=["day", "kind"], name="alert_once_a_day_and_kind")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.day}"
