"""The checklist of an issue: what was found, what somebody answers for, links that are being looked up."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bulletins.models import Bulletin, Override
from bulletins.preflight.checklist import accept, take_back
from bulletins.preflight.proof import ask_for_links
from mailings.preflight import checklist
from publication.log import record

LOOKING = ("bulletins.view_bulletin", "bulletins.change_bulletin", "bulletins.approve_bulletin")
ANSWERING = LOOKING[1:]
View = Callable[..., HttpResponse]


def with_any(permissions: tuple[str, ...]) -> Callable[[View], View]:
    """Return what lets only staff in who have one of some permissions."""

    def guarding(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not any(map(request.user.has_perm, permissions)):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return staff_member_required(guarded)

    return guarding


@with_any(LOOKING)
@require_safe
@never_cache
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the whole checklist of an issue."""
    bulletin = get_object_or_404(Bulletin, pk=pk)
    context = {
        **admin.site.each_context(request),
        "title": f"Checklist of {bulletin}",
        "bulletin": bulletin,
        "checklist": checklist(bulletin, timezone.now()),
        "may_answer": any(map(request.user.has_perm, ANSWERING)),
    }
    return render(request, "mailings/check.html", context)


@with_any(ANSWERING)
@require_POST
def accept_finding(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a finding stay, with a name and a reason."""
    bulletin = get_object_or_404(Bulletin, pk=pk)
    found = request.POST.get("rule", ""), request.POST.get("key", "")
    by, at = cast(User, request.user), timezone.now()
    try:
        accepted = accept(checklist(bulletin, at), found, by, request.POST.get("reason", ""), at)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        record(by, bulletin, f"Accepted on the checklist, “{accepted.reason}”: {accepted.sentence}")
        messages.success(request, "Accepted, with your name and your reason.")
    return redirect("mailings:check", pk)


@with_any(ANSWERING)
@require_POST
def take_acceptance_back(request: HttpRequest, pk: int, override: int) -> HttpResponse:
    """Take an acceptance back."""
    found = get_object_or_404(Override, pk=override, bulletin=pk)
    take_back(found, cast(User, request.user), timezone.now())
    record(cast(User, request.user), found.bulletin, "Took an acceptance on the checklist back.")
    messages.success(request, "It is not accepted any more.")
    return redirect("mailings:check", pk)


@with_any(ANSWERING)
@require_POST
def look_up_links(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the links of an issue to be looked up."""
    number = ask_for_links(get_object_or_404(Bulletin, pk=pk), timezone.now())
    words = f"{number} link{'' if number == 1 else 's'} to be looked up, each at most once a day."
    messages.success(request, words if number else "There is no link to be looked up.")
    return redirect("mailings:check", pk)
