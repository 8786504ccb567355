"""Where things are: the paths of pages that have no row of their own, and the public address of a path."""

from django.conf import settings
from django.urls import reverse

from bulletins.models import Bulletin


def item_page(bulletin: Bulletin, slug: str) -> str:
    """Return the path of an item's own page."""
    return reverse("bulletins:item", args=[bulletin.month.year, bulletin.slug, slug])


def whole(path: str) -> str:
    """Return the public address of a path on this site: from the settings, never from what a request says."""
    return settings.SITE_URL + path
