"""For parents: the resources that schools link to from their own sites."""

from django.db import models
from django.db.models import Q
from django.urls import reverse

from publication.models import one_line
from publication.richtext import RichTextField


class Resource(models.Model):
    """One resource for parents, at an address that never changes."""

    title = models.CharField(max_length=120, validators=[one_line])
    slug = models.SlugField(max_length=80, unique=True, help_text="Schools link to it: keep it for ever.")
    summary = models.CharField(max_length=250, validators=[one_line], help_text="One line: why read it.")
    body = RichTextField()
    reviewed_on = models.DateField(null=True, blank=True, help_text="When somebody last checked that it is right.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "title"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(slug="") & ~Q(slug="link-to-us"), name="resource_has_title_and_slug"
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the resource's own page."""
        return reverse("resources:resource", args=[self.slug])
