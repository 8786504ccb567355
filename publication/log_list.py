"""The log as staff read it: who did what to what, and when; of each only what they may look at anyway."""

from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import capfirst

from publication.desk import DeskAdmin, ReadOnly
from publication.models import LogLine

WORDS = {1: "Added.", 2: "Changed.", 3: "Deleted."}


def kinds_seen_by(user: Any) -> list[ContentType]:
    """Return the kinds of things whose pages somebody may look at."""
    kinds = [(kind, kind.model_class()) for kind in ContentType.objects.order_by("model")]
    return [kind for kind, model in kinds if model and may_look(user, model._meta.app_label, model._meta.model_name)]


def may_look(user: Any, app: str, model: str | None) -> bool:
    """Tell whether somebody may look at the things of one kind."""
    return any(user.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change"))


class KindFilter(admin.SimpleListFilter):
    """What kind of thing it was done to."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the kinds that the log has lines about, as far as they may be looked at."""
        used = set(LogLine.objects.order_by().values_list("content_type", flat=True).distinct())
        return [(str(kind.pk), capfirst(kind.name)) for kind in kinds_seen_by(request.user) if kind.pk in used]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogLine]) -> QuerySet[LogLine]:
        """Keep the lines about one kind."""
        value = self.value() or ""
        return queryset.filter(content_type=int(value)) if value.isascii() and value.isdecimal() else queryset


@admin.register(LogLine)
class LogLineAdmin(ReadOnly, DeskAdmin):
    """Every act of the staff, the newest first."""

    list_display = ["when", "who", "what", "about", "kind"]
    list_display_links = None
    list_select_related = ["user", "content_type"]
    list_filter = [("user", admin.RelatedOnlyFieldListFilter), KindFilter, "action_time"]
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()
    search_fields = ["object_repr", "change_message", "user__username", "user__first_name", "user__last_name"]
    search_help_text = "Search names and words"
    fields = ["when", "who", "what", "about", "kind"]
    readonly_fields = ["when", "who", "what", "about", "kind"]
    nothing_yet = "Whatever somebody of the staff does is written down here: what they write, approve, send or export."

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogLine]:
        return super().get_queryset(request).filter(content_type__in=kinds_seen_by(request.user))

    @admin.display(description="when")
    def when(self, line: LogLine) -> str:
        """The moment, as London's clocks show it."""
        return date_format(timezone.localtime(line.action_time), "j F Y, H:i")

    @admin.display(description="who")
    def who(self, line: LogLine) -> str:
        """Their name, and the name they sign in with."""
        name, login = line.user.get_full_name(), line.user.get_username()
        return f"{name} ({login})" if name else login

    @admin.display(description="what")
    def what(self, line: LogLine) -> str:
        """What was done, in words."""
        return line.get_change_message() or WORDS.get(line.action_flag, "")

    @admin.display(description="about")
    def about(self, line: LogLine) -> str:
        """What it was done to, which leads there while it exists."""
        address = None if line.is_deletion() else line.get_admin_url()
        if address is None:
            return line.object_repr
        return format_html('<a class="underline" href="{}">{}</a>', address, line.object_repr)

    @admin.display(description="kind")
    def kind(self, line: LogLine) -> str:
        """What kind of thing that is."""
        return capfirst(line.content_type.name) if line.content_type else ""
