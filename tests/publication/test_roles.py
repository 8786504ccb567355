"""The roles of the staff: what a fresh installation has, what stays of what people added, and who gives which."""

import importlib
import pkgutil

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User

from mailings import migrations
from publication.roles import covers, fingerprint, grant, roles_within
from tests.factories import make_staff

pytestmark = pytest.mark.django_db
STAFF = "/admin/auth/user/"


def rights(group: Group) -> set[str]:
    return {f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.select_related("content_type")}


def make_member(role: str, name: str = "") -> User:
    """Make somebody in one role."""
    user = make_staff(name or f"the-{role}")
    user.groups.add(Group.objects.get(name=role))
    return user


def test_a_fresh_installation_has_the_roles_as_they_are_declared(settings):
    assert {group.name: rights(group) for group in Group.objects.all()} == settings.ROLES


def test_each_role_may_do_what_the_one_before_may(settings):
    editor, approver, administrator = settings.ROLES.values()
    assert editor < approver < administrator


def test_only_superusers_give_single_rights_or_change_roles(settings):
    beyond = {"auth.change_group", "auth.add_group", "auth.delete_group", "auth.delete_user"}
    assert not beyond & settings.ROLES["administrator"]


def test_a_change_of_the_declaration_asks_for_a_migration():
    names = sorted(module.name for module in pkgutil.iter_modules(migrations.__path__))
    modules = [importlib.import_module(f"mailings.migrations.{name}") for name in names]
    newest = [module.DECLARED for module in modules if hasattr(module, "DECLARED")][-1]
    words = "config.roles changed: make a migration that runs publication.roles.grant and names this fingerprint."
    assert newest == fingerprint(), words


def test_what_people_added_or_made_by_hand_stays(settings):
    editors, clerks = Group.objects.get(name="editor"), Group.objects.create(name="clerk")
    extra = Permission.objects.get(codename="view_subscriber")
    editors.permissions.add(extra)
    clerks.permissions.add(extra)
    member = make_member("editor")
    grant()
    assert rights(editors) == settings.ROLES["editor"] | {"subscribers.view_subscriber"}
    assert rights(clerks) == {"subscribers.view_subscriber"}
    assert [group.name for group in member.groups.all()] == ["editor"]


def test_a_right_that_is_declared_later_reaches_the_role(settings):
    settings.ROLES = {**settings.ROLES, "editor": settings.ROLES["editor"] | {"mailings.view_rhythm"}}
    Permission.objects.filter(codename="view_rhythm").delete()
    grant(apps, None)
    assert "mailings.view_rhythm" in rights(Group.objects.get(name="editor"))


def test_a_right_that_no_model_gives_is_refused(settings):
    settings.ROLES = {"editor": frozenset({"mailings.fly"})}
    with pytest.raises(LookupError, match=r"no model gives: mailings\.fly"):
        grant()


def test_nobody_covers_more_than_they_may():
    editor, approver, root = make_member("editor"), make_member("approver"), make_staff("root", is_superuser=True)
    assert covers(approver, editor) and covers(root, approver) and covers(editor, editor)
    assert not covers(editor, approver) and not covers(approver, root)


def test_a_role_is_offered_to_those_who_may_do_all_of_it():
    names = {
        role: sorted(group.name for group in roles_within(make_member(role, f"one-{role}")))
        for role in ("editor", "approver", "administrator")
    }
    assert names == {
        "editor": ["editor"],
        "approver": ["approver", "editor"],
        "administrator": ["administrator", "approver", "editor"],
    }


@pytest.fixture
def administrator(client):
    user = make_member("administrator")
    client.force_login(user)
    return user


def fields(user: User, *roles: str) -> dict:
    groups = [Group.objects.get(name=role).pk for role in roles]
    return {"username": user.username, "is_active": "on", "is_staff": "on", "groups": groups}


def test_an_administrator_gives_and_takes_roles(client, administrator):
    alice = make_member("editor", "alice")
    assert client.post(f"{STAFF}{alice.pk}/change/", fields(alice, "editor", "approver")).status_code == 302
    assert sorted(group.name for group in alice.groups.all()) == ["approver", "editor"]
    client.post(f"{STAFF}{alice.pk}/change/", fields(alice, "approver"))
    assert [group.name for group in alice.groups.all()] == ["approver"]


def test_nobody_gives_a_role_beyond_their_own(client, administrator):
    owners = Group.objects.create(name="owner")
    owners.permissions.add(Permission.objects.get(codename="change_group"))
    alice = make_staff("alice")
    assert "owner" not in client.get(f"{STAFF}{alice.pk}/change/").content.decode()
    answer = client.post(f"{STAFF}{alice.pk}/change/", fields(alice, "owner"))
    assert "Select a valid choice" in answer.content.decode()
    alice.groups.add(owners)
    assert client.post(f"{STAFF}{alice.pk}/change/", fields(alice)).status_code == 403
    assert client.post(f"{STAFF}{alice.pk}/password/", {}).status_code == 403
    assert [group.name for group in alice.groups.all()] == ["owner"]


def test_an_account_that_is_switched_off_is_no_way_up(client, administrator):
    gone = make_staff("gone", "change_group", is_active=False)
    assert client.post(f"{STAFF}{gone.pk}/password/", {}).status_code == 403


def test_nobody_changes_their_own_roles(client, administrator):
    client.post(f"{STAFF}{administrator.pk}/change/", fields(administrator, "editor"))
    assert [group.name for group in administrator.groups.all()] == ["administrator"]


def test_an_administrator_makes_nobody_a_superuser(client, administrator):
    alice = make_staff("alice")
    client.post(f"{STAFF}{alice.pk}/change/", {**fields(alice), "is_superuser": "on", "user_permissions": [1]})
    alice.refresh_from_db()
    assert (alice.is_superuser, alice.user_permissions.count()) == (False, 0)
