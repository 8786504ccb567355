"""The pages of subscribing and leaving. GET asks, POST acts; none of them sets a cookie."""

import datetime
import math

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from publication.client import client_address
from publication.models import Publication
from subscribers import consent, limits, stamps, tokens, wording
from subscribers.addresses import masked
from subscribers.forms import SubscribeForm
from subscribers.guard import own_pages_only, private
from subscribers.models import Subscriber
from subscribers.stamps import Verdict


@never_cache
@own_pages_only
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """Take an address; whatever we know of it, the answer is the same, and a program's is so too."""
    if request.method != "POST":
        return whole_form(request, SubscribeForm())
    form, verdict = SubscribeForm(request.POST), stamps.verdict(request.POST.get("stamp", ""))
    if form.is_of_a_program:
        return thanks()
    if not form.is_valid() or verdict in (Verdict.MISSING, Verdict.STALE):
        return whole_form(request, form, verdict)
    if verdict == Verdict.TOO_QUICK:
        return thanks()
    if wait := limits.seconds_to_wait(client_address(request)):
        return too_many(request, wait)
    words = wording.sign_up(publication_name())
    consent.hand_in(form.cleaned_data["address"], words, "sign-up form", timezone.now())
    return thanks()


def whole_form(request: HttpRequest, form: SubscribeForm, verdict: Verdict | None = None) -> HttpResponse:
    """Show the form with a fresh stamp; in answer to a press, it says what is still to do."""
    stamp = stamps.stamp(stamps.AGAIN if verdict else stamps.FIRST)
    context = {
        "signup_form": form,
        "signup_stamp": stamp,
        "again": form.is_bound and form.is_valid(),
        "stale": verdict == Verdict.STALE,
    }
    return render(request, "subscribers/subscribe.html", context)


def thanks() -> HttpResponse:
    """Lead to the page that says where to look, by GET, so that reloading it posts nothing."""
    return HttpResponseRedirect(reverse("subscribers:look"), status=303)


def too_many(request: HttpRequest, wait: int) -> HttpResponse:
    """Answer 429 to a network that signs up too often; the next sign-up may come in so many seconds."""
    minutes = datetime.timedelta(minutes=math.ceil(wait / 60))
    context = {"free_at": timezone.now() + minutes}
    response = render(request, "subscribers/too_many.html", context, status=429)
    response["Retry-After"] = str(wait)
    return response


@never_cache
@csrf_exempt
@require_safe
def look(request: HttpRequest) -> HttpResponse:
    """Send the visitor to their mailbox."""
    return render(request, "subscribers/look.html")


@private
@own_pages_only
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for one press of a button, and start the letters on it; 410 for a link that is good no more."""
    words, now = wording.confirm(publication_name()), timezone.now()
    if request.method == "POST":
        person = consent.confirm(token, words, "confirm page", now)
        page = "confirmed"
    else:
        person = consent.holder_of_link(token, now)
        page = "confirm"
    if not person:
        return render(request, "subscribers/link_over.html", status=410)
    context = {"address": masked(person.address), "wording": words, "letter_token": person.letter_token}
    return render(request, f"subscribers/{page}.html", context)


@private
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for one press of a button, or obey a mail provider's one-click POST (RFC 8058) at once.

    An unknown or erased token gets the pages a known one gets, and is never guarded or counted.
    """
    person = tokens.holder_of(token)
    name = publication_name()
    one_click = request.POST.get("List-Unsubscribe") == "One-Click"
    if not one_click and "leave" not in request.POST:
        # A body sent in chunks reaches no Django form: a mail provider must not read "done" where nothing was read.
        status = 411 if "Transfer-Encoding" in request.headers else 200
        return render(request, "subscribers/unsubscribe.html", letter_page(token, person, name), status=status)
    if person:
        shown, source = (
            (wording.ONE_CLICK, "one-click") if one_click else (wording.unsubscribe(name), "unsubscribe page")
        )
        consent.unsubscribe(person, shown, source, timezone.now())
    return render(request, "subscribers/unsubscribed.html", letter_page(token, person, name))


@private
@own_pages_only
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """Take an unsubscribing back, where there is one to take back; GET leads to the page that asks."""
    if request.method != "POST":
        return redirect("subscribers:unsubscribe", token=token)
    person, name = tokens.holder_of(token), publication_name()
    if person:
        consent.undo(person, wording.undo(name), "unsubscribe page", timezone.now())
    return render(request, "subscribers/undone.html", letter_page(token, person, name))


def letter_page(token: str, person: Subscriber | None, name: str) -> dict[str, str]:
    """Return what a page behind a letter token shows; for an unknown one it names no address."""
    address = masked(person.address) if person else ""
    return {"token": token, "address": address, "stop": wording.unsubscribe(name), "undo": wording.undo(name)}


def publication_name() -> str:
    """Return the name that the words of consent speak of."""
    return Publication.objects.current().name
