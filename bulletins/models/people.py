"""Who signs an issue, and who approved it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from bulletins.models.slugs import free_slug
from publication.images import PictureField
from publication.models import one_line

SAME_NAME = (
    "There is an author of this name already: choose that one for an issue, or add here what tells the two apart."
)


class Author(models.Model):
    """Who signs an issue."""

    name = models.CharField(max_length=100, unique=True, validators=[one_line], error_messages={"unique": SAME_NAME})
    slug = models.SlugField(
        "address",
        max_length=100,
        unique=True,
        blank=True,
        help_text="The end of their page's address; made of the name, and kept when that is corrected.",
    )
    role = models.CharField(max_length=150, blank=True, validators=[one_line], help_text="Shown in the sign-off.")
    photo = PictureField(
        blank=True,
        width_field="photo_width",
        height_field="photo_height",
        help_text="JPEG, PNG, WebP or GIF, at most 5 MB; shown beside the sign-off.",
    )
    photo_width = models.PositiveIntegerField(null=True, editable=False)
    photo_height = models.PositiveIntegerField(null=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="author_has_a_name"),
            models.CheckConstraint(condition=~Q(slug=""), name="author_has_a_slug"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new author gets a slug."""
        self.fill_slug()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """Return the author's own page."""
        return reverse("bulletins:author", args=[self.slug])

    def clean(self) -> None:
        """Give an author without a slug one, before the constraints are looked at."""
        self.fill_slug()

    def fill_slug(self) -> None:
        """Make the slug of the name, where there is none."""
        if not self.slug:
            taken = set(Author.objects.exclude(pk=self.pk).values_list("slug", flat=True))
            self.slug = free_slug(self.name, taken, "author")


class Approval(models.Model):
    """A named person's word that this very composition may go out."""

    bulletin = models.ForeignKey("bulletins.Bulletin", models.CASCADE, related_name="approvals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    fingerprint = models.CharField(max_length=64, help_text="Hash of the composition that was approved.")
    lapsed_at = models.DateTimeField(null=True)
    lapse_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["bulletin"], condition=Q(lapsed_at__isnull=True), name="approval_one_in_force"
            ),
            models.CheckConstraint(
                condition=Q(lapsed_at__isnull=True) | ~Q(lapse_reason=""), name="approval_lapsed_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bulletin} approved by {self.by}"
