"""The publication days: one a month."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Case, OuterRef, QuerySet, Subquery, When
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from bulletins.bank_holidays import bank_holiday
from bulletins.models import Bulletin, PublicationDay
from bulletins.schedule import follows_the_rule, london_date
from bulletins.starting import follow_day
from bulletins.words import away, day_in_words
from publication.desk import DeskAdmin, NeverByHand

COLOURS = {"open": "success", "held": "danger", "missed": "danger", "skipped": "default"}


@admin.register(PublicationDay)
class PublicationDayAdmin(NeverByHand, DeskAdmin):
    """A day is there by itself, thirteen months ahead; editors move or skip it, and say why."""

    list_display = ["day", "how_far", "state_in_words", "issue", "reason"]
    list_filter = ["state"]
    list_per_page = 50
    fields = ["month_in_words", "date", "reason", "state"]
    readonly_fields = ["month_in_words"]
    nothing_yet = "The coming thirteen months have a day each: the clock makes them within a minute of its start."
    helps = {
        "date": "The first Wednesday. You may move it inside its month; the issue set for it goes along.",
        "reason": "Needed for another day, and for a month without an issue.",
        "state": "“Skipped” mails nothing that month. The clock itself says when a day is held or missed.",
    }
    examples = {"reason": "Such as: the first Wednesday falls into the holidays"}

    @admin.display(description="day", ordering="date")
    def day(self, day: PublicationDay) -> str:
        """The day in words, with the name of the bank holiday that it is."""
        words = day_in_words(day.date, london_date(timezone.now()))
        return ", ".join(filter(None, [words, bank_holiday(day.date)]))

    @admin.display(description="when")
    def how_far(self, day: PublicationDay) -> str:
        """How far it is, and whether it keeps the rule."""
        parts = [away(day.date, london_date(timezone.now())), "" if follows_the_rule(day.date) else "moved"]
        return " · ".join(part for part in parts if part)

    @display(description="state", ordering="state", label=COLOURS)
    def state_in_words(self, day: PublicationDay) -> tuple[str, str]:
        """Its state, as a label."""
        return day.state, day.state.capitalize()

    @admin.display(description="issue")
    def issue(self, day: PublicationDay) -> str:
        """The issue for its month, which leads to it."""
        if not day.issue_pk:  # type: ignore[attr-defined]
            return "none yet"
        address = reverse("admin:bulletins_bulletin_change", args=[day.issue_pk])  # type: ignore[attr-defined]
        return format_html('<a class="underline" href="{}">{}</a>', address, day.issue_title)  # type: ignore[attr-defined]

    @admin.display(description="month")
    def month_in_words(self, day: PublicationDay) -> str:
        """The month in words."""
        return f"{day.month:%B %Y}"

    def get_ordering(self, request: HttpRequest) -> Any:
        # The next day first, then those after it; what is past stands below, the latest first.
        coming = Case(When(date__gte=london_date(timezone.now()), then="date"))
        return [coming.asc(nulls_last=True), "-date"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PublicationDay]:
        issues = Bulletin.objects.monthly().filter(month=OuterRef("month"))
        days = super().get_queryset(request)
        return days.annotate(
            issue_pk=Subquery(issues.values("pk")[:1]), issue_title=Subquery(issues.values("title")[:1])
        )

    def save_model(self, request: HttpRequest, obj: PublicationDay, form: ModelForm, change: bool) -> None:
        before = PublicationDay.objects.select_for_update().get(pk=obj.pk).publish_at()
        super().save_model(request, obj, form, change)
        for sentence in follow_day(obj, before, timezone.now()):
            messages.warning(request, sentence)
