"""The panel of helplines, for any page that wants it."""

from django import template

from resources.models import Helpline

register = template.Library()


@register.inclusion_tag("resources/_helplines.html")
def urgent_helplines() -> dict:
    """Show whom to call when a child is in danger now; nothing while there is no such helpline."""
    return {"helplines": Helpline.objects.urgent()}
