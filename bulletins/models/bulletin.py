"""An issue of the bulletin."""

import datetime
from typing import Any

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Max, Q
from django.db.models.functions import ExtractDay, ExtractIsoWeekDay, ExtractYear
from django.db.models.lookups import Exact, LessThanOrEqual
from django.urls import reverse

from bulletins.models.finding import out
from bulletins.models.history import Kept
from bulletins.models.people import Author
from bulletins.models.slugs import free_slug
from bulletins.schedule import london_date
from publication.models import one_line
from publication.reading import count_words, minutes_to_read
from publication.richtext import RichTextField

OTHERS_SHOWN = 10


class LondonDate(Func):
    """The date in London of an instant: immutable, so that a constraint may use it."""

    template = "((%(expressions)s AT TIME ZONE 'Europe/London')::date)"
    output_field = models.DateField()


class BulletinQuerySet(models.QuerySet["Bulletin"]):
    """Named filters over issues; every one that depends on time takes it."""

    def published(self, at: datetime.datetime) -> "BulletinQuerySet":
        """Issues that readers may see: approved, and their hour has come."""
        return self.filter(out(at))

    def withdrawn(self, at: datetime.datetime) -> "BulletinQuerySet":
        """Issues that readers could see once, and that were taken down."""
        return self.filter(status=Bulletin.Status.WITHDRAWN, publish_at__lte=at)

    def upcoming(self, at: datetime.datetime) -> "BulletinQuerySet":
        """Approved issues whose hour is still to come."""
        return self.filter(status=Bulletin.Status.APPROVED, publish_at__gt=at)

    def for_subscribers(self) -> "BulletinQuerySet":
        """Issues that are mailed when they are published."""
        return self.filter(audience=Bulletin.Audience.SUBSCRIBERS)

    def monthly(self) -> "BulletinQuerySet":
        """The months' own issues for subscribers: those that publication days wait for, and no special ones."""
        return self.for_subscribers().filter(special=False)

    def newest_first(self) -> "BulletinQuerySet":
        """By the moment of publication, the newest first."""
        return self.order_by("-publish_at", "-pk")

    def in_year(self, year: int) -> "BulletinQuerySet":
        """Issues whose month lies in a year."""
        return self.filter(month__year=year)

    def with_last_correction(self) -> "BulletinQuerySet":
        """Say of each issue when readers were last told of a correction: `last_corrected`, None where never."""
        return self.annotate(last_corrected=Max("corrections__at"))

    def with_parts(self) -> "BulletinQuerySet":
        """Load author, sections, items and events in a fixed number of queries."""
        return self.select_related("author").prefetch_related("sections__items__sources", "sections__events")


