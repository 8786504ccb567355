"""The pages of subscribing and leaving. GET asks, POST acts; none of them sets a cookie."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from publication.models import Publication
from subscribers import consent, tokens, wording
from subscribers.addresses import masked
from subscribers.forms import SubscribeForm
from subscribers.guard import own_pages_only, private
from subscribers.models import Subscriber


@never_cache
@own_pages_only
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """Take an address; whatever we know of it, the answer is the same."""
    form = SubscribeForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "subscribers/subscribe.html", {"signup_form": form})
    words = wording.sign_up(publication_name())
    consent.ask(form.cleaned_data["address"], words, "sign-up form", timezone.now())
    return HttpResponseRedirect(reverse("subscribers:look"), status=303)


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
    return render(request, f"subscribers/{page}.html", {"address": masked(person.address), "wording": words})


@private
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for one press of a button, or obey a mail provider's one-click POST (RFC 8058) at once.

    An unknown or erased token gets the pages a known one gets, and is never guarded or counted.
    """
    person = tokens.holder_of(token)
    words = wording.unsubscribe(publication_name())
    one_click = request.POST.get("List-Unsubscribe") == "One-Click"
    if not one_click and "leave" not in request.POST:
        # A body sent in chunks reaches no Django form: a mail provider must not read "done" where nothing was read.
        status = 411 if "Transfer-Encoding" in request.headers else 200
        return render(request, "subscribers/unsubscribe.html", letter_page(token, person, words), status=status)
    if person:
        shown, source = (wording.ONE_CLICK, "one-click") if one_click else (words, "unsubscribe page")
        consent.unsubscribe(person, shown, source, timezone.now())
    back = wording.undo(publication_name())
    return render(request, "subscribers/unsubscribed.html", letter_page(token, person, back))


@private
@own_pages_only
@require_POST
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """Take an unsubscribing back, where there is one to take back."""
    person = tokens.holder_of(token)
    words = wording.undo(publication_name())
    if person:
        consent.undo(person, words, "unsubscribe page", timezone.now())
    return render(request, "subscribers/undone.html", letter_page(token, person, words))


def letter_page(token: str, person: Subscriber | None, words: str) -> dict[str, str]:
    """Return what a page behind a letter token shows; for an unknown one it names no address."""
    return {"token": token, "address": masked(person.address) if person else "", "wording": words}


def publication_name() -> str:
    """Return the name that the words of consent speak of."""
    return Publication.objects.current().name
