"""Where an item has it from."""

from typing import Any

from django.db import models
from django.db.models import Q

from bulletins.models.history import Kept
from bulletins.models.parts import NewsItem, next_position
from publication.models import WebAddressField, one_line


class Source(models.Model):
    """A publication that an item is about or relies on; `nation` is where it holds, empty where that is not said."""

    class Nation(models.TextChoices):
        ENGLAND = "England", "England"
        WALES = "Wales", "Wales"
        SCOTLAND = "Scotland", "Scotland"
        NORTHERN_IRELAND = "Northern Ireland", "Northern Ireland"
        UK = "UK", "UK"

    item = models.ForeignKey(NewsItem, models.CASCADE, related_name="sources")
    publisher = models.CharField(max_length=120, validators=[one_line])
    title = models.CharField(max_length=250, validators=[one_line])
    date = models.DateField(null=True, blank=True, help_text="When it was published.")
    nation = models.CharField("where it holds", max_length=16, choices=Nation.choices, blank=True)
    link = WebAddressField("address", max_length=500, blank=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="0 puts a new source last.")

    history = Kept()

    class Meta:
        ordering = ["position", "pk"]
        # Who may change an item may change where it has it from.
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=~Q(publisher="") & ~Q(title=""), name="source_has_publisher_and_title"),
            models.CheckConstraint(
                condition=Q(nation__in=["", "England", "Wales", "Scotland", "Northern Ireland", "UK"]),
                name="source_nation_known",
            ),
            models.CheckConstraint(
                condition=Q(link="") | Q(link__regex=r"^https?://"), name="source_link_is_web_address"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new source without a position goes last."""
        if not self.pk and not self.position:
            self.position = next_position(Source.objects.filter(item_id=self.item_id))
        super().save(*args, **kwargs)