class Bulletin(models.Model):
    """One issue. *Published* is no status: it is approved, and its hour has come."""

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        APPROVED = "approved", "approved"
        WITHDRAWN = "withdrawn", "withdrawn"

    class Audience(models.TextChoices):
        SUBSCRIBERS = "subscribers", "subscribers: mailed and in the archive"
        ARCHIVE_ONLY = "archive only", "archive only: never mailed"

    month = models.DateField(help_text="The first day of the month that the issue is for.")
    title = models.CharField(max_length=150, validators=[one_line], help_text="Also the letter's subject.")
    slug = models.SlugField(max_length=40, blank=True, help_text="Its address in the year, such as march.")
    author = models.ForeignKey(Author, models.PROTECT, related_name="bulletins")
    summary = models.CharField(
        max_length=300, blank=True, validators=[one_line], help_text="One sentence for lists and inboxes."
    )
    intro = RichTextField(blank=True)
    sign_off = RichTextField(blank=True, help_text="Closing words above the author's name and role.")
    publish_at = models.DateTimeField(null=True, blank=True, help_text="Europe/London.")
    publish_reason = models.CharField(
        "reason for this day",
        max_length=200,
        blank=True,
        validators=[one_line],
        help_text="Needed off the rule.",
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False)
    audience = models.CharField(max_length=12, choices=Audience.choices, default=Audience.SUBSCRIBERS)
    special = models.BooleanField(
        "a special issue",
        default=False,
        help_text="It goes out beside the month's own issue, on a day of its own, and no publication day waits for it.",
    )
    reading_minutes = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text="Leave empty to have it counted.",
    )
    provenance = models.CharField(max_length=200, default="written here", editable=False)
    source_digest = models.CharField(max_length=64, blank=True, editable=False)
    withdrawn_reason = models.CharField(max_length=200, blank=True, editable=False, validators=[one_line])
    last_edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = BulletinQuerySet.as_manager()
    history = Kept(excluded_fields=["source_digest", "special", "last_edited_by", "created_at", "updated_at"])

    class Meta:
        ordering = ["-month", "-publish_at", "-pk"]
        permissions = [("approve_bulletin", "Can approve an issue")]
        indexes = [models.Index(fields=["status", "-publish_at"], name="bulletin_published")]
        constraints = [
            models.UniqueConstraint(
                ExtractYear("month"),
                "slug",
                name="bulletin_slug_once_in_its_year",
                violation_error_message="Another issue of that year has this address already.",
            ),
            models.UniqueConstraint(
                fields=["source_digest"], condition=~Q(source_digest=""), name="bulletin_imported_once"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="bulletin_month_is_its_first"),
            models.CheckConstraint(condition=~Q(title="") & ~Q(slug=""), name="bulletin_has_title_and_slug"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "approved", "withdrawn"]), name="bulletin_status_known"
            ),
            models.CheckConstraint(
                condition=Q(audience__in=["subscribers", "archive only"]), name="bulletin_audience_known"
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(publish_at__isnull=False),
                name="bulletin_approved_has_its_hour",
            ),
            models.CheckConstraint(
                condition=~Q(status="withdrawn") | ~Q(withdrawn_reason=""),
                name="bulletin_withdrawn_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(publish_at__isnull=True)
                | ~Q(publish_reason="")
                | (
                    Q(Exact(ExtractIsoWeekDay(LondonDate(F("publish_at"))), 3))
                    & Q(LessThanOrEqual(ExtractDay(LondonDate(F("publish_at"))), 7))
                ),
                name="bulletin_off_the_rule_has_reason",
                violation_error_message="This is not the first Wednesday: say why in “reason for this day”.",
            ),
            models.CheckConstraint(
                condition=Q(reading_minutes__isnull=True) | Q(reading_minutes__gte=1),
                name="bulletin_reading_minutes_positive",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="bulletin_starts_as_draft",
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(new__status="draft"),
            ),
            pgtrigger.FSM(
                name="bulletin_transitions",
                field="status",
                transitions=[
                    ("draft", "approved"),
                    ("approved", "draft"),
                    ("approved", "withdrawn"),
                    ("withdrawn", "approved"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new issue gets the month's name as its slug, `march-2` for a second one."""
        if not self.slug:
            others = Bulletin.objects.in_year(self.month.year).exclude(pk=self.pk)
            self.slug = free_slug(f"{self.month:%B}", set(others.values_list("slug", flat=True)))
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """Return the issue's own page."""
        return reverse("bulletins:issue", args=[self.month.year, self.slug])

    def clean(self) -> None:
        """Refuse an address that another issue has, and name that one."""
        if not self.month or not self.slug:
            return
        other = Bulletin.objects.in_year(self.month.year).filter(slug=self.slug).exclude(pk=self.pk).first()
        if other:
            address = f"{self.month.year}/{self.slug}"
            raise ValidationError({"slug": f"“{other}” has this address already, {address}: choose another one."})

    @property
    def minutes(self) -> int:
        """Minutes to read it: as given, or words / 265 rounded half up, at least 1."""
        return self.reading_minutes or minutes_to_read(self.count_words())

    @property
    def date(self) -> datetime.date | None:
        """The day it is dated, in London."""
        return london_date(self.publish_at) if self.publish_at else None

    def is_published(self, at: datetime.datetime) -> bool:
        """Tell whether readers may see it at an instant."""
        return self.status == self.Status.APPROVED and self.publish_at is not None and self.publish_at <= at

    def count_words(self) -> int:
        """Count the words a reader reads."""
        texts = [str(self.intro), str(self.sign_off)]
        for section in self.sections.all():
            texts += [section.heading, str(section.body)]
            texts += [f"{item.headline} {item.body}" for item in section.items.all()]
        return count_words(" ".join(texts))

    def others(self, at: datetime.datetime) -> BulletinQuerySet:
        """Return the ten newest other published issues."""
        return Bulletin.objects.published(at).exclude(pk=self.pk).newest_first()[:OTHERS_SHOWN]
