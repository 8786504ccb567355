"""The archive's pages: home, archive, year, issue, item."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bulletins import archive as shelves
from bulletins.composition import compose
from bulletins.freshness import fresh
from bulletins.linked_data import description, issue_nodes, item_nodes
from bulletins.models import Bulletin, Topic
from bulletins.upkeep.notices import issue_may_be_old, notices, superseded_anchors
from publication.models import Publication
from resources.models import Resource

RESOURCES_AT_HOME = 3


@require_safe
@fresh
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is, when the next issue comes, and what the newest one holds."""
    at = timezone.now()
    newest = Bulletin.objects.published(at).newest_first().with_parts().first()
    context = {
        "bulletin": newest,
        "issue": compose(newest) if newest else None,
        "next_day": shelves.next_publication(at, Publication.objects.current().publication_hour),
        "resources": Resource.objects.all()[:RESOURCES_AT_HOME],
    }
    return render(request, "bulletins/home.html", context)


@require_safe
@fresh
def archive(request: HttpRequest) -> HttpResponse:
    """List all issues by year, with what they hold."""
    at = timezone.now()
    published = Bulletin.objects.published(at).newest_first()
    years = shelves.by_year(shelves.with_headlines(published, at))
    return render(request, "bulletins/archive.html", {"shelves": years, "years": shelves.counts(years)})


@require_safe
@fresh
def year(request: HttpRequest, year: int) -> HttpResponse:
    """List the issues of one year, beside the other years."""
    at = timezone.now()
    published = Bulletin.objects.published(at).newest_first()
    years = shelves.by_year(shelves.without_texts(published))
    bulletins = dict(years).get(year)
    if not bulletins:
        raise Http404(f"No issue of {year} is published.")
    shelves.load_headlines(bulletins, at)
    context = {"year": year, "bulletins": bulletins, "years": shelves.counts(years)}
    return render(request, "bulletins/year.html", context)


@require_safe
@fresh
def latest(request: HttpRequest) -> HttpResponse:
    """Lead to the newest issue, or to the archive while there is none."""
    newest = Bulletin.objects.published(timezone.now()).newest_first().first()
    return redirect(newest or "bulletins:archive")


@require_safe
@fresh
def issue(request: HttpRequest, year: int, slug: str) -> HttpResponse:
    """Show one issue whole."""
    at = timezone.now()
    bulletin = get_object_or_404(shelves.ever_published(year, slug, at).with_parts())
    if bulletin.status == Bulletin.Status.WITHDRAWN:
        return gone(request, bulletin)
    composition, corrections = compose(bulletin), list(bulletin.corrections.select_related("item"))
    told = notices(bulletin, at)
    context = {
        "at": at,
        "bulletin": bulletin,
        "issue": composition,
        "corrections": corrections,
        "nodes": issue_nodes(bulletin, composition, corrections, superseded_anchors(told)),
        "notices": told,
        "may_be_old": issue_may_be_old(bulletin, at),
        "newer": shelves.newer_than(bulletin, at),
        "older": shelves.older_than(bulletin, at),
        "others": bulletin.others(at),
    }
    return render(request, "bulletins/issue.html", context)


@require_safe
@fresh
def item(request: HttpRequest, year: int, slug: str, item_slug: str) -> HttpResponse:
    """Show one news item by itself."""
    at = timezone.now()
    bulletin = get_object_or_404(shelves.ever_published(year, slug, at).with_parts())
    if bulletin.status == Bulletin.Status.WITHDRAWN:
        return gone(request, bulletin)
    composition = compose(bulletin)
    found = shelves.item_in(composition, item_slug)
    if found is None:
        raise Http404("This issue has no such item.")
    before, after = shelves.beside(composition, found)
    context = {"bulletin": bulletin, "issue": composition, "item": found, "before": before, "after": after}
    context["corrections"] = corrections = list(bulletin.corrections.select_related("item"))
    context["notices"] = told = notices(bulletin, at)
    superseded = superseded_anchors(told)
    context["nodes"] = item_nodes(bulletin, composition, found, corrections, superseded)
    context["description"] = description(found, superseded)
    context["topics"] = Topic.objects.filter(items__bulletin=bulletin, items__slug=item_slug)
    context["others"] = [other for other in shelves.items_of(composition) if other != found]
    return render(request, "bulletins/item.html", context)


def gone(request: HttpRequest, bulletin: Bulletin) -> HttpResponse:
    """Answer 410 for what was taken down, saying why."""
    return render(request, "410.html", {"bulletin": bulletin}, status=410)
