"""What was looked up about an issue's links, and what somebody answers for although it looks wrong."""

import datetime

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Value

from publication.models import one_line

# A worker that has not answered after this time has died.
ANSWERS_WITHIN = datetime.timedelta(minutes=2)
LOOKED_UP_EVERY = datetime.timedelta(days=1)
# On the round through the archive, a host is left alone for so long after each look-up.
HOST_RESTS = datetime.timedelta(seconds=5)
WRITTEN_HOST = r"^https?://(?:[^/?#]*@)?([^/?#]*)"


class HostOf(models.Func):
    """The host of an address, with its port: immutable, so that a column may be made of it."""

    function = "substring"
    arity = 2
    output_field = models.CharField()


class LinkCheckQuerySet(models.QuerySet["LinkCheck"]):
    """Named filters over look-ups."""

    def waiting(self, at: datetime.datetime) -> "LinkCheckQuerySet":
        """Those that are to be looked up: never yet, or asked for again after a day."""
        again = Q(looked_up_at__lte=at - LOOKED_UP_EVERY, asked_at__gt=F("looked_up_at"))
        return self.filter(Q(looked_up_at__isnull=True) | again)

    def claimable(self, at: datetime.datetime) -> "LinkCheckQuerySet":
        """Those that wait and may be looked up now: on the round, only of hosts that have rested."""
        disturbed = LinkCheck.objects.filter(host=OuterRef("host"), looked_up_at__gt=at - HOST_RESTS)
        return self.waiting(at).filter(Q(in_round=False) | ~Exists(disturbed))

    def of_the_archive(self) -> "LinkCheckQuerySet":
        """Those that the last round found where readers are: in a published issue, or for parents; with how many."""
        used = self.annotate(issue_count=Count("issues", distinct=True), page_count=Count("resources", distinct=True))
        return used.filter(Q(issue_count__gt=0) | Q(page_count__gt=0))


class LinkCheck(models.Model):
    """Whether a page that issues link to is there: looked up by a worker, at most once a day.

    `looked_up_at` is written before the look-up, so that nobody else does the same one; the answer follows. `since` is
    when it was first answered like that. `in_round` tells what only the round through the archive asks for.
    """

    class Answer(models.TextChoices):
        OK = "ok", "it answers"
        DEAD = "dead", "it is not there"
        REFUSED = "refused", "it is not open to everybody, and was not asked"
        UNSURE = "unsure", "it could not be found out"

    url = models.CharField(max_length=2000, unique=True)
    asked_at = models.DateTimeField()
    looked_up_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=7, choices=Answer.choices, blank=True)
    code = models.PositiveSmallIntegerField(null=True, help_text="The HTTP status, where there was one.")
    words = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField(null=True)
    in_round = models.BooleanField(default=False)
    host = models.GeneratedField(
        expression=HostOf("url", Value(WRITTEN_HOST)), output_field=models.CharField(max_length=2000), db_persist=True
    )
    issues = models.ManyToManyField("bulletins.Bulletin", related_name="+")
    resources = models.ManyToManyField("resources.Resource", related_name="+")

    objects = LinkCheckQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer__in=["", "ok", "dead", "refused", "unsure"]), name="link_check_answer_known"
            ),
            models.CheckConstraint(
                condition=Q(answer="") | Q(looked_up_at__isnull=False), name="link_check_answer_has_its_time"
            ),
            models.CheckConstraint(condition=Q(url__regex=r"^https?://"), name="link_check_is_web_address"),
        ]
        indexes = [
            models.Index(fields=["asked_at"], name="link_check_asked"),
            models.Index(fields=["host", "looked_up_at"], name="link_check_host"),
        ]

    def __str__(self) -> str:
        return self.url

    def is_pending(self, at: datetime.datetime) -> bool:
        """Tell whether its first answer is still to come."""
        return not self.answer and (self.looked_up_at is None or self.looked_up_at > at - ANSWERS_WITHIN)


class OverrideQuerySet(models.QuerySet["Override"]):
    """Named filters over overrides."""

    def in_force(self) -> "OverrideQuerySet":
        """Those that nobody has taken back."""
        return self.filter(taken_back_at__isnull=True)


class Override(models.Model):
    """A named person's word that a finding may stay as it is, and why. It lapses when the text changes: by its key."""

    bulletin = models.ForeignKey("bulletins.Bulletin", models.CASCADE, related_name="overrides")
    rule = models.CharField(max_length=60)
    key = models.CharField(max_length=32)
    sentence = models.CharField(max_length=500, help_text="What the finding said.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=200, validators=[one_line])
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = OverrideQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["bulletin", "rule", "key"],
                condition=Q(taken_back_at__isnull=True),
                name="override_once_in_force",
            ),
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="override_has_reason"),
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True, taken_back_by__isnull=True)
                | Q(taken_back_at__isnull=False, taken_back_by__isnull=False),
                name="override_taken_back_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.reason}"
