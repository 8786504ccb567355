"""The demo's staff: an editor, an approver and an administrator, each in the role of that name."""

from django.contrib.auth.models import Group, User

ROLES = {"editor": False, "approver": False, "administrator": True}


def make_staff() -> dict[str, User]:
    """Make all logins, and return them by name."""
    return {name: make_login(name, is_superuser) for name, is_superuser in ROLES.items()}


def make_login(name: str, is_superuser: bool) -> User:
    """Make a member of staff whose password is its name and `-demo`; a migration made the role."""
    user, new = User.objects.get_or_create(
        username=name,
        defaults={"email": f"{name}@example.org", "is_staff": True, "is_superuser": is_superuser},
    )
    if new:
        user.set_password(f"{name}-demo")
        user.save()
    user.groups.add(Group.objects.get(name=name))
    return user
