"""The roles of the staff: groups with the rights that the house declares for them (`config.roles`, as `ROLES`)."""

import hashlib
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q, QuerySet


def grant(*migration: Any) -> None:
    """Give the group of each role the rights that it lacks; what a person gave or made besides stays.

    For a migration's RunPython: it makes rights that Django itself would make only after the last migration.
    Raises LookupError for a right that no model has.
    """
    for label in sorted({right.partition(".")[0] for rights in settings.ROLES.values() for right in rights}):
        create_permissions(apps.get_app_config(label), verbosity=0)
    known = {f"{one.content_type.app_label}.{one.codename}": one for one in permissions()}
    for name, rights in settings.ROLES.items():
        if unknown := rights - known.keys():
            raise LookupError(f"The role {name} has rights that no model gives: {', '.join(sorted(unknown))}.")
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*(known[right] for right in rights))


def permissions() -> QuerySet[Permission]:
    """Return all rights, with the app that each is of."""
    return Permission.objects.select_related("content_type")


def fingerprint() -> str:
    """Return a hash of what is declared: the newest migration of roles names it, or a new one is due."""
    lines = (f"{name}: {' '.join(sorted(rights))}\n" for name, rights in sorted(settings.ROLES.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def rights_of(user: User) -> QuerySet[Permission]:
    """Return what somebody may do by role or by a right of their own; also of one who cannot sign in now."""
    return permissions().filter(Q(group__user=user) | Q(user=user)).distinct()


def covers(user: User, other: User) -> bool:
    """Tell whether somebody may do all that another may."""
    if user.is_superuser:
        return True
    return not other.is_superuser and not rights_of(other).difference(rights_of(user)).exists()


def roles_within(user: User) -> QuerySet[Group]:
    """Return the roles that bring nothing which somebody may not do already."""
    if user.is_superuser:
        return Group.objects.all()
    beyond = Group.permissions.through.objects.exclude(permission__in=rights_of(user).values("pk"))
    return Group.objects.exclude(pk__in=beyond.values("group"))
