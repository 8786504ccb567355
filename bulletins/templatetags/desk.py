"""What stands above the desk's lists."""

from typing import Any

from django import template
from django.db.models import F, QuerySet
from django.utils import timezone

from bulletins.archive import next_publication
from bulletins.models import Bulletin
from bulletins.words import moment_in_words
from publication.models import Publication
from resources.models import Resource

register = template.Library()


@register.simple_tag
def resources_to_choose() -> QuerySet[Resource]:
    """Return the resources for parents that an issue may recommend, those checked last first."""
    return Resource.objects.select_related("topic").order_by(F("reviewed_on").desc(nulls_last=True), "title")


STEPS = {
    Bulletin.Status.DRAFT: "is a draft: write it, then have it approved.",
    Bulletin.Status.APPROVED: "is approved, and goes out at that hour.",
}


@register.inclusion_tag("admin/bulletins/_next_day_card.html", takes_context=True)
def next_day(context: template.Context) -> dict[str, Any]:
    """Show the next publication day, its issue, and what is to be done."""
    at = timezone.now()
    day = next_publication(at, Publication.objects.current().publication_hour)
    if day is None:
        return {"perms": context.get("perms")}
    issue = Bulletin.objects.monthly().filter(month=day.month, status__in=STEPS).first()
    return {
        "perms": context.get("perms"),
        "day": day,
        "when": moment_in_words(day.publish_at()),
        "issue": issue,
        "step": STEPS[Bulletin.Status(issue.status)] if issue else "",
    }
