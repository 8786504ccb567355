"""The links of the archive that lead nowhere: what they answered, since when, and where each of them stands."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bulletins.links.archive import next_round
from bulletins.links.hosts import to_look_up
from bulletins.links.waiting import ask_for
from bulletins.models import Bulletin, LinkCheck
from bulletins.models.checks import LOOKED_UP_EVERY
from bulletins.preflight.checklist import address_of
from bulletins.preflight.copies import copies_of
from bulletins.tasks import nudge
from bulletins.words import moment_in_words
from publication.links import links

KINDS = {"dead": ("dead", "refused"), "doubtful": ("unsure",)}
TITLES = {"dead": "Lead nowhere", "doubtful": "Could not be opened by a program"}
A_PAGE = 20
ISSUES_SHOWN = 5


@dataclass(frozen=True)
class Kind:
    """A kind of answers, the title of its list, and how many links are in that."""

    name: str
    title: str
    number: int


@dataclass(frozen=True)
class Use:
    """A field that holds a link, in words, and its address at the desk."""

    words: str
    address: str


@dataclass(frozen=True)
class Row:
    """A link, where it stands, in how many more issues, and when it may be looked up again (None: now)."""

    check: LinkCheck
    uses: list[Use]
    more: int
    again_at: datetime.datetime | None

    @property
    def is_asked_for(self) -> bool:
        """Tell whether somebody asked for it since it was looked up last."""
        return self.check.looked_up_at is not None and self.check.asked_at > self.check.looked_up_at


@staff_member_required
@require_safe
@never_cache
def dead_links(request: HttpRequest) -> HttpResponse:
    """List the links that lead nowhere, or those that no program could open; the newest finding first."""
    if not may(request, "view", "change"):
        raise PermissionDenied
    at = timezone.now()
    kinds = [Kind(kind, title, listed(kind, at).count()) for kind, title in TITLES.items()]
    kind = next((one for one in kinds if one.name == request.GET.get("kind")), kinds[0])
    page = Paginator(listed(kind.name, at), A_PAGE).get_page(request.GET.get("page"))
    context = {
        **admin.site.each_context(request),
        "title": "Dead links",
        "kinds": kinds,
        "kind": kind.name,
        "page": page,
        "rows": rows(page, at),
        "may_ask": may(request, "change"),
        **round_so_far(at),
    }
    return render(request, "admin/bulletins/dead_links.html", context)


def round_so_far(at: datetime.datetime) -> dict[str, Any]:
    """Return when the round looked up a link last, how many wait for their first look-up, and when it goes on."""
    found = LinkCheck.objects.of_the_archive()
    answered = found.exclude(answer="").order_by("-looked_up_at")
    return {"last": answered.first(), "waiting": found.filter(answer="").count(), "next_round": next_round(at)}


def may(request: HttpRequest, *verbs: str) -> bool:
    """Tell whether somebody may do one of some things with issues."""
    return any(request.user.has_perm(f"bulletins.{verb}_bulletin") for verb in verbs)


def listed(kind: str, at: datetime.datetime) -> Any:
    """Return the look-ups of a kind, each with the newest of its issues and with its resources."""
    issues = Bulletin.objects.published(at).newest_first().with_parts()[:ISSUES_SHOWN]
    found = LinkCheck.objects.of_the_archive().filter(answer__in=KINDS[kind])
    newest = found.order_by(F("since").desc(nulls_last=True), "pk")
    return newest.prefetch_related(Prefetch("issues", issues, to_attr="newest_issues"), "resources")


def rows(checks: Iterable[LinkCheck], at: datetime.datetime) -> list[Row]:
    """Say of each link where it stands as the issues are now: what was mended since the last round has no place."""
    more = {check.pk: max(0, check.issue_count - ISSUES_SHOWN) for check in checks}  # type: ignore[attr-defined]
    return [Row(check, list(uses_of(check)), more[check.pk], again_at(check, at)) for check in checks]


def uses_of(check: LinkCheck) -> Iterable[Use]:
    """Yield the fields that hold a link; its issues and resources are loaded."""
    for bulletin in check.newest_issues:  # type: ignore[attr-defined]
        places = [copy.place for copy in copies_of(bulletin, list(bulletin.sections.all())) if holds(copy, check.url)]
        for place in dict.fromkeys(places):
            yield Use(f"{bulletin}: {place.words}", address_of(bulletin, place))
    for resource in check.resources.all():
        if check.url in map(to_look_up, links(resource.body)):
            yield Use(f"For parents: {resource}", reverse("admin:resources_resource_change", args=[resource.pk]))


def holds(copy: Any, url: str) -> bool:
    """Tell whether a text has a link to an address."""
    return any(to_look_up(link.href) == url for link in copy.links)


def again_at(check: LinkCheck, at: datetime.datetime) -> datetime.datetime | None:
    """Return when a link may be looked up again, if not now."""
    if check.looked_up_at is None or check.looked_up_at <= at - LOOKED_UP_EVERY:
        return None
    return check.looked_up_at + LOOKED_UP_EVERY


@staff_member_required
@require_POST
def look_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a link to be looked up again; each is at most once a day."""
    if not may(request, "change"):
        raise PermissionDenied
    check, at = get_object_or_404(LinkCheck, pk=pk), timezone.now()
    ask_for([check.url], at)
    transaction.on_commit(nudge)
    if later := again_at(check, at):
        when = moment_in_words(later, at)
        messages.info(request, f"{check.url} was looked up within a day: it is looked up again on {when}.")
    else:
        messages.success(
            request, f"You asked for {check.url} once more: what it answers now stands here within a minute or so."
        )
    kind = "doubtful" if check.answer in KINDS["doubtful"] else "dead"
    return redirect(f"{reverse('upkeep:dead_links')}?kind={kind}")
