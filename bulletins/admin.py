"""Where editors write: an issue with its sections, events and items on one page, and the publication days."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from bulletins.approval import approval_in_force, lapse, lapse_if_changed
from bulletins.forms import BulletinForm, NewBulletinForm
from bulletins.models import (
    Author,
    Bulletin,
    Event,
    NewsItem,
    PublicationDay,
    Section,
    StandingSection,
    Topic,
)
from bulletins.starting import follow_day, start_issue

# Changing these of an approved issue takes its approval back, though readers' words stay the same.
APPROVED_TERMS = {"publish_at", "audience"}


class SectionFormSet(BaseInlineFormSet):
    """Refuses to delete a section that still holds items or events."""

    def clean(self) -> None:
        super().clean()
        for form in self.deleted_forms:
            section = form.instance
            if section.pk and (section.items.exists() or section.events.exists()):
                raise ValidationError(f"“{section}” still holds items or events: move or delete those first.")


class SectionInline(admin.StackedInline):
    model = Section
    formset = SectionFormSet
    extra = 0
    fields = ["heading", "kind", "position", "body"]


class PartInline(admin.StackedInline):
    """A part that chooses its section among those of its own issue."""

    extra = 0

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "section" and field is not None and request.resolver_match:
            issue = request.resolver_match.kwargs.get("object_id", 0)
            field.queryset = Section.objects.filter(bulletin_id=issue)
        return field


class EventInline(PartInline):
    model = Event
    fields = ["title", "section", ("start", "end"), "link"]


class NewsItemInline(PartInline):
    model = NewsItem
    fields = ["headline", "section", "position", "body", "link", "topics", "slug"]
    readonly_fields = ["slug"]


@admin.register(Bulletin)
class BulletinAdmin(admin.ModelAdmin):
    form = BulletinForm
    list_display = ["title", "for_month", "status", "publish_at", "audience"]
    list_filter = ["status", "audience", "author"]
    search_fields = ["title", "items__headline"]
    date_hierarchy = "month"
    actions = None
    save_on_top = True
    fieldsets = [
        (None, {"fields": ["seen", "title", "author", "summary", "intro", "sign_off"]}),
        ("When and to whom", {"fields": ["publish_at", "publish_reason", "audience"]}),
        ("Address and origin", {"fields": ["month", "slug", "reading_minutes", "provenance"]}),
    ]
    inlines = [SectionInline, EventInline, NewsItemInline]

    @admin.display(description="month", ordering="month")
    def for_month(self, bulletin: Bulletin) -> str:
        """The month in words."""
        return f"{bulletin.month:%B %Y}"

    def get_fieldsets(self, request: HttpRequest, obj: Bulletin | None = None) -> Any:
        return self.fieldsets if obj else [(None, {"fields": ["month", "author"]})]

    def get_inlines(self, request: HttpRequest, obj: Bulletin | None = None) -> Any:
        return self.inlines if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewBulletinForm
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Bulletin | None = None) -> list[str]:
        if obj is None:
            return []
        if obj.is_published(timezone.now()):
            # Its address and its day have been seen: a correction changes words only.
            return ["provenance", "month", "slug", "publish_at", "publish_reason", "audience"]
        return ["provenance"]

    def get_view_on_site_url(self, obj: Bulletin | None = None) -> str | None:
        return super().get_view_on_site_url(obj) if obj and obj.is_published(timezone.now()) else None

    def has_delete_permission(self, request: HttpRequest, obj: Bulletin | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.status == Bulletin.Status.DRAFT)

    def save_model(self, request: HttpRequest, obj: Bulletin, form: ModelForm, change: bool) -> None:
        obj.last_edited_by_id = request.user.pk
        if not change:
            start_issue(obj, timezone.now())
            return
        # The lock that opening the mailing takes: an edit comes wholly before it or wholly after.
        stored = Bulletin.objects.select_for_update().get(pk=obj.pk)
        obj.status = stored.status
        super().save_model(request, obj, form, change)
        now = timezone.now()
        moved = APPROVED_TERMS & set(form.changed_data)
        if moved and stored.status == Bulletin.Status.APPROVED and not stored.is_published(now):
            lapse(obj, now, f"{request.user} changed the day or the audience")
            self.say_lapsed(request, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change and lapse_if_changed(form.instance, timezone.now(), f"{request.user} edited the issue"):
            self.say_lapsed(request, form.instance)

    def say_lapsed(self, request: HttpRequest, bulletin: Bulletin) -> None:
        """Tell the editor that the approval no longer holds."""
        messages.warning(request, f"{bulletin} was approved; after this edit it is a draft again.")

    def response_add(self, request: HttpRequest, obj: Bulletin, post_url_continue: Any = None) -> HttpResponse:
        messages.success(request, f"{obj} is started: its standing sections are there, now write the items.")
        for other in Bulletin.objects.for_subscribers().filter(month=obj.month).exclude(pk=obj.pk):
            messages.warning(request, f"{obj.month:%B %Y} has another issue already: {other}. Each is mailed.")
        return HttpResponseRedirect(reverse("admin:bulletins_bulletin_change", args=[obj.pk]))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        bulletin = self.get_object(request, object_id)
        extra = {
            "approval": approval_in_force(bulletin) if bulletin else None,
            "is_published": bulletin is not None and bulletin.is_published(timezone.now()),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, extra)


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    list_display = ["name", "role"]
    fields = ["name", "role"]

    def save_model(self, request: HttpRequest, obj: Author, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for bulletin in Bulletin.objects.upcoming(timezone.now()).filter(author=obj):
            if lapse_if_changed(bulletin, timezone.now(), f"{request.user} edited its author"):
                messages.warning(request, f"{bulletin} was approved; with another author it is a draft again.")


@admin.register(StandingSection)
class StandingSectionAdmin(admin.ModelAdmin):
    list_display = ["heading", "kind", "position"]


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
    prepopulated_fields = {"slug": ["name"]}


@admin.register(PublicationDay)
class PublicationDayAdmin(admin.ModelAdmin):
    list_display = ["date", "state", "reason"]
    list_filter = ["state"]
    fields = ["month", "date", "reason", "state"]
    readonly_fields = ["month"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: PublicationDay, form: ModelForm, change: bool) -> None:
        before = PublicationDay.objects.select_for_update().get(pk=obj.pk).publish_at()
        super().save_model(request, obj, form, change)
        for sentence in follow_day(obj, before, timezone.now()):
            messages.warning(request, sentence)
