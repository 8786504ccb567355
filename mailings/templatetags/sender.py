"""Who sends, where the desk must say so."""

from django import template

from publication.models import SenderClaim

register = template.Library()


@register.simple_tag
def sender_elsewhere() -> SenderClaim | None:
    """Return the claim of another installation that sends from this database; None where this one does."""
    return None if SenderClaim.objects.is_ours() else SenderClaim.objects.in_force()
