"""Numbers for people."""

from django import template

register = template.Library()


@register.filter
def thousands(number: int) -> str:
    """Write a whole number with a comma at every third digit."""
    return f"{number:,}"
