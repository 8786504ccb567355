"""What stands above the desk's lists."""

from typing import Any

from django import template
from django.utils import timezone

from bulletins.archive import next_publication
from bulletins.models import Bulletin
from bulletins.words import moment_in_words
from publication.models import Publication

register = template.Library()

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
    issue = Bulletin.objects.for_subscribers().filter(month=day.month, status__in=STEPS).first()
    return {
        "perms": context.get("perms"),
        "day": day,
        "when": moment_in_words(day.publish_at()),
        "issue": issue,
        "step": STEPS[Bulletin.Status(issue.status)] if issue else "",
    }
