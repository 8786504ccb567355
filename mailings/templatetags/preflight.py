"""An issue's checklist in a line, wherever the desk shows the issue."""

from typing import Any

from django import template
from django.utils import timezone

from bulletins.models import Bulletin
from mailings.preflight import checklist

register = template.Library()


@register.inclusion_tag("bulletins/_checklist_line.html")
def checklist_line(bulletin: Bulletin) -> dict[str, Any]:
    """Say how much there is to mend, and lead to the checklist."""
    return {"bulletin": bulletin, "checklist": checklist(bulletin, timezone.now())}
