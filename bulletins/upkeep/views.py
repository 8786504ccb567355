"""An item's own page at the desk: its sources, the day of its last check, and what took its place."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bulletins.approval import lapse_if_changed
from bulletins.corrections import correct, reason
from bulletins.forms import mark
from bulletins.models import Bulletin, NewsItem
from bulletins.preflight.proof import ask_for_links
from bulletins.upkeep.forms import TODAY, UpkeepForms, path_of
from publication.log import record

OFFERED = 300
MEANWHILE = "The issue was changed while you had this page open, so nothing was saved: look at it, and save again."


@staff_member_required
@permission_required("bulletins.change_newsitem", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what keeps an item true; on POST store it."""
    found = get_object_or_404(NewsItem.objects.select_related("bulletin"), pk=pk)
    is_out = found.bulletin.is_published(timezone.now())
    forms = UpkeepForms(found, is_out, request.POST if request.method == "POST" else None)
    if request.method == "POST" and forms.is_valid() and stored(request, found, forms):
        staying = "stay" in request.POST or TODAY in request.POST
        return redirect("upkeep:item", pk) if staying else redirect(place_of(found))
    # Only as it is stored: a form that was filled in wrongly has changed the item in memory.
    item = NewsItem.objects.select_related("bulletin", "superseded_by__bulletin").get(pk=pk)
    return render(request, "admin/bulletins/upkeep.html", page(request, item, forms))


def page(request: HttpRequest, item: NewsItem, forms: UpkeepForms) -> dict[str, Any]:
    """Return what the page shows."""
    return {
        **admin.site.each_context(request),
        "title": f"Sources and age: {item}",
        "item": item,
        "bulletin": item.bulletin,
        "back": place_of(item),
        "forms": forms,
        "offered": [(path_of(one), one) for one in offered(item)],
        "replaces": item.replaces.select_related("bulletin"),
        "seen": request.POST.get("seen") or mark(item.bulletin),
        "newer_is_out": item.superseded_by and item.superseded_by.bulletin.is_published(timezone.now()),
    }


def offered(item: NewsItem) -> list[NewsItem]:
    """Return the items that may have taken an item's place: the newest ones of issues that are not older."""
    others = NewsItem.objects.filter(bulletin__month__gte=item.bulletin.month).exclude(pk=item.pk)
    newest = others.exclude(bulletin__status=Bulletin.Status.WITHDRAWN).order_by("-bulletin__month", "position", "pk")
    return list(
        newest.select_related("bulletin").only("headline", "slug", "bulletin__month", "bulletin__slug")[:OFFERED]
    )


def place_of(item: NewsItem) -> str:
    """Return where an item stands on the write screen."""
    return f"{reverse('admin:bulletins_bulletin_change', args=[item.bulletin_id])}#item-{item.pk}-headline"


def stored(request: HttpRequest, item: NewsItem, forms: UpkeepForms) -> bool:
    """Store what was changed and say so; tell whether that was possible, and else say what stands in the way."""
    if not forms.changed:
        messages.info(request, "Nothing was changed.")
        return True
    try:
        lapsed = keep(item, forms, cast(User, request.user), request.POST.get("seen", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return False
    messages.success(request, f"Saved: {', '.join(forms.changed)} of “{item}”.")
    if lapsed:
        messages.warning(request, f"{item.bulletin} was approved; after this edit it is a draft again.")
    return True


@transaction.atomic
def keep(item: NewsItem, forms: UpkeepForms, by: User, seen: str) -> bool:
    """Store what was changed, as an edit of its issue; tell whether that took an approval back.

    `seen` is the mark of the issue that the person was shown: raises ValidationError if it was changed since.
    """
    at = timezone.now()
    locked = Bulletin.objects.select_for_update().get(pk=item.bulletin_id)
    if seen != mark(locked):
        raise ValidationError(MEANWHILE)
    forms.save()
    locked.last_edited_by = by
    locked._change_reason = reason(forms.given)  # type: ignore[attr-defined]
    locked.save(update_fields=["last_edited_by", "updated_at"])
    correct(locked, forms.given, by, at)
    record(by, locked, f"Changed {' and '.join(forms.changed)} of “{item}”.", at)
    ask_for_links(locked, at)
    return lapse_if_changed(locked, at, f"{by} edited the issue")
