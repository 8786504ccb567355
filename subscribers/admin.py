"""The admin of subscribers: to look people up and act on their wishes, never to move them about by hand."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from unfold.decorators import display

from publication.desk import DeskAdmin, DeskTabularInline, NeverByHand, ReadOnly
from publication.log import record
from subscribers import consent, wording
from subscribers.addresses import address_hash
from subscribers.models import ConsentEvent, OutgoingLetter, Subscriber, Suppression

COLOURS = {
    "pending": "info",
    "active": "success",
    "unsubscribed": "default",
    "bounced": "warning",
    "complained": "danger",
}


class ConsentInline(ReadOnly, DeskTabularInline):
    """The consent of one person, to be read."""

    model = ConsentEvent
    fields = ["at", "what", "wording", "source"]
    readonly_fields = ["at", "what", "wording", "source"]
    verbose_name_plural = "consent"


@admin.register(Subscriber)
class SubscriberAdmin(NeverByHand, DeskAdmin):
    """One person; the whole address finds them, whatever its case."""

    list_display = ["address", "state", "school", "since"]
    list_filter = ["status"]
    # How many have each status stands beside it in the filter.
    show_facets = admin.ShowFacets.ALWAYS
    ordering = ["-pk"]
    nothing_yet = "People subscribe by themselves, and confirm by email. Nobody is added by hand."
    helps = {"name": "As they gave it.", "school": "As they gave it.", "role": "Such as: head, governor, parent."}
    search_fields = ["address"]
    search_help_text = "Search a whole address"
    fields = ["address", "status", "created_at", "name", "school", "role"]
    readonly_fields = ["address", "status", "created_at"]
    inlines = [ConsentInline]
    actions = ["unsubscribe"]

    @display(description="status", ordering="status", label=COLOURS)
    def state(self, person: Subscriber) -> tuple[str, str]:
        """Their status, as a label."""
        return person.status, person.status.capitalize()

    @admin.display(description="since", ordering="created_at")
    def since(self, person: Subscriber) -> str:
        """The day on which they first asked."""
        return date_format(timezone.localtime(person.created_at), "j F Y")

    def log_change(self, request: HttpRequest, obj: Subscriber, message: Any) -> None:  # type: ignore[override]
        """Write down an act without the address: the log is kept, and they may ask to be erased."""
        words = message if isinstance(message, str) else json.dumps(message)
        record(request.user, obj, words, name=f"reader {obj.pk}")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscriber], search_term: str
    ) -> tuple[QuerySet[Subscriber], bool]:
        """Find one address, so that a few letters do not list the half of everybody."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(address_hash=address_hash(search_term)), False

    @admin.action(description="Unsubscribe, at their wish", permissions=["change"])
    def unsubscribe(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        """Unsubscribe the chosen people as they would themselves."""
        source, at = f"admin: {request.user.get_username()}"[:200], timezone.now()
        left = [each for each in queryset if consent.unsubscribe(each, wording.BY_STAFF, source, at)]
        for each in left:
            self.log_change(request, each, "Unsubscribed, at their wish.")
        self.message_user(request, f"Unsubscribed: {len(left)} of {len(queryset)}.", messages.SUCCESS)


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly, DeskAdmin):
    """Addresses that are not mailed, known by their hash alone; the whole address finds its row."""

    list_display = ["address_hash", "reason", "at"]
    list_filter = ["reason"]
    search_fields = ["address_hash"]
    search_help_text = "Search a whole address"
    actions = ["lift"]
    show_facets = admin.ShowFacets.ALWAYS
    nothing_yet = "Addresses that must not be mailed are kept here as hashes."

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Those who may delete suppressions may lift them."""
        return request.user.has_perm("subscribers.delete_suppression")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        """Find the row of one address."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(address_hash=address_hash(search_term)), False

    @admin.action(description="Lift: the address may be asked to confirm again", permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        """Lift the chosen rows; nobody is subscribed by this."""
        rows = list(queryset)
        self.log_deletions(request, queryset)
        for row in rows:
            consent.lift(row)
        self.message_user(request, f"Lifted: {len(rows)}.", messages.SUCCESS)


@admin.register(OutgoingLetter)
class OutgoingLetterAdmin(ReadOnly, DeskAdmin):
    """Letters owed to one person, to be read."""

    list_display = ["subscriber", "kind", "due", "attempts", "sent"]
    list_filter = ["kind", ("sent", admin.EmptyFieldListFilter)]
    list_select_related = ["subscriber"]
    nothing_yet = "Each letter to one person, such as the one that asks to confirm, waits here until it has left."
