"""The issue's own page and the list of issues."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from bulletins.admin.correcting import asked, is_out, note_correction, on_to_the_letter
from bulletins.admin.parts import EventInline, NewsItemInline, SectionInline, renumber
from bulletins.approval import approval_in_force, lapse, lapse_if_changed
from bulletins.composition import compose, dead_ends
from bulletins.corrections import CorrectedBulletinForm, reason
from bulletins.forms import LIKE_LAST, BulletinForm, NewBulletinForm, ask_again
from bulletins.models import Bulletin, NewsItem
from bulletins.preflight.proof import ask_for_links
from bulletins.starting import last_issue, next_to_write, start_issue
from bulletins.words import moment_in_words
from publication.desk import DeskAdmin, number_of
from publication.log import record

# What is stored of an issue's own form, as against what is asked beside it.
WRITTEN = {field.name for field in Bulletin._meta.fields}
# Changing these of an approved issue takes its approval back, though readers' words stay the same.
APPROVED_TERMS = {"publish_at", "audience"}

STANDING = {"Draft": "info", "Approved": "primary", "Published": "success", "Taken down": "danger"}


def standing(bulletin: Bulletin) -> str:
    """Say in a word where an issue stands."""
    if bulletin.is_published(timezone.now()):
        return "Published"
    return {"draft": "Draft", "approved": "Approved", "withdrawn": "Taken down"}[bulletin.status]


@admin.register(Bulletin)
class BulletinAdmin(DeskAdmin):
    form = BulletinForm
    list_display = ["title", "for_month", "where_it_stands", "day", "how_many", "goes_to"]
    list_filter = ["status", "audience", "author"]
    list_before_template = "admin/bulletins/_next_day.html"
    list_per_page = 50
    search_fields = ["title", "items__headline"]
    search_help_text = "Search titles and headlines"
    nothing_yet = (
        "An issue is what readers get each month: sections with news items, events and your closing words. "
        "Choose its month, and it starts with your standing sections."
    )
    actions = None
    change_form_show_cancel_button = True
    fieldsets = [
        (None, {"fields": ["seen", "title", "author", "summary", "intro", "sign_off"]}),
        ("When and to whom", {"fields": ["publish_at", "publish_reason", "audience", "special"]}),
        ("Address and origin", {"fields": ["month", "slug", "reading_minutes", "provenance"], "classes": ["collapse"]}),
    ]
    inlines = [SectionInline, NewsItemInline, EventInline]
    helps = {
        "title": "Also the subject of the letter.",
        "author": "Name and role stand under the closing words.",
        "intro": "A few words of welcome. The contents list follows by itself, made of the headlines.",
        "sign_off": "Your closing words; the author's name and role follow by themselves.",
        "publish_at": "UK time. The first Wednesday of the month is filled in for you.",
        "publish_reason": "Only if it is not the first Wednesday: colleagues see why.",
        "audience": "Subscribers get it by email at that time. The archive alone mails nobody.",
        "special": "Goes out beside the month's own issue; the publication day does not wait for it.",
        "slug": "Its address in the year, such as march.",
        "reading_minutes": "Leave empty to have it counted.",
    }
    examples = {
        "publish_reason": "Such as: the first Wednesday falls into the holidays",
    }

    class Media:
        js = ["publication/write.js", "bulletins/quick.js"]

    @admin.display(description="month", ordering="month")
    def for_month(self, bulletin: Bulletin) -> str:
        """The month in words."""
        return f"{bulletin.month:%B %Y}"

    @display(description="status", ordering="status", label=STANDING)
    def where_it_stands(self, bulletin: Bulletin) -> str:
        """Draft, approved, published or taken down."""
        return standing(bulletin)

    @admin.display(description="publication day", ordering="publish_at")
    def day(self, bulletin: Bulletin) -> str:
        """The day and hour in words, and how far it is."""
        return moment_in_words(bulletin.publish_at)

    @admin.display(description="items", ordering="item_count")
    def how_many(self, bulletin: Bulletin) -> int:
        """How many news items it holds."""
        return bulletin.item_count  # type: ignore[attr-defined]

    @admin.display(description="goes to", ordering="audience")
    def goes_to(self, bulletin: Bulletin) -> str:
        """Whom it is for, in two words."""
        return bulletin.audience.removesuffix(" only")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bulletin]:
        bulletins = super().get_queryset(request)
        return bulletins.annotate(item_count=number_of(NewsItem.objects.all(), "bulletin"))

    def get_fieldsets(self, request: HttpRequest, obj: Bulletin | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["month", "author", "structure", "special"]})]
        return asked(obj, self.fieldsets) if is_out(obj) else self.fieldsets

    def get_inlines(self, request: HttpRequest, obj: Bulletin | None = None) -> Any:
        return self.inlines if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewBulletinForm
        elif is_out(obj):
            kwargs["form"] = CorrectedBulletinForm
            # How a box is to be filled in says nothing where it is none.
            kwargs["help_texts"] = dict.fromkeys(self.get_readonly_fields(request, obj), "")
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Bulletin | None = None) -> list[str]:
        if obj is None:
            return []
        if is_out(obj):
            # Its address and its day have been seen: a correction changes words only.
            return ["provenance", "month", "slug", "publish_at", "publish_reason", "audience", "special"]
        return ["provenance"]

    def get_view_on_site_url(self, obj: Bulletin | None = None) -> str | None:
        return super().get_view_on_site_url(obj) if obj and obj.is_published(timezone.now()) else None

    def has_delete_permission(self, request: HttpRequest, obj: Bulletin | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.status == Bulletin.Status.DRAFT)

    def save_model(self, request: HttpRequest, obj: Bulletin, form: ModelForm, change: bool) -> None:
        if not change:
            obj.last_edited_by_id = request.user.pk
            like = last_issue() if form.cleaned_data["structure"] == LIKE_LAST else None
            start_issue(obj, timezone.now(), like)
            return
        # The lock that opening the mailing takes: an edit comes wholly before it or wholly after.
        stored = Bulletin.objects.select_for_update().get(pk=obj.pk)
        obj.status = stored.status
        obj._change_reason = reason(form.cleaned_data)  # type: ignore[attr-defined]
        if not WRITTEN & set(form.changed_data):
            return
        obj.last_edited_by_id = request.user.pk
        super().save_model(request, obj, form, change)
        now = timezone.now()
        moved = APPROVED_TERMS & set(form.changed_data)
        if moved and stored.status == Bulletin.Status.APPROVED and not stored.is_published(now):
            lapse(obj, now, f"{request.user} changed the day or the audience")
            self.say_lapsed(request, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            return
        if any(formset.has_changed() for formset in formsets) or form.cleaned_data.get("correction_note"):
            form.instance.last_edited_by_id = request.user.pk
            form.instance.save(update_fields=["last_edited_by", "updated_at"])
        renumber(form.instance)
        note_correction(request, form.instance, form.cleaned_data)
        form.instance._asked = form.cleaned_data
        if lapse_if_changed(form.instance, timezone.now(), f"{request.user} edited the issue"):
            self.say_lapsed(request, form.instance)
        ask_for_links(form.instance, timezone.now())
        for link in dead_ends(compose(Bulletin.objects.with_parts().get(pk=form.instance.pk))):
            messages.warning(request, f"The link “{link}” leads to no item or section of this issue.")

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> list:
        """Name for the log what was changed of the issue; what was asked about a correction is none of it."""
        form.changed_data = [name for name in form.changed_data if name in WRITTEN]
        return super().construct_change_message(request, form, formsets, add)

    def say_lapsed(self, request: HttpRequest, bulletin: Bulletin) -> None:
        """Tell the editor, and the log, that the approval no longer holds."""
        record(request.user, bulletin, "Changed it after its approval, which no longer holds.")
        messages.warning(request, f"{bulletin} was approved; after this edit it is a draft again.")

    def response_add(self, request: HttpRequest, obj: Bulletin, post_url_continue: Any = None) -> HttpResponse:
        messages.success(request, f"{obj} is started: its sections are there, now write the items.")
        if obj.publish_at is None:
            messages.info(request, "Choose its day under “When and to whom”: it has none yet.")
        for other in Bulletin.objects.for_subscribers().filter(month=obj.month).exclude(pk=obj.pk):
            url = reverse("admin:bulletins_bulletin_change", args=[other.pk])
            words = '{} has another issue already: <a href="{}">{}</a>. Each is mailed.'
            messages.warning(request, format_html(words, f"{obj.month:%B %Y}", url, other))
        return HttpResponseRedirect(reverse("admin:bulletins_bulletin_change", args=[obj.pk]))

    def response_change(self, request: HttpRequest, obj: Bulletin) -> HttpResponse:
        said = super().response_change(request, obj)
        return on_to_the_letter(request, obj, getattr(obj, "_asked", {})) or said

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead to the history of the whole issue: Django's own knows only that something was changed."""
        return redirect("bulletins_desk:history", object_id)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Offer the next month that has no issue yet, and who signed the last one."""
        day, last = next_to_write(timezone.now()), Bulletin.objects.first()
        offered = {"month": day.month if day else None, "author": last.author_id if last else None}
        return {**offered, **super().get_changeform_initial_data(request)}

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Show the page; one that comes back after a POST has lost its uploads, and says so."""
        for part in context["inline_admin_formsets"] if request.method == "POST" else []:
            for row in part.formset.forms:
                ask_again(row)
        return super().render_change_form(request, context, *args, **kwargs)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        only_save = {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().add_view(request, form_url, {**only_save, **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        bulletin = self.get_object(request, object_id)
        extra = {
            "approval": approval_in_force(bulletin) if bulletin else None,
            "standing": standing(bulletin) if bulletin else "",
            "standing_colour": STANDING[standing(bulletin)] if bulletin else "",
            "day": moment_in_words(bulletin.publish_at) if bulletin else "",
            "show_save_and_add_another": False,
            "is_published": bulletin is not None and bulletin.is_published(timezone.now()),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, extra)
