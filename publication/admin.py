"""Who we are, in the admin: one row with its platform links."""

from django.contrib import admin
from django.http import HttpRequest

from publication.models import PlatformLink, Publication


class PlatformLinkInline(admin.TabularInline):
    """Where the publication is also to be heard or followed."""

    model = PlatformLink
    extra = 0


@admin.register(Publication)
class PublicationAdmin(admin.ModelAdmin):
    """The one row: made once, then only changed."""

    inlines = [PlatformLinkInline]
    list_display = ["name", "organisation", "publication_hour", "second_person"]
    fieldsets = [
        (None, {"fields": ["name", "strapline", "organisation", "postal_address"]}),
        ("Letters", {"fields": ["sender_name", "sender_address", "feedback_address"]}),
        ("Publishing", {"fields": ["publication_hour", "second_person"]}),
        ("Standing paragraphs", {"fields": ["share_words", "subscribe_words", "link_words"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Allow adding only while there is no row yet."""
        return super().has_add_permission(request) and not Publication.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Publication | None = None) -> bool:
        """Refuse: every page and letter reads it."""
        return False
