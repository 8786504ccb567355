"""A template filter for numbers."""

from django import template

register = template.Library()


@register.filter
def number(count: int, more: bool = False) -> str:
    """Write a number as people do, `2,000`; with a plus where it was counted no further."""
    return f"{count:,}{'+' if more else ''}"
