"""The log that staff read: a line for each act, of each only what one may look at, and nobody changes it."""

import datetime
import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bulletins.models import Bulletin
from mailings.claiming import claim
from mailings.models import Mailing
from mailings.progress import kept
from publication.log import record
from publication.models import LogLine, SenderClaim
from tests.factories import (
    make_approved,
    make_author,
    make_bulletin,
    make_helpline,
    make_publication,
    make_staff,
    make_subscriber,
)
from tests.mailings.cast import make_clean, make_mailing

pytestmark = pytest.mark.django_db

LOG = reverse("admin:publication_logline_changelist")
PASSWORD = "a long enough password"
AHEAD = datetime.timedelta(days=3)


@pytest.fixture
def grace(client):
    """An administrator with a name, signed in."""
    grace = make_staff("grace", first_name="Grace", last_name="Example")
    grace.groups.add(Group.objects.get(name="administrator"))
    client.force_login(grace)
    kept.forget()
    return grace


def lines(by: User) -> list[tuple[str, str]]:
    """Return what somebody did, the oldest first: the kind of thing and the words."""
    rows = LogEntry.objects.filter(user=by).select_related("content_type").order_by("pk")
    return [(row.content_type.model, row.get_change_message()) for row in rows]


def ahead(**fields) -> Bulletin:
    make_publication()
    return make_bulletin(publish_at=timezone.now() + AHEAD, publish_reason="for the test", **fields)


def place(name, *args):
    return reverse(f"mailings:{name}", args=args)


def approve(client) -> Bulletin:
    bulletin = make_clean(publish_at=timezone.now() + AHEAD, publish_reason="for the test")
    seen = client.get(place("approve", bulletin.pk)).context["seen"]
    client.post(place("approve", bulletin.pk), {"seen": seen})
    return bulletin


def approving(client, by):
    approve(client)


def taking_back(client, by):
    bulletin = approve(client)
    client.post(place("take_back", bulletin.pk), {"reason": "a typo"})


def taking_down(client, by):
    client.post(place("withdraw", make_approved().pk), {"reason": "It named a child."})


def sending_now(client, by):
    make_publication()
    bulletin = make_approved(publish_at=timezone.now() + AHEAD, publish_reason="for the test")
    given = {"reason": "it cannot wait", "confirmation": bulletin.slug, "password": PASSWORD}
    client.post(place("send_now", bulletin.pk), given)


def pausing(client, by):
    client.post(place("pause", make_mailing(readers=1).pk), {"reason": "a typo"})


def resuming(client, by):
    mailing = make_mailing(readers=1)
    Mailing.objects.update(state="paused", pause_cause="person")
    client.post(place("resume", mailing.pk), {"reason": "mended"})


def cancelling(client, by):
    client.post(place("cancel", make_mailing(readers=1).pk), {"reason": "the wrong issue", "sure": "on"})


def exporting(client, by):
    client.post(place("ledger", make_mailing(readers=1).pk), {"password": PASSWORD})


def claiming(client, by):
    SenderClaim.objects.create(identity="elsewhere", at=timezone.now(), why="the first to send")
    claim(by, "we moved", timezone.now())


def checking(client, by):
    helpline = make_helpline()
    page = reverse("admin:resources_helpline_change", args=[helpline.pk])
    form = client.get(page).context["adminform"].form
    given = {name: form.initial.get(name) or "" for name in form.fields}
    client.post(page, {**given, "resources_helpline_checked_today": "1"})


def unlocking(client, by):
    alice = make_staff("alice")
    client.post(reverse("admin:auth_user_changelist"), {"action": "unlock", "_selected_action": [alice.pk]})


def unsubscribing(client, by):
    page, reader = reverse("admin:subscribers_subscriber_changelist"), make_subscriber(address="eve@example.org")
    client.post(page, {"action": "unsubscribe", "_selected_action": [reader.pk]})


