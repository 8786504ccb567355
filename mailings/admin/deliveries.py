"""The letters of a mailing, one row a reader: to look one up, or to see who is in a state."""

import uuid
from typing import Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from unfold.decorators import display
from unfold.views import ChangeList

from bulletins.words import moment_in_words
from mailings.models import Delivery, Mailing
from mailings.models.delivery import address_key
from publication.desk import DeskAdmin, ReadOnly
from subscribers.addresses import address_hash

STATES = {
    "sent": "success",
    "queued": "info",
    "claimed": "info",
    "on_wire": "info",
    "failed": "danger",
    "unknown": "warning",
    "skipped": "default",
    "abandoned": "warning",
}
# Each state is listed in the order of its own index, so that a page costs the same at a million letters.
ORDER = {
    "sent": "-sent_at",
    "queued": "not_before",
    "claimed": "lease_until",
    "on_wire": "lease_until",
    "failed": "-failed_at",
    "unknown": "message_id",
    "skipped": "state",
    "abandoned": "state",
}
MAILINGS_OFFERED = 24


class FirstPages(Paginator):
    """The first pages of what may be a million rows: counting further would cost more than anybody reads."""

    most = 5_000

    @cached_property
    def count(self) -> int:
        """The number of rows, as far as there are pages."""
        rows = cast(QuerySet, self.object_list)
        return rows[: self.most].count()

    @property
    def there_are_more(self) -> bool:
        """Whether there may be more than there are pages for."""
        return self.count == self.most


class DeliveryList(ChangeList):
    """The list in the order of an index, which a second key would spoil."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[str]:
        """Return the one column to order by."""
        given = self.get_filters_params()
        if state := given.get("state__exact"):
            return [ORDER.get(str(state[-1] if isinstance(state, list) else state), "pk")]
        return ["subscriber_id"] if "mailing" in given else ["-pk"]


class MailingFilter(admin.SimpleListFilter):
    """Which mailing's letters."""

    title = "mailing"
    parameter_name = "mailing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the newest mailings."""
        newest = Mailing.objects.select_related("bulletin").only("number", "bulletin__title")[:MAILINGS_OFFERED]
        return [(str(one.pk), one.called) for one in newest]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        """Keep those of one mailing."""
        value = self.value()
        if not value:
            return queryset
        return queryset.filter(mailing=int(value)) if value.isascii() and value.isdecimal() else queryset.none()


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, DeskAdmin):
    """One letter to one reader; the whole address finds it."""

    list_display = ["reader", "state_in_words", "attempts", "moment", "reply"]
    list_filter = [MailingFilter, "state"]
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    paginator = FirstPages
    list_per_page = 50
    sortable_by = ()
    search_fields = ["address_hash"]
    search_help_text = "Search a whole address"
    fields = ["reader", "mailing", "state", "attempts", "moment", "put_on_wire", "reply", "message_id", "relay"]
    readonly_fields = ["reader", "moment", "put_on_wire", "reply"]
    list_before_template = "mailings/_names_of.html"
    list_after_template = "mailings/_names_end.html"
    nothing_yet = "When a mailing starts, each of its readers has a letter here."

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return DeliveryList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, headed by its mailing if it is of one."""
        given = request.GET.get("mailing", "")
        known = Mailing.objects.filter(pk=int(given)) if given.isascii() and given.isdecimal() else None
        mailing = known.only("subject").first() if known else None
        state = Delivery.State(wanted) if (wanted := request.GET.get("state__exact")) in Delivery.State.values else None
        title = f"Letters: {state.label.partition(':')[0]}" if state else "Letters"
        return super().changelist_view(request, {"mailing": mailing, "title": title, **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        shown = ("state", "attempts", "not_before", "sent_at", "failed_at", "smtp_code", "smtp_text", "message_id")
        more = ("mailing", "on_wire_at", "subscriber__address")
        return super().get_queryset(request).select_related("subscriber").only(*shown, *more)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        """Find the letters to one address, also of a reader who was erased since."""
        if not search_term.strip():
            return queryset, False
        # Naming the mailings lets the search use the index that begins with them and ends with the key.
        mailings = list(Mailing.objects.order_by().values_list("pk", flat=True))
        wanted = address_hash(search_term)
        found = queryset.alias(key=address_key()).filter(mailing__in=mailings, key=uuid.UUID(wanted[:32]))
        return found.filter(address_hash=wanted), False

    @admin.display(description="reader")
    def reader(self, delivery: Delivery) -> str:
        """Their address, as long as we may know it."""
        return delivery.subscriber.address if delivery.subscriber else "a reader who was erased"

    @display(description="state", label=STATES)
    def state_in_words(self, delivery: Delivery) -> tuple[str, str]:
        """Its state, as a label."""
        return delivery.state, delivery.get_state_display().partition(":")[0].capitalize()

    @admin.display(description="when")
    def moment(self, delivery: Delivery) -> str:
        """When it left or failed, or when it is tried next."""
        done = delivery.sent_at or delivery.failed_at
        if done:
            return moment_in_words(done)
        waits = delivery.state == Delivery.State.QUEUED
        return f"due {moment_in_words(delivery.not_before)}" if waits else "–"

    @admin.display(description="given to the relay")
    def put_on_wire(self, delivery: Delivery) -> str:
        """When it was last put on the wire."""
        return moment_in_words(delivery.on_wire_at) if delivery.on_wire_at else "–"

    @admin.display(description="the relay’s answer")
    def reply(self, delivery: Delivery) -> str:
        """The relay's code and words."""
        return f"{delivery.smtp_code or ''} {delivery.smtp_text}".strip() or "–"
