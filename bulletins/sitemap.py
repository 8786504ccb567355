"""The map of the site for search engines: every page that readers may find, and when it last said something new."""

import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap
from django.db.models import Max
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bulletins.addresses import item_page
from bulletins.freshness import fresh
from bulletins.models import Author, Bulletin, NewsItem, Topic
from resources.models import Resource

STANDING = (
    "resources:hub",
    "resources:link_to_us",
    "subscribers:subscribe",
    "publication:privacy",
    "publication:accessibility",
)


class OwnSitemap(Sitemap):
    """A part of the map; its addresses are the site's public ones, whatever host was asked."""

    def __init__(self, at: datetime.datetime) -> None:
        self.at = at

    def get_domain(self, site: Any = None) -> str:
        """Return the public host."""
        return urlsplit(settings.SITE_URL).netloc

    def get_protocol(self, protocol: str | None = None) -> str:
        """Return the public scheme."""
        return urlsplit(settings.SITE_URL).scheme


class Fronts(OwnSitemap):
    """The first page, the archive and the list of topics, which are as new as the newest issue."""

    def items(self) -> list[str]:
        """Return their names."""
        return ["bulletins:home", "bulletins:archive", "bulletins:topics"]

    def location(self, item: str) -> str:
        """Return a page's path."""
        return reverse(item)


class Issues(OwnSitemap):
    """The published issues."""

    def items(self) -> list[Bulletin]:
        """Return them, the newest first: one query."""
        issues = Bulletin.objects.published(self.at).newest_first().annotate(changed=last_change("corrections__at"))
        return list(issues.only("month", "slug"))

    def lastmod(self, item: Any) -> datetime.datetime:
        """Return when it was published or last corrected."""
        return item.changed


class Items(OwnSitemap):
    """The items of the published issues."""

    def items(self) -> list[NewsItem]:
        """Return them, the newest first: one query."""
        items = NewsItem.objects.filter(bulletin__in=Bulletin.objects.published(self.at)).select_related("bulletin")
        items = items.annotate(changed=last_change("corrections__at", "bulletin__publish_at"))
        items = items.order_by("-bulletin__publish_at", "-bulletin", "pk")
        return list(items.only("slug", "bulletin__month", "bulletin__slug"))

    def location(self, item: NewsItem) -> str:
        """Return its own page's path."""
        return item_page(item.bulletin, item.slug)

    def lastmod(self, item: Any) -> datetime.datetime:
        """Return when it was published or last corrected."""
        return item.changed


class Topics(OwnSitemap):
    """The topics of published items."""

    def items(self) -> list[Topic]:
        """Return them: one query."""
        topics = Topic.objects.filter(items__bulletin__in=Bulletin.objects.published(self.at))
        return list(topics.annotate(changed=Max("items__bulletin__publish_at")))

    def lastmod(self, item: Any) -> datetime.datetime:
        """Return when its newest item was published."""
        return item.changed


class Authors(OwnSitemap):
    """Who signed published issues."""

    def items(self) -> list[Author]:
        """Return them: one query."""
        signed = Author.objects.filter(bulletins__in=Bulletin.objects.published(self.at))
        return list(signed.annotate(changed=Max("bulletins__publish_at")).only("slug"))

    def lastmod(self, item: Any) -> datetime.datetime:
        """Return when their newest issue was published."""
        return item.changed


class Years(OwnSitemap):
    """The years of the archive."""

    def items(self) -> list[datetime.date]:
        """Return them, the newest first: one query."""
        return list(Bulletin.objects.published(self.at).dates("month", "year", order="DESC"))

    def location(self, item: datetime.date) -> str:
        """Return its page's path."""
        return reverse("bulletins:year", args=[item.year])


class Guides(OwnSitemap):
    """The resources for parents; nobody writes down when one was changed, so nothing is said of it."""

    def items(self) -> list[Resource]:
        """Return them: one query."""
        return list(Resource.objects.only("slug"))


class Standing(OwnSitemap):
    """The pages that are always there."""

    def items(self) -> tuple[str, ...]:
        """Return their names."""
        return STANDING

    def location(self, item: str) -> str:
        """Return a page's path."""
        return reverse(item)


PARTS: tuple[type[OwnSitemap], ...] = (Fronts, Issues, Items, Topics, Authors, Years, Guides, Standing)


def last_change(corrected: str, published: str = "publish_at") -> Greatest:
    """Return when something was published, or last corrected if that was later."""
    return Greatest(published, Coalesce(Max(corrected), published))


@require_safe
@fresh
def site_map(request: HttpRequest) -> HttpResponse:
    """Give the whole map."""
    at = timezone.now()
    return sitemap(request, {part.__name__: part(at) for part in PARTS})