@pytest.mark.parametrize(
    ("act", "kind", "words"),
    [
        (approving, "bulletin", "Approved it."),
        (taking_back, "bulletin", "Took its approval back: “a typo”"),
        (taking_down, "bulletin", "Took it down: “It named a child.”"),
        (sending_now, "mailing", "Sent it now: “it cannot wait”"),
        (pausing, "mailing", "Paused it: “a typo”"),
        (resuming, "mailing", "Resumed it: “mended”"),
        (cancelling, "mailing", "Cancelled it: “the wrong issue”"),
        (exporting, "mailing", "Took its ledger, with the addresses of its readers, as a file."),
        (claiming, "senderclaim", "Claimed the sending: “we moved”"),
        (checking, "helpline", "Checked that it is right."),
        (unlocking, "user", "Unlocked: may try to sign in again at once."),
        (unsubscribing, "subscriber", "Unsubscribed, at their wish."),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_each_act_leaves_a_line(client, grace, act, kind, words):
    act(client, grace)
    assert (kind, words) in lines(grace)[-2:]
    page = client.get(LOG).content.decode()
    assert words.split(":")[0] in page
    assert "Grace Example (grace)" in page


def test_an_act_that_changes_nothing_leaves_none(client, grace):
    mailing = make_mailing(readers=1)
    client.post(place("resume", mailing.pk), {"reason": "mended"})
    client.post(place("cancel", mailing.pk), {"reason": "not sure"})
    client.post(place("ledger", mailing.pk), {"password": "guessed"})
    assert lines(grace) == []


def test_it_says_who_did_what_to_what_and_leads_there(client, grace):
    author = make_author(name="Robin <i>Example</i>")
    record(grace, author, "Did <script>something</script>.")
    page = client.get(LOG).content.decode()
    assert "Did &lt;script&gt;something&lt;/script&gt;." in page
    link = reverse("admin:bulletins_author_change", args=[author.pk])
    assert f'<a class="underline" href="{link}">Robin &lt;i&gt;Example&lt;/i&gt;</a>' in page


def test_what_the_admin_wrote_itself_is_in_words(client, grace):
    changed = json.dumps([{"changed": {"fields": ["Title", "Summary"]}}])
    record(grace, make_bulletin(), changed)
    assert "Changed Title and Summary." in client.get(LOG).content.decode()


def test_each_sees_what_they_may_look_at(client, grace):
    record(grace, make_subscriber(), "Did something to a reader.")
    record(grace, make_staff("alice"), "Did something to a colleague.")
    record(grace, make_author(), "Did something to an author.")
    erin = make_staff("erin")
    erin.groups.add(Group.objects.get(name="editor"))
    client.force_login(erin)
    page = client.get(LOG).content.decode()
    assert "Did something to an author." in page
    assert "to a reader" not in page and "to a colleague" not in page
    hidden = LogLine.objects.get(change_message="Did something to a reader.")
    assert "to a reader" not in client.get(f"{LOG}{hidden.pk}/change/", follow=True).content.decode()
    client.force_login(make_staff("nobody", "view_bulletin"))
    assert client.get(LOG).status_code == 403


def test_a_reader_has_no_address_in_it(client, grace):
    unsubscribing(client, grace)
    line = LogEntry.objects.get(user=grace)
    assert line.object_repr == f"reader {line.object_id}"


def found(client, **query) -> list[str]:
    return [line.change_message for line in client.get(LOG, query).context["cl"].result_list]


def test_it_is_searched_and_filtered(client, grace):
    alan, author, issue = make_staff("alan"), make_author(), make_bulletin(title="The March issue")
    long_ago = timezone.now() - datetime.timedelta(days=100)
    record(grace, author, "Did one thing.")
    record(alan, issue, "Did another.")
    record(alan, author, "Did it long ago.", long_ago)
    kind = LogEntry.objects.filter(object_repr="The March issue").get().content_type_id
    assert found(client) == ["Did another.", "Did one thing.", "Did it long ago."]
    assert found(client, user__id__exact=alan.pk) == ["Did another.", "Did it long ago."]
    assert found(client, kind=kind) == ["Did another."]
    assert found(client, kind="x") == found(client)
    assert found(client, q="march") == ["Did another."]
    assert found(client, q="alan") == ["Did another.", "Did it long ago."]
    since = (timezone.now() - datetime.timedelta(days=1)).isoformat()
    assert found(client, action_time__gte=since) == ["Did another.", "Did one thing."]


def test_it_has_pages_and_costs_the_same_however_long_it_is(client, grace):
    author = make_author()
    for _ in range(3):
        record(grace, author, "Did something.")
    with CaptureQueriesContext(connection) as few:
        client.get(LOG)
    for number in range(60):
        record(make_staff(f"one-{number}") if number < 5 else grace, author, "Did something.")
    with CaptureQueriesContext(connection) as many:
        client.get(LOG)
    assert len(many) == len(few) <= 16
    assert (len(found(client)), len(found(client, p=2))) == (50, 13)


def test_nobody_writes_changes_or_deletes_a_line(client):
    root = make_staff("root", is_superuser=True)
    client.force_login(root)
    record(root, make_author(), "Did something.")
    line = LogLine.objects.get()
    assert client.get(f"{LOG}add/").status_code == 403
    assert client.post(f"{LOG}{line.pk}/change/", {"change_message": "Nothing."}).status_code == 403
    assert client.post(f"{LOG}{line.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("field", ["change_message", "object_repr", "object_id"])
def test_the_database_keeps_every_line_as_it_is(grace, field):
    record(grace, make_author(), "Did something.")
    with pytest.raises(InternalError, match="Cannot update rows"), transaction.atomic():
        LogEntry.objects.update(**{field: "Nothing."})
    with pytest.raises(InternalError, match="Cannot delete rows"), transaction.atomic():
        LogEntry.objects.all().delete()


def test_whoever_is_in_the_log_is_not_deleted_but_switched_off(client):
    client.force_login(make_staff("root", is_superuser=True))
    alice = make_staff("alice")
    record(alice, make_author(), "Did something.")
    page = reverse("admin:auth_user_delete", args=[alice.pk])
    assert client.post(page, {"post": "yes"}).status_code == 403
    given = {"action": "delete_selected", "_selected_action": [alice.pk], "post": "yes"}
    client.post(reverse("admin:auth_user_changelist"), given)
    assert User.objects.filter(pk=alice.pk).exists()


def test_an_empty_log_says_what_it_is_for(client, grace):
    assert "Whatever somebody of the staff does is written down here" in client.get(LOG).content.decode()
