"""Publication days: one a month, on the first Wednesday unless somebody moved it and said why."""

import datetime

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import TruncMonth
from django.utils import timezone

from bulletins.models.bulletin import Bulletin
from bulletins.schedule import first_of_month, first_wednesday, instant, london_date, months_from, next_month
from publication.models import Publication, one_line

MONTHS_AHEAD = 13
TRANSITIONS = [
    ("open", "held"),
    ("open", "missed"),
    ("open", "skipped"),
    ("held", "open"),
    ("held", "missed"),
    ("held", "skipped"),
    ("missed", "open"),
    ("missed", "skipped"),
    ("skipped", "open"),
]


class PublicationDayQuerySet(models.QuerySet["PublicationDay"]):
    """Named filters over publication days."""

    def upcoming(self, at: datetime.datetime) -> "PublicationDayQuerySet":
        """Days that are not over yet, the soonest first."""
        return self.filter(date__gte=london_date(at)).order_by("date")

    def ensure(self, at: datetime.datetime) -> int:
        """Keep a row for each of the coming months; return how many were made.

        The first row ever made is for the next first Wednesday: a new installation owes no past issue.
        """
        today = london_date(at)
        latest = self.order_by("-month").first()
        start = next_month(latest.month) if latest else first_day_owed(today)
        months = []
        for month in months_from(start):
            if (month.year - today.year) * 12 + month.month - today.month > MONTHS_AHEAD:
                break
            months.append(self.model(month=month, date=first_wednesday(month.year, month.month)))
        return len(self.bulk_create(months, ignore_conflicts=True))


def first_day_owed(today: datetime.date) -> datetime.date:
    """Return the month whose first Wednesday comes next after today."""
    month = first_of_month(today)
    return month if first_wednesday(month.year, month.month) > today else next_month(month)


class PublicationDay(models.Model):
    """The day on which one month's issue is mailed."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        HELD = "held", "held: nothing approved was there to mail"
        MISSED = "missed", "missed: too late to mail without a person's decision"
        SKIPPED = "skipped", "skipped on purpose"

    month = models.DateField(unique=True, help_text="The first day of the month.")
    date = models.DateField(help_text="The first Wednesday, unless moved inside the month with a reason.")
    reason = models.CharField("reason for moving or skipping", max_length=200, blank=True, validators=[one_line])
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)

    objects = PublicationDayQuerySet.as_manager()

    class Meta:
        ordering = ["month"]
        constraints = [
            models.CheckConstraint(condition=Q(month__day=1), name="publication_day_month_is_its_first"),
            models.CheckConstraint(
                condition=Q(month=TruncMonth(F("date"))),
                name="publication_day_inside_its_month",
                violation_error_message="Choose a day inside the month.",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") | Q(date__iso_week_day=3, date__day__lte=7),
                name="publication_day_off_the_rule_has_reason",
                violation_error_message="This is not the first Wednesday: say why in the reason.",
            ),
            models.CheckConstraint(
                condition=~Q(state="skipped") | ~Q(reason=""),
                name="publication_day_skipped_has_reason",
                violation_error_message="Say why the day is skipped.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "held", "missed", "skipped"]),
                name="publication_day_state_known",
            ),
        ]
        triggers = [pgtrigger.FSM(name="publication_day_transitions", field="state", transitions=TRANSITIONS)]

    def __str__(self) -> str:
        return f"{self.date:%A} {self.date.day} {self.date:%B %Y}"

    def clean(self) -> None:
        """Refuse in words what the table would refuse, where the month is not in the form."""
        if self.date and first_of_month(self.date) != self.month:
            raise ValidationError({"date": "Choose a day inside the month."})
        stored = PublicationDay.objects.filter(pk=self.pk).first()
        if stored and stored.state != self.state and (stored.state, self.state) not in TRANSITIONS:
            raise ValidationError({"state": f"A day that is {stored.state} cannot become {self.state}."})
        if stored and self.date and stored.date != self.date:
            self.check_move(stored, timezone.now())

    def check_move(self, stored: "PublicationDay", at: datetime.datetime) -> None:
        """Refuse to move a day whose issue is out, and to move any to an hour that is past."""
        out = Bulletin.objects.published(at).for_subscribers().filter(publish_at=stored.publish_at()).first()
        if out:
            raise ValidationError({"date": f"“{out}” is out since {stored}: its day stays what it was."})
        if self.publish_at() <= at:
            raise ValidationError({"date": f"The hour of {self} is past: choose a later day of the month."})

    def publish_at(self) -> datetime.datetime:
        """Return the UTC instant at which this day's issue is due."""
        return instant(self.date, Publication.objects.current().publication_hour)
