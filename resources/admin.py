"""Resources for parents, in the admin."""

from django.contrib import admin

from resources.models import Resource


@admin.register(Resource)
class ResourceAdmin(admin.ModelAdmin):
    """One resource; its address is proposed from the title and then kept."""

    list_display = ["title", "slug", "reviewed_on", "position"]
    list_editable = ["position"]
    search_fields = ["title", "summary"]
    prepopulated_fields = {"slug": ["title"]}
