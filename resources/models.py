"""For parents: the resources that schools link to from their own sites, and whom to call."""

import datetime
import re
from typing import Any

import pgtrigger
from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, Count, Q, Value, When
from django.urls import reverse

from publication.models import WebAddressField, one_line
from publication.reading import count_words, minutes_to_read
from publication.richtext import RichTextField

REVIEWED_FOR = datetime.timedelta(days=548)
CHECKED_FOR = datetime.timedelta(days=365)
# What somebody who calls relies on: a change of any of these must be checked again.
CHECKED_WORDS = ("number", "other_way", "hours", "url")


class ResourceTopicQuerySet(models.QuerySet["ResourceTopic"]):
    """Named filters over topics."""

    def with_counts(self) -> "ResourceTopicQuerySet":
        """Topics that have resources, each with how many (`count`)."""
        return self.annotate(count=Count("resources")).filter(count__gt=0).order_by("position", "name")


class ResourceTopic(models.Model):
    """What resources are about; parents choose by it."""

    name = models.CharField(max_length=60, unique=True, validators=[one_line])
    slug = models.SlugField(max_length=60, unique=True, help_text="Part of the address of its list.")
    position = models.PositiveSmallIntegerField(default=0)

    objects = ResourceTopicQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name="") & ~Q(slug=""), name="resource_topic_has_name_and_slug")
        ]

    def __str__(self) -> str:
        return self.name


class ResourceQuerySet(models.QuerySet["Resource"]):
    """Named filters over resources."""

    def beside(self, resource: "Resource") -> "ResourceQuerySet":
        """All other resources, those of the same topic first."""
        elsewhere = Case(When(topic=resource.topic_id, then=Value(0)), default=Value(1))
        return self.exclude(pk=resource.pk).order_by(elsewhere, "position", "title")


class Resource(models.Model):
    """One resource for parents, at an address that never changes."""

    title = models.CharField(
        max_length=120, validators=[one_line], help_text="What a parent would type into a search box."
    )
    slug = models.SlugField(
        "address", max_length=80, unique=True, help_text="Schools link to it, so it is fixed once it is saved."
    )
    summary = models.CharField(max_length=250, validators=[one_line], help_text="One line: why read it.")
    topic = models.ForeignKey(
        ResourceTopic, models.SET_NULL, null=True, blank=True, related_name="resources", help_text="One that fits best."
    )
    body = RichTextField(help_text="Short sentences, headings and lists: a busy parent reads it on a phone.")
    reviewed_on = models.DateField(
        "last checked",
        null=True,
        blank=True,
        help_text="When somebody last made sure that all of it is right; shown to readers.",
    )
    position = models.PositiveSmallIntegerField("order", default=0)

    objects = ResourceQuerySet.as_manager()

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

    @property
    def minutes(self) -> int:
        """Minutes to read it."""
        return minutes_to_read(count_words(self.body))

    def is_overdue(self, today: datetime.date) -> bool:
        """Tell whether nobody has checked it for eighteen months."""
        return self.reviewed_on is None or self.reviewed_on < today - REVIEWED_FOR


class HelplineQuerySet(models.QuerySet["Helpline"]):
    """Named filters over helplines."""

    def urgent(self) -> "HelplineQuerySet":
        """Those at the top of every page for parents."""
        return self.filter(urgent=True)


class Helpline(models.Model):
    """Whom to call or write to, and when somebody of ours last made sure that it is right."""

    name = models.CharField(max_length=100, unique=True, validators=[one_line])
    number = models.CharField(
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"\A(\+?[0-9]+( [0-9]+)*)?\Z", "Write digits, with single spaces between groups.")],
        help_text="As it is to be read, such as 0800 1111; a telephone calls it by its digits.",
    )
    other_way = models.CharField(
        "another way",
        max_length=120,
        blank=True,
        validators=[one_line],
        help_text="Such as: Text SHOUT to 85258.",
    )
    hours = models.CharField(
        max_length=120,
        blank=True,
        validators=[one_line],
        help_text="In words, or: See their site. Leave it empty unless you are sure.",
    )
    who_for = models.CharField(
        "who it is for", max_length=120, validators=[one_line], help_text="Such as: children and young people."
    )
    url = WebAddressField("web page", max_length=300, blank=True)
    urgent = models.BooleanField(
        "in the panel",
        default=False,
        help_text="Shown at the top of every page for parents: choose no more than four, or a phone cannot show them.",
    )
    position = models.PositiveSmallIntegerField("order", default=0)
    checked_on = models.DateField(null=True, blank=True, editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    objects = HelplineQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name="") & ~Q(who_for=""), name="helpline_says_whose_and_for_whom"),
            models.CheckConstraint(
                condition=~Q(number="") | ~Q(other_way="") | ~Q(url=""),
                name="helpline_can_be_reached",
                violation_error_message="Give a number, another way or a web page.",
            ),
            models.CheckConstraint(
                condition=Q(number__regex=r"^(\+?[0-9]+( [0-9]+)*)?$"), name="helpline_number_dials"
            ),
            models.CheckConstraint(
                condition=Q(url="") | Q(url__regex=r"^https?://"), name="helpline_url_is_web_address"
            ),
            models.CheckConstraint(
                condition=Q(urgent=False) | ~Q(number=""),
                name="helpline_in_the_panel_has_a_number",
                violation_error_message="What is in the panel needs a number to call.",
            ),
            models.CheckConstraint(
                condition=Q(checked_by=None) | Q(checked_on__isnull=False), name="helpline_checked_by_has_a_day"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="helpline_change_takes_check_back",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(*CHECKED_WORDS),
                func="NEW.checked_on = NULL; NEW.checked_by_id = NULL; RETURN NEW;",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tel(self) -> str:
        """The number as a telephone dials it."""
        return re.sub(r"[^+0-9]", "", self.number)

    def check_today(self, person: Any, today: datetime.date) -> None:
        """Record that a member of staff made sure today that this is right."""
        self.checked_on, self.checked_by = today, person
        self.save(update_fields=["checked_on", "checked_by"])

    def is_overdue(self, today: datetime.date) -> bool:
        """Tell whether nobody has checked it for a year."""
        return self.checked_on is None or self.checked_on < today - CHECKED_FOR
