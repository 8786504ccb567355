"""Who may not try to sign in for a while: django-axes, with wider limits beside its own."""

import datetime
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib import admin
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

# How many times the failures of one name at one address are borne of one name, or one address, altogether.
WIDER = 10
# How long an address counts as one from which a person has signed in.
KNOWN = datetime.timedelta(days=30)
LONGEST = 150

Attempts = QuerySet[AccessAttempt]
Credentials = dict[str, Any] | None


class Handler(AxesDatabaseHandler):
    """Counts failures by name and address; and, ten times as patiently, by address and by name."""

    def get_failures(self, request: HttpRequest, credentials: Credentials = None) -> int:
        """Return the highest count, to be held against AXES_FAILURE_LIMIT."""
        return max(failures(attempts) // patience for attempts, patience in counts(request, credentials))


def recent_attempts() -> Attempts:
    """Return the failures that still count: each row is a name at an address with one browser."""
    return AccessAttempt.objects.filter(attempt_time__gt=timezone.now() - settings.AXES_COOLOFF_TIME)


def counts(request: HttpRequest, credentials: Credentials) -> list[tuple[Attempts, int]]:
    """Return the groups of failures that count against a try, each with how patiently.

    Those of a name altogether do not count where it has signed in lately: nobody elsewhere can keep an editor out.
    """
    name, address = get_client_username(request, credentials), request.axes_ip_address or None  # type: ignore[attr-defined]
    recent = recent_attempts()
    found = [(recent.filter(username=name, ip_address=address), 1), (recent.filter(ip_address=address), WIDER)]
    since = timezone.now() - KNOWN
    if not AccessLog.objects.filter(username=name, ip_address=address, attempt_time__gt=since).exists():
        found.append((recent.filter(username=name), WIDER))
    return found


def failures(attempts: Attempts) -> int:
    """Return how many failures some rows stand for."""
    return attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0


def open_again(request: HttpRequest, credentials: Credentials) -> datetime.datetime:
    """Return when the next try counts: a tried door does not stay shut longer for being tried."""
    limit = settings.AXES_FAILURE_LIMIT
    full = (attempts for attempts, patience in counts(request, credentials) if failures(attempts) // patience >= limit)
    lasts = [attempts.aggregate(last=Max("attempt_time"))["last"] for attempts in full]
    return max(lasts, default=timezone.now()) + settings.AXES_COOLOFF_TIME


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: Credentials) -> HttpResponse:
    """Say that there were too many tries, and when the next one counts."""
    again = open_again(request, credentials)
    wait = max(1, int((again - timezone.now()).total_seconds()) + 1)
    context = {**admin.site.each_context(request), "title": "Too many tries", "again": again}
    answer = render(request, "admin/locked_out.html", context, status=429)
    answer["Retry-After"], answer["Cache-Control"] = wait, "no-store"
    return answer


def typed_name(request: HttpRequest, credentials: Credentials) -> str | None:
    """Return the name of a try, no longer than any of ours can be: the form lets longer ones through."""
    name = (credentials or request.POST).get("username")
    return name and name[:LONGEST]


def describe(name: str | None, address: str | None, *rest: object) -> str:
    """Return what the log says of a try: where it came from, and nothing that was typed."""
    return address or "an unknown address"
