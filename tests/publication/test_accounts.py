"""The staff in the admin: roles, who is locked out and let in again, and who may touch whose account."""

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, User

from publication.accounts import PersonForm
from tests.conftest import SecureClient
from tests.factories import make_staff
from tests.publication.test_lockout import RIGHT, fail, sign_in

pytestmark = pytest.mark.django_db
STAFF, ROLES, FAILED = "/admin/auth/user/", "/admin/auth/group/", "/admin/publication/failedsignin/"
LONG = "gorse-kettle-Harbour-41"


@pytest.fixture
def alice():
    return make_staff("alice", first_name="Alice", last_name="Example")


@pytest.fixture
def root(client):
    client.force_login(make_staff("root", is_superuser=True))
    return client


@pytest.fixture
def manager(client):
    """Somebody who keeps the accounts without being a superuser."""
    client.force_login(make_staff("manager", "view_user", "change_user", "delete_user"))
    return client


def test_the_list_shows_roles_and_who_is_locked_out(root, alice, django_assert_max_num_queries):
    alice.groups.add(*Group.objects.filter(name__in=["editor", "approver"]))
    fail(5)
    with django_assert_max_num_queries(12):
        page = root.get(STAFF).content.decode()
    assert "approver, editor" in page
    assert "Alice Example" in page
    assert "superuser" in page
    assert page.count("locked out") == 1


def test_a_locked_person_is_let_in_again_and_that_is_written_down(root, alice):
    fail(5)
    assert sign_in(password=RIGHT).status_code == 429
    page = root.post(STAFF, {"action": "unlock", "_selected_action": [alice.pk]}, follow=True).content.decode()
    assert "May try again at once: alice." in page
    assert "Unlocked: may try to sign in again at once." in root.get(f"{STAFF}{alice.pk}/history/").content.decode()
    assert sign_in(password=RIGHT).status_code == 302


def test_failed_sign_ins_are_listed_and_touched_by_nobody(root, alice):
    fail(2, password="a secret")
    attempt = AccessAttempt.objects.get()
    page = root.get(FAILED).content.decode()
    assert "alice" in page and "203.0.113.7" in page
    shown = root.get(f"{FAILED}{attempt.pk}/change/").content.decode()
    assert "203.0.113.7" in shown and "post_data" not in shown
    assert root.post(f"{FAILED}{attempt.pk}/change/", {"username": "bob"}).status_code == 403
    assert root.post(f"{FAILED}{attempt.pk}/delete/", {"post": "yes"}).status_code == 403
    assert root.get(f"{FAILED}add/").status_code == 403


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short-One-3", "at least 12 characters"),
        ("qwerty123456", "too common"),
        ("123456789012345", "entirely numeric"),
        ("alice-example", "too similar to the"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(root, alice, password, words):
    fields = {"password1": password, "password2": password, "usable_password": "true"}
    page = root.post(f"{STAFF}{alice.pk}/password/", fields).content.decode()
    assert words in page
    alice.refresh_from_db()
    assert alice.check_password(RIGHT)


@pytest.mark.parametrize("path", [f"{STAFF}add/", "/admin/password_change/"])
def test_the_rules_are_said_before_anybody_breaks_them(root, path):
    page = root.get(path).content.decode()
    for rule in ["at least 12 characters", "commonly used", "entirely numeric", "too similar"]:
        assert rule in page


def test_a_person_is_added_with_a_password_that_holds(root):
    fields = {"username": "bob", "password1": LONG, "password2": LONG, "usable_password": "true"}
    assert root.post(f"{STAFF}add/", fields).status_code == 302
    assert User.objects.get(username="bob").check_password(LONG)


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(alice):
    here, there = SecureClient(), SecureClient()
    here.force_login(alice)
    there.force_login(alice)
    fields = {"old_password": RIGHT, "new_password1": LONG, "new_password2": LONG}
    assert here.post("/admin/password_change/", fields).status_code == 302
    assert here.get("/admin/").status_code == 200
    assert there.get("/admin/").status_code == 302


def test_who_keeps_accounts_cannot_raise_anybody(manager, alice):
    page = manager.get(f"{STAFF}{alice.pk}/change/").content.decode()
    assert 'name="is_superuser"' not in page
    fields = {"username": "alice", "email": "a@example.org", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    assert manager.post(f"{STAFF}{alice.pk}/change/", fields).status_code == 302
    alice.refresh_from_db()
    assert (alice.email, alice.is_superuser) == ("a@example.org", False)


@pytest.mark.parametrize("page", ["change", "delete", "password"])
def test_who_keeps_accounts_cannot_take_an_administrators(manager, page):
    root = make_staff("root", is_superuser=True)
    fields = {"password1": LONG, "password2": LONG, "usable_password": "true", "post": "yes", "username": "root"}
    assert manager.post(f"{STAFF}{root.pk}/{page}/", fields).status_code == 403
    root.refresh_from_db()
    assert root.check_password(RIGHT)


def test_roles_have_their_page(root):
    editors = Group.objects.get(name="editor")
    assert root.get(f"{ROLES}{editors.pk}/change/").status_code == 200
    assert "editor" in root.get(ROLES).content.decode()


@pytest.mark.parametrize("off", ["is_active", "is_staff", "is_superuser"])
def test_nobody_takes_their_own_way_in(root, off):
    make_staff("other", is_superuser=True)
    me = User.objects.get(username="root")
    fields = {"username": "root", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    del fields[off]
    answer = root.post(f"{STAFF}{me.pk}/change/", fields)
    assert answer.status_code == 200
    assert "This is your own account" in str(answer.context["adminform"].form.errors[off])
    assert getattr(User.objects.get(username="root"), off)


def test_an_administrator_demotes_another_and_keeps_their_own_name_up_to_date(root):
    me, other = User.objects.get(username="root"), make_staff("other", is_superuser=True)
    fields = {"username": "other", "is_active": "on", "is_staff": "on"}
    assert root.post(f"{STAFF}{other.pk}/change/", fields).status_code == 302
    assert not User.objects.get(pk=other.pk).is_superuser
    mine = {**fields, "username": "root", "is_superuser": "on", "first_name": "Robin"}
    assert root.post(f"{STAFF}{me.pk}/change/", mine).status_code == 302


def test_the_last_superuser_stays_one():
    last = make_staff("last", is_superuser=True)
    make_staff("gone", is_superuser=True, is_active=False)
    form = PersonForm({"username": "last", "is_active": "on", "is_staff": "on"}, instance=last)
    assert form.errors["is_superuser"] == ["This is the last superuser: make somebody else one first."]


def test_nobody_deletes_themselves(root):
    me = User.objects.get(username="root")
    assert root.post(f"{STAFF}{me.pk}/delete/", {"post": "yes"}).status_code == 403
    assert f"{STAFF}{me.pk}/delete/" not in root.get(f"{STAFF}{me.pk}/change/").content.decode()
    root.post(STAFF, {"action": "delete_selected", "_selected_action": [me.pk], "post": "yes"})
    assert User.objects.filter(pk=me.pk).exists()
