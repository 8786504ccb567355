"""The admin of subscribers: to look people up and act on their wishes, never to move them about by hand."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from subscribers import consent, wording
from subscribers.addresses import address_hash
from subscribers.models import ConsentEvent, OutgoingLetter, Subscriber, Suppression


class NeverByHand:
    """What only the public pages and the verbs of consent write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds a row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a row."""
        return False


class ConsentInline(NeverByHand, admin.TabularInline):
    """The consent of one person, to be read."""

    model = ConsentEvent
    extra = 0
    fields = ["at", "what", "wording", "source"]
    readonly_fields = ["at", "what", "wording", "source"]
    verbose_name_plural = "consent"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody rewrites what was said."""
        return False


@admin.register(Subscriber)
class SubscriberAdmin(NeverByHand, admin.ModelAdmin):
    """One person; the whole address finds them, whatever its case."""

    list_display = ["address", "status", "school", "created_at"]
    list_filter = ["status"]
    search_fields = ["address"]
    search_help_text = "The whole address."
    fields = ["address", "status", "created_at", "name", "school", "role"]
    readonly_fields = ["address", "status", "created_at"]
    inlines = [ConsentInline]
    actions = ["unsubscribe"]

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
class SuppressionAdmin(NeverByHand, admin.ModelAdmin):
    """Addresses that are not mailed, known by their hash alone; the whole address finds its row."""

    list_display = ["address_hash", "reason", "at"]
    list_filter = ["reason"]
    search_fields = ["address_hash"]
    search_help_text = "The whole address."
    actions = ["lift"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits a row; lifting it is an action."""
        return False

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
class OutgoingLetterAdmin(NeverByHand, admin.ModelAdmin):
    """Letters owed to one person, to be read."""

    list_display = ["subscriber", "kind", "due", "attempts", "sent"]
    list_filter = ["kind", ("sent", admin.EmptyFieldListFilter)]
    list_select_related = ["subscriber"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits a letter."""
        return False
