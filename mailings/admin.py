"""What staff can read of the mailings; nothing here is changed by hand."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from mailings.mime import slot
from mailings.models import AlertSent, Mailing, MailingAct
from mailings.reports import balance


class ReadOnlyAdmin(admin.ModelAdmin):
    """An admin to look at."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Mailing)
class MailingAdmin(ReadOnlyAdmin):
    list_display = ["bulletin", "state", "planned", "sent", "skipped", "failed", "abandoned", "started_at"]
    list_select_related = ["bulletin"]
    fields = ["bulletin", "state", "subject", "counts", "started_at", "finished_at", "content_hash", "letter"]
    readonly_fields = ["counts", "letter"]

    @admin.display(description="letter as text")
    def letter(self, mailing: Mailing) -> str:
        """The frozen text part, with a word where each reader's own link goes."""
        return format_html('<pre style="white-space: pre-wrap">{}</pre>', mailing.text.replace(slot("token"), "…"))

    @admin.display(description="letters")
    def counts(self, mailing: Mailing) -> str:
        """The ledger in one line."""
        return str(balance(mailing))


@admin.register(MailingAct)
class MailingActAdmin(ReadOnlyAdmin):
    list_display = ["mailing", "act", "by", "at", "why"]


@admin.register(AlertSent)
class AlertSentAdmin(ReadOnlyAdmin):
    list_display = ["day", "kind", "words", "raised_at", "sent_at"]
