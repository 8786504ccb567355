"""What parents read and whom they call, in the admin."""

import datetime

from django.contrib import admin, messages
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from publication.log import record
from publication.ordering import OrderedAdmin
from resources.models import CHECKED_WORDS, Helpline, Resource, ResourceTopic

LABELS = {"good": "success", "overdue": "warning", "never": "danger"}


def in_words(day: datetime.date) -> str:
    """Return a date such as 3 March 2026."""
    return date_format(day, "j F Y")


class AddressedAdmin(OrderedAdmin):
    """Its address is proposed when it is added, and then kept: other sites link to it."""

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["slug"] if obj else []


@admin.register(ResourceTopic)
class ResourceTopicAdmin(AddressedAdmin):
    list_display = ["name"]
    fields = ["name", "slug"]
    nothing_yet = "Parents choose resources by topic. Add the few that yours are about."

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict:
        return {} if obj else {"slug": ["name"]}


@admin.register(Resource)
class ResourceAdmin(AddressedAdmin):
    list_display = ["title", "topic", "last_checked", "on_the_web"]
    list_select_related = ["topic"]
    search_fields = ["title", "summary"]
    fields = ["title", "slug", "summary", "topic", "body", "reviewed_on"]
    warn_unsaved_form = True
    nothing_yet = "Short guides for parents, which schools link to. Write the first about what parents ask most."

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict:
        return {} if obj else {"slug": ["title"]}

    @display(description="last checked", ordering="reviewed_on", label=LABELS)
    def last_checked(self, resource: Resource) -> tuple[str, str]:
        """When somebody made sure that it is right, and whether that is too long ago."""
        if resource.reviewed_on is None:
            return "never", "never"
        if resource.is_overdue(timezone.localdate()):
            return "overdue", f"overdue: {in_words(resource.reviewed_on)}"
        return "good", in_words(resource.reviewed_on)

    @display(description="on the web")
    def on_the_web(self, resource: Resource) -> SafeString:
        """A link to its page."""
        return format_html(
            '<a class="underline whitespace-nowrap" href="{}">See on the web</a>', resource.get_absolute_url()
        )


@admin.register(Helpline)
class HelplineAdmin(OrderedAdmin):
    list_display = ["name", "number", "in_the_panel", "checked"]
    actions_submit_line = ["checked_today"]
    nothing_yet = "Whom parents and children can call. Begin with 999, and check each number before you say so."
    readonly_fields = ["last_check"]
    fieldsets = [
        (None, {"fields": ["name", "who_for", "number", "other_way", "hours", "url"]}),
        ("On the site", {"fields": ["urgent", "last_check"]}),
    ]

    @display(description="in the panel", ordering="urgent", label=True)
    def in_the_panel(self, helpline: Helpline) -> str:
        """Whether it is at the top of every page for parents."""
        return "in the panel" if helpline.urgent else ""

    @display(description="checked", ordering="checked_on", label=LABELS)
    def checked(self, helpline: Helpline) -> tuple[str, str]:
        """When somebody of ours made sure that it is right, and whether that is too long ago."""
        if helpline.checked_on is None:
            return "never", "not checked"
        if helpline.is_overdue(timezone.localdate()):
            return "overdue", f"over a year ago: {in_words(helpline.checked_on)}"
        return "good", in_words(helpline.checked_on)

    @display(description="last check")
    def last_check(self, helpline: Helpline) -> str:
        """Who checked it and when, or how to do so."""
        if helpline.checked_on is None:
            return (
                "Nobody has checked it, and the pages for parents say so. Call the number or look at their own site, "
                "then press “I have checked this number today” below."
            )
        by = f" by {helpline.checked_by}" if helpline.checked_by else ""
        return f"Checked on {in_words(helpline.checked_on)}{by}. A change of how to reach it takes this back."

    @action(description="I have checked this number today", permissions=["change"])
    def checked_today(self, request: HttpRequest, helpline: Helpline) -> None:
        """Record this person's word, given with the very words that the form showed."""
        helpline.check_today(request.user, timezone.localdate())
        record(request.user, helpline, "Checked that it is right.")
        messages.success(request, f"{helpline}: the pages for parents say that it was checked today.")

    def save_model(self, request: HttpRequest, obj: Helpline, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        obj.refresh_from_db(fields=["checked_on", "checked_by"])
        if change and obj.checked_on is None and set(CHECKED_WORDS) & set(form.changed_data):
            messages.warning(request, f"{obj}: nobody has checked the changed words yet, and the pages say so.")
