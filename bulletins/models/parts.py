"""The parts of an issue: sections, news items, events and topics."""

from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Max, Q
from django.urls import reverse

from bulletins.models.finding import NewsItemQuerySet, TopicQuerySet, WordsField
from bulletins.models.history import Kept
from bulletins.models.slugs import SLUG_LENGTH, free_slug
from bulletins.models.upkeep import Upkept
from publication.images import PictureField
from publication.models import WebAddressField, one_line
from publication.richtext import RichTextField

# Ids that the page itself uses, and so no item may take as its anchor.
RESERVED_ANCHORS = {"main", "contents", "signup-address"}


class SectionKind(models.TextChoices):
    """What a section is about."""

    NEWS = "news", "news"
    ORGANISATION_NEWS = "organisation news", "organisation news"
    TRAINING = "training", "training"
    PARENTAL_RESOURCES = "parental resources", "parental resources"
    PODCASTS = "podcasts", "podcasts"
    WEBINARS = "webinars", "webinars"
    ARTICLES = "articles", "articles"
    SYSTEM_UPDATES = "system updates", "system updates"


def kind_known(name: str) -> models.CheckConstraint:
    """Return the constraint that a kind is one of the known ones."""
    return models.CheckConstraint(condition=Q(kind__in=[*SectionKind.values]), name=name)


def next_position(siblings: models.QuerySet) -> int:
    """Return the position behind the last of the siblings: what is new comes last."""
    return (siblings.aggregate(last=Max("position"))["last"] or 0) + 1


class StandingSection(models.Model):
    """A section that every new issue starts with."""

    kind = models.CharField(max_length=20, choices=SectionKind.choices)
    heading = models.CharField(max_length=120, validators=[one_line])
    intro = RichTextField(blank=True, help_text="Copied into the new section's text.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [kind_known("standing_section_kind_known")]

    def __str__(self) -> str:
        return self.heading


class Section(models.Model):
    """A headed part of one issue, with a text of its own, items, or events."""

    bulletin = models.ForeignKey("bulletins.Bulletin", models.CASCADE, related_name="sections")
    kind = models.CharField(max_length=20, choices=SectionKind.choices, default=SectionKind.NEWS)
    heading = models.CharField(max_length=120, validators=[one_line])
    body = RichTextField(blank=True, help_text="Notices, course lists, episode lists.")
    position = models.PositiveSmallIntegerField(default=0, help_text="0 puts a new section last.")

    history = Kept()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            kind_known("section_kind_known"),
            models.CheckConstraint(condition=~Q(heading=""), name="section_has_a_heading"),
            # What the items' own foreign key on (section, bulletin) refers to.
            models.UniqueConstraint(fields=["id", "bulletin"], name="section_and_bulletin"),
        ]

    def __str__(self) -> str:
        return self.heading

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new section without a position goes last."""
        if not self.pk and not self.position:
            self.position = next_position(Section.objects.filter(bulletin_id=self.bulletin_id))
        super().save(*args, **kwargs)

    @property
    def anchor(self) -> str:
        """The id of the section on its page: kept by a corrected heading, and never an item's slug."""
        return f"section.{self.pk}"


