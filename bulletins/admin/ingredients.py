"""What issues are made of: authors, standing sections and topics."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from bulletins.approval import lapse_if_changed
from bulletins.models import Author, Bulletin, NewsItem, StandingSection, Topic
from bulletins.models.parts import next_position
from publication.desk import DeskAdmin, number_of
from publication.log import record


@admin.register(Author)
class AuthorAdmin(DeskAdmin):
    """Who signs an issue."""

    list_display = ["name", "role", "issues"]
    search_fields = ["name"]
    fields = ["name", "role", "slug", "photo", "shown"]
    readonly_fields = ["shown"]
    nothing_yet = "An author signs each issue with name and role. Add the people who write for you."
    helps = {"name": "As it stands under the closing words.", "role": "Stands under the name."}
    examples = {"name": "Such as: Robin Example", "role": "Such as: Safeguarding adviser"}

    @admin.display(description="issues, drafts too", ordering="issue_count")
    def issues(self, author: Author) -> int:
        """How many issues they sign, published or not."""
        return author.issue_count  # type: ignore[attr-defined]

    @admin.display(description="photo as it is")
    def shown(self, author: Author) -> str:
        """The photo as it is stored."""
        return format_html('<img class="stored" src="{}" alt="">', author.photo.url) if author.photo else "none yet"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Author]:
        return super().get_queryset(request).annotate(issue_count=number_of(Bulletin.objects.all(), "author"))

    def save_model(self, request: HttpRequest, obj: Author, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for bulletin in Bulletin.objects.upcoming(timezone.now()).filter(author=obj):
            if lapse_if_changed(bulletin, timezone.now(), f"{request.user} edited its author"):
                record(request.user, bulletin, f"Changed its author after its approval, which no longer holds: {obj}.")
                messages.warning(request, f"{bulletin} was approved; its author changed, so it is a draft again.")


@admin.register(StandingSection)
class StandingSectionAdmin(DeskAdmin):
    """What every new issue starts with, in the order of the list."""

    list_display = ["heading", "kind", "position"]
    fields = ["heading", "kind", "intro"]
    ordering_field = "position"
    list_before_template = "admin/bulletins/_standing.html"
    nothing_yet = "Every new issue starts with these sections, so that nobody types “In the news” twelve times a year."
    helps = {"heading": "Printed above what the section holds.", "kind": "What it is about."}
    examples = {"heading": "Such as: In the news"}

    def save_model(self, request: HttpRequest, obj: StandingSection, form: ModelForm, change: bool) -> None:
        if not change:
            obj.position = next_position(StandingSection.objects.all())
        super().save_model(request, obj, form, change)


@admin.register(Topic)
class TopicAdmin(DeskAdmin):
    """What items are about, across issues."""

    list_display = ["name", "how_many"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    nothing_yet = "A topic gathers items of all issues, such as “Online safety”. An item may have several."
    helps = {"slug": "Part of its address: keep it once readers know it."}
    examples = {"name": "Such as: Online safety"}

    @admin.display(description="items, drafts too", ordering="item_count")
    def how_many(self, topic: Topic) -> int:
        """How many items have it."""
        return topic.item_count  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Topic]:
        tagged = NewsItem.topics.through.objects.all()
        return super().get_queryset(request).annotate(item_count=number_of(tagged, "topic"))
