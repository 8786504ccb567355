"""A mailing's page: watch it and steer it."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mailings.acts import PAST, VERBS, Verb, already
from mailings.desk import offers, picture, words_of
from mailings.instants import Clock
from mailings.mime import slot
from mailings.models import Mailing
from mailings.progress import kept, progress_of
from mailings.tasks import tick
from mailings.waking import wake
from publication.log import record

DESK = "admin:mailings_mailing_change"
# Its letter, which may be large, is read only where it is shown.
MAILINGS = Mailing.objects.select_related("bulletin").defer("headers", "html", "text")


@staff_member_required
@permission_required("mailings.view_mailing", raise_exception=True)
@require_safe
def desk(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a mailing; the page then follows it by itself."""
    mailing = get_object_or_404(Mailing.objects.select_related("bulletin").defer("headers", "html"), pk=pk)
    context = {**page(request, mailing), **picture(mailing), "letter": mailing.text.replace(slot("token"), "…")}
    return render(request, "mailings/desk.html", context)


def page(request: HttpRequest, mailing: Mailing) -> dict:
    """Return what the frame of a page about a mailing needs."""
    frame = {"opts": Mailing._meta, "original": mailing, "title": mailing.called}
    return {**admin.site.each_context(request), **frame}


@staff_member_required
@permission_required("mailings.view_mailing", raise_exception=True)
@require_safe
@never_cache
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Return what may have changed on a mailing's page, to be put in its place."""
    return render(request, "mailings/_live.html", picture(get_object_or_404(MAILINGS, pk=pk)))


@staff_member_required
@permission_required("mailings.steer_mailing", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def steer(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Say what an act will do, to how many; on POST do it."""
    mailing, verb = get_object_or_404(MAILINGS, pk=pk), VERBS[name]
    form = verb.form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        act(request, mailing, verb, form.cleaned_data)
        return redirect(DESK, pk)
    balance = progress_of(mailing).balance
    context = {
        **page(request, mailing),
        "mailing": mailing,
        "words": words_of(mailing, progress_of(mailing)),
        "verb": verb,
        "form": form,
        "refusal": None if name in offers(mailing, balance.counts) else already(mailing),
        "outlook": verb.outlook(mailing, balance),
    }
    return render(request, "mailings/steer.html", context)


def act(request: HttpRequest, mailing: Mailing, verb: Verb, given: dict) -> None:
    """Do something to a mailing, wake the workers, and say what became of it."""
    with transaction.atomic():
        number = int(verb.do(mailing, cast(User, request.user), given, Clock.read().now()))
        if number:
            record(request.user, mailing, f"{PAST[verb.name].capitalize()}: “{given['reason']}”")
    kept.forget()
    if number:
        messages.success(request, verb.done.format(number=number))
        if verb.wakes:
            wake(request, tick)
    else:
        mailing.refresh_from_db(fields=["state", "finished_at"])
        messages.warning(request, f"Nothing was changed: {already(mailing)}")
