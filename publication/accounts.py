"""The staff in the admin: who they are, what they may do, and who is locked out."""

from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from publication.desk import DeskAdmin, ReadOnly
from publication.lockout import recent_attempts
from publication.log import record
from publication.models import FailedSignIn
from publication.roles import covers, roles_within

admin.site.unregister([User, Group])
# What lets somebody give any right, themselves among others.
RIGHTS = ["is_superuser", "user_permissions"]
# Without any one of these nobody is a superuser; without the first two nobody signs in at the desk.
IN_POWER = ["is_active", "is_staff", "is_superuser"]


class PersonForm(UserChangeForm):
    """One person's account. Nobody shuts themselves out, and one superuser is always left."""

    asker: Any = None

    def clean(self) -> dict[str, Any]:
        """Refuse to take away one's own way in, or the last superuser's."""
        cleaned = super().clean() or {}
        before = User.objects.get(pk=self.instance.pk)
        lost = [name for name in IN_POWER if getattr(before, name) and not cleaned.get(name, getattr(before, name))]
        if lost and before == self.asker:
            self.add_error(lost[0], "This is your own account: ask another administrator to do that.")
        elif lost and before.is_superuser and not other_superusers(before):
            self.add_error(lost[0], "This is the last superuser: make somebody else one first.")
        return cleaned


def other_superusers(user: User) -> list[User]:
    """Return the other superusers who can sign in; locked, for two might demote each other at once."""
    in_power = User.objects.select_for_update().filter(**dict.fromkeys(IN_POWER, True)).order_by("pk")
    return [other for other in in_power if other != user]


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """One person on the staff. Nobody gives a role beyond their own rights, or touches an account that has more."""

    form = PersonForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "full_name", "roles", "last_login", "is_active", "locked"]
    list_filter = ["is_active", "groups"]
    search_fields = ["username", "first_name", "last_name", "email"]
    actions = ["unlock"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (
            "Who it is",
            {
                "fields": ["first_name", "last_name", "email"],
                "description": "Alerts about mailings go to the address: give one that is read.",
            },
        ),
        (
            "What they may do",
            {
                "fields": ["is_active", "is_staff", "groups"],
                "description": "Staff status lets them into the desk. Roles that may do more than you yourself are not "
                "offered. For somebody who leaves, switch “active” off: what they wrote and approved keeps their name.",
            },
        ),
        (
            "Single rights",
            {
                "fields": ["is_superuser", "user_permissions"],
                "classes": ["collapse"],
                "description": "Seldom needed: a superuser may do everything, and make others so.",
            },
        ),
        ("When", {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ["user_permissions"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Let roles be ticked: there are few of them."""
        if db_field.name != "groups":
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        kwargs |= {
            "widget": UnfoldAdminCheckboxSelectMultipleWidget,
            "queryset": roles_within(cast(User, request.user)),
        }
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            field.label, field.help_text = "Roles", "Each brings its rights; Roles, in the side bar, says which."
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return the staff with their roles, and whether a name is locked out somewhere."""
        tries = recent_attempts().filter(username=OuterRef("username")).values("username", "ip_address")
        full = tries.annotate(sum=Sum("failures_since_start")).filter(sum__gte=settings.AXES_FAILURE_LIMIT)
        return super().get_queryset(request).prefetch_related("groups").annotate(is_locked=Exists(full))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Leave single rights to superusers, and one's own roles to somebody else."""
        fields = super().get_readonly_fields(request, obj)
        if request.user.is_superuser:
            return fields
        return [*fields, *RIGHTS, *(["groups"] if obj == request.user else [])]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Keep accounts, with their passwords, from those who may do less."""
        return super().has_change_permission(request, obj) and may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Keep accounts from those who may do less, everybody from deleting themselves, and the log whole."""
        if obj is not None and LogEntry.objects.filter(user=obj).exists():
            return False
        return super().has_delete_permission(request, obj) and may_touch(request, obj) and obj != request.user

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Let the form know who asks: it is a class of its own for each request."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.asker = request.user
        return form

    @admin.display(description="name", ordering="last_name")
    def full_name(self, user: User) -> str:
        """First and last name."""
        return user.get_full_name()

    @admin.display(description="role")
    def roles(self, user: User) -> str:
        """The groups, or that all is allowed."""
        names = ["superuser"] if user.is_superuser else []
        return ", ".join([*names, *sorted(group.name for group in user.groups.all())])

    @display(description="signing in", label={"open": "success", "locked out": "danger"})
    def locked(self, user: User) -> str:
        """Whether this name is locked out at some address."""
        return "locked out" if getattr(user, "is_locked", False) else "open"

    @admin.action(description="Unlock: let them try again at once", permissions=["change"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Forget the failures of the chosen names."""
        for user in queryset:
            FailedSignIn.objects.filter(username=user.get_username()).delete()
            record(request.user, user, "Unlocked: may try to sign in again at once.")
        names = ", ".join(user.get_username() for user in queryset)
        self.message_user(request, f"May try again at once: {names}.", messages.SUCCESS)


def may_touch(request: HttpRequest, user: User | None) -> bool:
    """Tell whether an account is not above the one that asks."""
    return user is None or covers(cast(User, request.user), user)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """A role: the rights that its people share."""


@admin.register(FailedSignIn)
class FailedSignInAdmin(ReadOnly, DeskAdmin):
    """The failures of the last quarter of an hour; what was typed beside the name is not shown."""

    list_display = ["attempt_time", "username", "ip_address", "failures_since_start", "user_agent"]
    fields = ["attempt_time", "username", "ip_address", "failures_since_start", "user_agent"]
    search_fields = ["username", "ip_address"]
    nothing_yet = "Nobody has typed a wrong password lately. Who types five is locked out for a quarter of an hour."
