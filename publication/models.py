"""Who we are: the publication itself, its standing words and its platforms."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pgtrigger
from axes.models import AccessAttempt
from django import forms
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from publication.richtext import INVISIBLE, RichTextField

LONDON = ZoneInfo("Europe/London")
ONE_LINE = (r"\A[^\x00-\x1f\x7f\u2028\u2029]*\Z", "Write this on one line, without control characters.")


class OneLine(RegexValidator):
    """Refuses line ends and what no reader sees, such as the characters that turn a text's direction about."""

    def __call__(self, value: Any) -> None:
        super().__call__(value)
        if INVISIBLE.search(str(value)):
            raise ValidationError(self.message, self.code, {"value": value})

    def deconstruct(self) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        """Return it as the migrations know it: what it refuses is no matter of the tables."""
        return "django.core.validators.RegexValidator", ONE_LINE, {}


one_line = OneLine(*ONE_LINE)

mail_letters = RegexValidator(
    r"\A[\x21-\x7e]*\Z",
    "Write the address in plain Latin letters: a domain with others has a form that begins with xn--.",
)


class WebAddressField(models.URLField):
    """A web address; one typed without its scheme is taken as https."""

    def formfield(self, *args: Any, **kwargs: Any) -> forms.Field | None:
        """Return the form field that assumes https."""
        return super().formfield(*args, **{"assume_scheme": "https", **kwargs})


class PublicationManager(models.Manager["Publication"]):
    """The one row's manager."""

    def current(self) -> "Publication":
        """Return the publication, with plain defaults while nobody has filled it in."""
        return self.prefetch_related("links").first() or Publication(pk=1)


class Publication(models.Model):
    """The publication: one row, which every page and letter reads."""

    name = models.CharField(max_length=100, default="First Wednesday", validators=[one_line])
    strapline = models.CharField(
        max_length=200,
        blank=True,
        validators=[one_line],
        help_text="One sentence: what this is and for whom.",
    )
    organisation = models.CharField(max_length=100, blank=True, validators=[one_line])
    postal_address = models.CharField(
        max_length=250, blank=True, validators=[one_line], help_text="Printed at the foot of every letter."
    )
    sender_name = models.CharField(max_length=100, blank=True, validators=[one_line])
    sender_address = models.EmailField(
        blank=True,
        validators=[mail_letters],
        help_text="The From address of every letter; your relay must be allowed to send for it.",
    )
    feedback_address = models.EmailField(
        blank=True,
        validators=[mail_letters],
        help_text="Answers go here (Reply-To), and readers are asked to write to it.",
    )
    publication_hour = models.TimeField(default=datetime.time(7, 30), help_text="Europe/London.")
    share_words = RichTextField(blank=True, help_text="Standing paragraph: please share this bulletin.")
    subscribe_words = RichTextField(blank=True, help_text="Standing paragraph: how to subscribe.")
    link_words = RichTextField(blank=True, help_text="Standing paragraph: how schools link to the resources.")
    second_person = models.BooleanField(
        "a second person approves",
        default=True,
        help_text="The person who edited an issue last cannot approve it.",
    )

    objects = PublicationManager()

    class Meta:
        verbose_name_plural = "publication"
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="publication_is_one_row"),
            models.CheckConstraint(condition=~Q(name=""), name="publication_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save as the one row."""
        self.pk = 1
        super().save(*args, **kwargs)

    @property
    def sender(self) -> tuple[str, str]:
        """The display name and address that letters come from."""
        return self.sender_name or self.name, self.sender_address


class PlatformLink(models.Model):
    """Where the publication is also to be heard or followed."""

    class Kind(models.TextChoices):
        PODCAST = "podcast", "podcast"
        SOCIAL = "social", "social network"

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="links")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    label = models.CharField(max_length=60, validators=[one_line])
    url = WebAddressField("address", max_length=300)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "url"], name="platform_link_once"),
            models.CheckConstraint(condition=Q(kind__in=["podcast", "social"]), name="platform_link_kind_known"),
            models.CheckConstraint(condition=Q(url__regex=r"^https?://"), name="platform_link_is_web_address"),
        ]

    def __str__(self) -> str:
        return self.label


class SenderClaimManager(models.Manager["SenderClaim"]):
    """Who may send from this database: the newest claim says."""

    def in_force(self) -> "SenderClaim | None":
        """Return the newest claim; None in a database from which nothing was ever sent."""
        return self.order_by("-pk").first()

    def is_ours(self) -> bool:
        """Tell whether this installation may send. A database that nobody claimed yet is for anyone to begin."""
        claim = self.in_force()
        return claim is None or claim.identity == settings.SENDER_IDENTITY

    def begin(self, at: datetime.datetime) -> None:
        """Claim a database that nobody has claimed."""
        if not self.exists():
            self.create(identity=settings.SENDER_IDENTITY, at=at, why="the first to send")


class SenderClaim(models.Model):
    """An installation (SENDER_IDENTITY) that may send from this database: appended, the newest is in force.

    A copy of the database on another host bears the claim of the first one, and so sends nothing.
    """

    identity = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    why = models.CharField(max_length=200, validators=[one_line])

    objects = SenderClaimManager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(identity=""), name="sender_claim_names_somebody"),
            models.CheckConstraint(condition=~Q(why=""), name="sender_claim_has_reason"),
        ]
        triggers = [pgtrigger.Protect(name="sender_claim_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.identity


class FailedSignIn(AccessAttempt):
    """Wrong passwords of one name at one address with one browser, in our words; django-axes writes and clears them."""

    class Meta:
        proxy = True
        verbose_name = "failed sign-in"

    def __str__(self) -> str:
        return f"{self.username} from {self.ip_address or 'an unknown address'}"


class LogLine(LogEntry):
    """What somebody of the staff did, and to what: appended, never changed. The admin writes it, and `record`."""

    class Meta:
        proxy = True
        ordering = ["-action_time", "-pk"]
        verbose_name = "log line"
        verbose_name_plural = "log lines"
        triggers = [
            pgtrigger.Protect(name="log_is_kept", operation=pgtrigger.Delete),
            # Which kind of thing it was about is emptied when that kind is no more.
            pgtrigger.Protect(
                name="log_is_never_changed",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "user", "action_time", "object_id", "object_repr", "action_flag", "change_message"
                ),
            ),
        ]