class Event(models.Model):
    """Something with a date inside a section, such as a webinar; it belongs to its section's issue."""

    bulletin = models.ForeignKey("bulletins.Bulletin", models.CASCADE, related_name="events")
    section = models.ForeignKey(Section, models.CASCADE, related_name="events")
    title = models.CharField(max_length=200, validators=[one_line])
    start = models.DateTimeField(help_text="Europe/London.")
    end = models.DateTimeField(null=True, blank=True, help_text="Europe/London; may be left open.")
    link = WebAddressField("address", max_length=500, blank=True)

    history = Kept()

    class Meta:
        ordering = ["start", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="event_has_a_title"),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=models.F("start")),
                name="event_ends_after_its_start",
                violation_error_message="An event ends after it starts.",
            ),
            models.CheckConstraint(
                condition=Q(link="") | Q(link__regex=r"^https?://"), name="event_link_is_web_address"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save in the issue of its section."""
        if self.bulletin_id is None:
            self.bulletin_id = self.section.bulletin_id
        super().save(*args, **kwargs)


class Topic(models.Model):
    """What an item is about, across issues."""

    name = models.CharField(max_length=80, unique=True, validators=[one_line])
    slug = models.SlugField(max_length=80, unique=True)

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the topic's own page."""
        return reverse("bulletins:topic", args=[self.slug])


class NewsItem(Upkept):
    """One piece of news: the unit that readers find, share and link to."""

    bulletin = models.ForeignKey("bulletins.Bulletin", models.CASCADE, related_name="items")
    section = models.ForeignKey(Section, models.CASCADE, related_name="items")
    headline = models.CharField(max_length=160, validators=[one_line])
    slug = models.SlugField(
        max_length=SLUG_LENGTH + 5,
        blank=True,
        help_text="The item's address; kept when the headline is corrected.",
    )
    body = RichTextField(blank=True)
    image = PictureField(
        blank=True,
        width_field="image_width",
        height_field="image_height",
        help_text="JPEG, PNG, WebP or GIF, at most 5 MB; it is made as wide as it is printed.",
    )
    image_width = models.PositiveIntegerField(null=True, editable=False)
    image_height = models.PositiveIntegerField(null=True, editable=False)
    image_alt = models.CharField(
        "image in words",
        max_length=250,
        blank=True,
        validators=[one_line],
        help_text="What it shows, in a sentence: it is read out, and printed where pictures are not.",
    )
    link = WebAddressField("address to read more", max_length=500, blank=True)
    topics = models.ManyToManyField(Topic, blank=True, related_name="items")
    position = models.PositiveSmallIntegerField(default=0, help_text="0 puts a new item last.")

    words = WordsField()

    objects = NewsItemQuerySet.as_manager()
    history = Kept(m2m_fields=[topics], excluded_fields=["words"])

    class Meta:
        ordering = ["position", "pk"]
        # Without a list of what is still to be indexed: every search would walk it.
        indexes = [GinIndex(fields=["words"], name="item_words", fastupdate=False)]
        constraints = [
            *Upkept.Meta.constraints,
            models.UniqueConstraint(fields=["bulletin", "slug"], name="item_slug_once_in_its_bulletin"),
            models.CheckConstraint(condition=~Q(headline="") & ~Q(slug=""), name="item_has_headline_and_slug"),
            models.CheckConstraint(
                condition=Q(image="") | ~Q(image_alt=""),
                name="item_image_has_words",
                violation_error_message="Say in words what the image shows.",
            ),
            models.CheckConstraint(
                condition=Q(link="") | Q(link__regex=r"^https?://"), name="item_link_is_web_address"
            ),
        ]
        triggers = [
            *Upkept.Meta.triggers,
            pgtrigger.Protect(
                name="item_stays_in_its_bulletin",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__bulletin__df=pgtrigger.F("new__bulletin")),
            ),
        ]

    def __str__(self) -> str:
        return self.headline

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save in the issue of its section; a new item gets its slug and goes last."""
        if self.bulletin_id is None:
            self.bulletin_id = self.section.bulletin_id
        if not self.slug:
            others = NewsItem.objects.filter(bulletin_id=self.bulletin_id).exclude(pk=self.pk)
            taken = set(others.values_list("slug", flat=True))
            self.slug = free_slug(self.headline, taken | RESERVED_ANCHORS)
        if not self.pk and not self.position:
            self.position = next_position(NewsItem.objects.filter(section_id=self.section_id))
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse, beside its own box, an image that nobody has put in words, and words of no image."""
        if self.image_alt and not self.image:
            raise ValidationError(
                {"image": "Choose the picture that “image in words” describes, or empty those words."}
            )
        if self.image and not self.image_alt:
            raise ValidationError({"image_alt": "Say in words what the image shows."})
