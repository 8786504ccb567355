"""The mailings, what was done to them and what staff were told; and how far each issue's mailing is."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from unfold.decorators import display

from bulletins.admin import BulletinAdmin
from bulletins.models import Bulletin
from bulletins.words import moment_in_words
from mailings.models import AlertSent, Mailing, MailingAct
from mailings.progress import balance_of
from mailings.steer_views import desk
from publication.desk import DeskAdmin, ReadOnly

STATES = {"sending": "info", "paused": "warning", "cancelled": "danger", "finished": "success"}
VERDICTS = {"Balances": "success", "Does not balance": "danger"}
ASIDE = ("skipped", "failed", "abandoned")


def sent_of_planned(mailing: Mailing) -> str:
    """Say how far a mailing is: “1,000 of 1,000 sent”."""
    ledger = balance_of(mailing)
    return f"{ledger.counts['sent']:,} of {ledger.planned:,} sent"


admin.site.unregister(Bulletin)


@admin.register(Bulletin)
class MailedBulletinAdmin(BulletinAdmin):
    """The issues, each with how far its mailing is: bulletins itself knows nothing of that."""

    list_display = [*BulletinAdmin.list_display, "mailed"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bulletin]:
        mailings = Mailing.objects.filter(number=0).defer("headers", "html", "text")
        return super().get_queryset(request).prefetch_related(Prefetch("mailings", mailings, to_attr="issue_mailings"))

    @admin.display(description="mailed")
    def mailed(self, bulletin: Bulletin) -> str:
        """How many letters of it were sent."""
        mailings = bulletin.issue_mailings  # type: ignore[attr-defined]
        return sent_of_planned(mailings[0]) if mailings else "–"


@admin.register(Mailing)
class MailingAdmin(ReadOnly, DeskAdmin):
    """One issue's way to all its readers."""

    list_display = ["issue", "subject", "state_in_words", "sent_words", "not_sent", "verdict", "started"]
    list_filter = ["state"]
    list_per_page = 25
    list_select_related = ["bulletin"]
    list_before_template = "mailings/_notices.html"
    nothing_yet = "When the hour of an approved issue comes, its mailing starts by itself and is to be seen here."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mailing]:
        return super().get_queryset(request).defer("headers", "html", "text")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the mailing's own page: nothing of it is changed in boxes."""
        if request.method == "POST":
            raise PermissionDenied
        if not (object_id.isascii() and object_id.isdecimal()):
            raise Http404
        return desk(request, int(object_id))

    @admin.display(description="issue", ordering="bulletin__month")
    def issue(self, mailing: Mailing) -> str:
        """Which issue, and which correction of it."""
        return mailing.called

    @display(description="state", ordering="state", label=STATES)
    def state_in_words(self, mailing: Mailing) -> tuple[str, str]:
        """Its state, as a label."""
        return mailing.state, mailing.state.capitalize()

    @admin.display(description="sent")
    def sent_words(self, mailing: Mailing) -> str:
        """How far it is."""
        return sent_of_planned(mailing)

    @admin.display(description="not sent")
    def not_sent(self, mailing: Mailing) -> str:
        """What became of the others that came to their end."""
        counts = balance_of(mailing).counts
        return ", ".join(f"{counts[state]:,} {state}" for state in ASIDE if counts[state]) or "–"

    @display(description="ledger", label=VERDICTS)
    def verdict(self, mailing: Mailing) -> str:
        """Whether every planned letter is in the ledger."""
        return "Balances" if balance_of(mailing).holds else "Does not balance"

    @admin.display(description="started", ordering="started_at")
    def started(self, mailing: Mailing) -> str:
        """When it was opened."""
        return moment_in_words(mailing.started_at)


@admin.register(MailingAct)
class MailingActAdmin(ReadOnly, DeskAdmin):
    """What a named person did to a mailing."""

    list_display = ["mailing", "act", "by", "at", "why"]
    list_select_related = ["mailing__bulletin", "by"]
    nothing_yet = "Whoever pauses, resumes, cancels or retries a mailing is written down here, with the reason."


@admin.register(AlertSent)
class AlertSentAdmin(ReadOnly, DeskAdmin):
    """What staff were told."""

    list_display = ["raised", "about", "words", "day", "sent"]
    list_select_related = ["day"]
    nothing_yet = "When a publication day goes wrong, staff get an alert by email; each is kept here."

    @admin.display(description="about", ordering="kind")
    def about(self, alert: AlertSent) -> str:
        """What kind of thing it was, without the marks that tell one alert from another."""
        return alert.kind.partition(" ")[0]

    @admin.display(description="raised", ordering="raised_at")
    def raised(self, alert: AlertSent) -> str:
        """When it was due to be said."""
        return moment_in_words(alert.raised_at)

    @admin.display(description="sent", ordering="sent_at")
    def sent(self, alert: AlertSent) -> str:
        """When the letter left."""
        return moment_in_words(alert.sent_at) if alert.sent_at else "not yet"
