"""An issue's history at the desk: save by save, two wordings side by side, and bringing one back."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bulletins.corrections import RestoreForm, correct
from bulletins.forms import mark
from bulletins.history import restoring
from bulletins.history.pages import before, can_return, one_of, pairs, stages, told
from bulletins.history.parts import Names, Version
from bulletins.history.revisions import saves, versions_of
from bulletins.models import Bulletin

SAVES_A_PAGE = 25


@staff_member_required
@require_safe
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was changed in an issue, the newest save first."""
    bulletin = issue_for(request, pk)
    versions = versions_of(bulletin)
    found = Paginator(saves(versions), SAVES_A_PAGE).get_page(request.GET.get("page"))
    names = Names.of(versions)
    context = {**frame(request, bulletin), "page": found, "saves": [told(save, names) for save in found]}
    return render(request, "admin/bulletins/history.html", context)


@staff_member_required
@require_safe
def compare(request: HttpRequest, pk: int, part: str, record: int) -> HttpResponse:
    """Show a version beside the one it replaced."""
    bulletin = issue_for(request, pk)
    versions = versions_of(bulletin)
    new = one_of(versions, part, record)
    old = before(versions, new)
    after = None if new.deleted else new
    context = {
        **frame(request, bulletin),
        "old": old,
        "new": new,
        "pairs": pairs(old or (new if new.deleted else None), after, Names.of(versions)),
        "versions": stages(versions, new),
        "old_can_return": can_return(old),
        "new_can_return": can_return(new),
    }
    return render(request, "admin/bulletins/compare.html", context)


@staff_member_required
@permission_required("bulletins.change_bulletin", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest, pk: int, part: str, record: int) -> HttpResponse:
    """Show what bringing a version back changes; on POST do it."""
    bulletin = issue_for(request, pk)
    versions = versions_of(bulletin)
    version = one_of(versions, part, record)
    form = form_for(request, bulletin)
    if request.method == "POST" and (form is None or form.is_valid()) and bring_back(request, version, bulletin, form):
        return redirect("bulletins_desk:history", pk)
    now = restoring.standing(version)
    context = {
        **frame(request, bulletin),
        "version": version,
        "now": now,
        "pairs": [pair for pair in pairs(now, version, Names.of(versions)) if can_return(version)],
        "form": form,
        "seen": mark(bulletin),
    }
    return render(request, "admin/bulletins/restore.html", context)


def issue_for(request: HttpRequest, pk: int) -> Bulletin:
    """Return the issue for who may see issues."""
    if not any(request.user.has_perm(f"bulletins.{verb}_bulletin") for verb in ("view", "change")):
        raise PermissionDenied
    return get_object_or_404(Bulletin, pk=pk)


def frame(request: HttpRequest, bulletin: Bulletin) -> dict:
    """Return what the frame of a page about an issue needs."""
    return {**admin.site.each_context(request), "title": f"History of {bulletin}", "bulletin": bulletin}


def form_for(request: HttpRequest, bulletin: Bulletin) -> RestoreForm | None:
    """Return what is asked where the issue is out: what its readers are told."""
    if not bulletin.is_published(timezone.now()):
        return None
    form = RestoreForm(request.POST if request.method == "POST" else None)
    form.offer_items(bulletin, letter=False)
    return form


def bring_back(request: HttpRequest, version: Version, bulletin: Bulletin, form: RestoreForm | None) -> bool:
    """Bring a version back and say so; tell whether it was possible, and else say what stands in the way."""
    by, now = cast(User, request.user), timezone.now()
    try:
        with transaction.atomic():
            lapsed = restoring.restore(version, bulletin, by, now, request.POST.get("seen", ""))
            correct(bulletin, form.cleaned_data if form else {}, by, now)
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
        return False
    messages.success(request, f"“{version.name}” is as it was.")
    if lapsed:
        messages.warning(request, f"{bulletin} was approved; after this edit it is a draft again.")
    return True
