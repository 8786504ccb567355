"""Who we are, in the admin: one row with its platform links; and the staff."""

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format

from publication import accounts, log_list
from publication.desk import DeskAdmin, DeskTabularInline, ReadOnly
from publication.models import PlatformLink, Publication, SenderClaim

__all__ = ["PublicationAdmin", "accounts", "log_list"]


class PlatformLinkInline(DeskTabularInline):
    """Where the publication is also to be heard or followed."""

    model = PlatformLink
    fields = ["kind", "label", "url", "position"]
    helps = {
        "label": "As readers see it, such as “Our podcast”.",
        "position": "They stand in this order: the smallest number first.",
    }
    examples = {"url": "https://podcasts.example.org/"}


@admin.register(Publication)
class PublicationAdmin(DeskAdmin):
    """The one row: made once, then only changed."""

    inlines = [PlatformLinkInline]
    list_display = ["name", "organisation", "publication_hour", "second_person"]
    actions = None
    nothing_yet = "Say who you are: name, address and sender stand on every page and in every letter."
    helps = {
        "name": "The name of the bulletin, at the head of every page and letter.",
        "strapline": "One sentence under the name: what this is, and for whom.",
        "organisation": "Who publishes it: it stands beside the postal address in every letter.",
        "postal_address": "On one line, as it stands at the foot of every letter.",
        "sender_name": "What readers see as the sender. Left empty, it is the name of the bulletin.",
        "sender_address": "The From address of every letter. Your mail relay must be allowed to send for it, or "
        "letters end as spam.",
        "feedback_address": "Answers to a letter go here, and readers are asked to write to it: give one that is read.",
        "publication_hour": "When an issue appears and is mailed, London time in summer and winter.",
        "second_person": "Whoever edited an issue last cannot approve it. Switched off, the approver types the "
        "address of the issue instead.",
        "share_words": "Asks readers to pass the bulletin on.",
        "subscribe_words": "Says how somebody who was sent it can subscribe.",
        "link_words": "Says how schools link to the resources for parents.",
    }
    examples = {"sender_address": "bulletin@example.org", "feedback_address": "editors@example.org"}
    fieldsets = [
        (
            "Name",
            {
                "fields": ["name", "strapline", "organisation", "postal_address"],
                "description": "At the head and foot of every page and letter.",
            },
        ),
        (
            "Letters",
            {
                "fields": ["sender_name", "sender_address", "feedback_address"],
                "description": "Who readers hear from, and who reads their answers.",
            },
        ),
        (
            "Publishing",
            {
                "fields": ["publication_hour", "second_person"],
                "description": "How every issue goes out. Days are moved under Publication days.",
            },
        ),
        (
            "Standing paragraphs",
            {
                "fields": ["share_words", "subscribe_words", "link_words"],
                "description": "Printed at the end of every issue. A change shows at once, in old issues too; an "
                "issue that is approved and not yet mailed must be approved again.",
            },
        ),
    ]

    def save_model(self, request: HttpRequest, obj: Publication, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data:
            messages.info(
                request,
                "Pages show this at once, and letters that are still to leave. An issue that is approved and not yet "
                "mailed must be approved again: who approved it saw other words.",
            )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Allow adding only while there is no row yet."""
        return super().has_add_permission(request) and not Publication.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Publication | None = None) -> bool:
        """Refuse: every page and letter reads it."""
        return False


@admin.register(SenderClaim)
class SenderClaimAdmin(ReadOnly, DeskAdmin):
    """Which installation sends from this database; the newest claim is in force."""

    list_display = ["identity", "since", "by", "why"]
    list_select_related = ["by"]
    list_display_links = None
    list_before_template = "publication/_claim.html"
    nothing_yet = "The first installation whose clock ticks is written down here; others send nothing until they claim."

    @admin.display(description="since", ordering="at")
    def since(self, claim: SenderClaim) -> str:
        """When it was claimed, as London's clocks show it."""
        return date_format(timezone.localtime(claim.at), "j F Y, H:i")
