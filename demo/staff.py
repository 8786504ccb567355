"""The demo's staff: an editor, an approver and an administrator."""

from django.contrib.auth.models import Group, Permission, User

EDITING = (
    "bulletin",
    "section",
    "newsitem",
    "event",
    "author",
    "topic",
    "resource",
    "resourcetopic",
    "helpline",
    "standingsection",
)
ROLES = {"editor": False, "approver": False, "administrator": True}


def make_staff() -> dict[str, User]:
    """Make all logins, and return them by name."""
    return {name: make_login(name, is_superuser) for name, is_superuser in ROLES.items()}


def make_login(name: str, is_superuser: bool) -> User:
    """Make a member of staff whose password is its name and `-demo`."""
    user, new = User.objects.get_or_create(
        username=name,
        defaults={"email": f"{name}@example.org", "is_staff": True, "is_superuser": is_superuser},
    )
    if new:
        user.set_password(f"{name}-demo")
        user.save()
    if not is_superuser:
        user.groups.add(make_group(name))
    return user


def make_group(name: str) -> Group:
    """Make the group of editors, or of approvers, who may also approve and steer what is mailed."""
    group, _ = Group.objects.get_or_create(name=name)
    codes = [f"{verb}_{model}" for verb in ("add", "change", "delete", "view") for model in EDITING]
    codes += ["view_publication", "view_publicationday", "change_publicationday", "view_mailing"]
    if name == "approver":
        codes += ["approve_bulletin", "steer_mailing", "view_delivery", "view_mailingact"]
    group.permissions.set(Permission.objects.filter(codename__in=codes))
    return group
