"""What each role sees and may do: one table of pages and acts, and what stands in the side bar."""

import datetime

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from bulletins.models import Bulletin, PublicationDay, StandingSection, Topic
from mailings.models import Mailing
from publication.models import Publication
from tests.factories import (
    make_author,
    make_bulletin,
    make_helpline,
    make_resource,
    make_staff,
    make_subscriber,
)
from tests.mailings.cast import make_mailing

pytestmark = pytest.mark.django_db

ROLES = ("editor", "approver", "administrator")
SOON = datetime.timedelta(days=3)


@pytest.fixture
def cast(db):
    """One of everything that the table names."""
    mailing = make_mailing(readers=1)
    PublicationDay.objects.ensure(timezone.now())
    draft = make_bulletin(title="The draft", publish_at=timezone.now() + SOON, publish_reason="for the test")
    return {
        "bulletin": draft.pk,
        "item": draft.items.get().pk,
        "mailing": mailing.pk,
        "delivery": mailing.deliveries.get().pk,
        "publicationday": PublicationDay.objects.first().pk,
        "author": make_author().pk,
        "topic": Topic.objects.create(name="Online safety", slug="online-safety").pk,
        "standingsection": StandingSection.objects.create(kind="news", heading="In the news").pk,
        "resource": make_resource("A guide").pk,
        "helpline": make_helpline().pk,
        "publication": Publication.objects.get().pk,
        "subscriber": make_subscriber().pk,
        "user": make_staff("somebody").pk,
        "group": Group.objects.get(name="editor").pk,
    }


def sign_in(client, role):
    user = make_staff(f"the-{role}")
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)


SEEN, NONE = (200, 200, 200), (403, 403, 403)
FROM_APPROVER, ADMINISTRATOR = (403, 200, 200), (403, 403, 200)

LISTS = {
    "bulletins_bulletin": SEEN,
    "bulletins_publicationday": SEEN,
    "bulletins_author": SEEN,
    "bulletins_topic": SEEN,
    "bulletins_standingsection": SEEN,
    "resources_resource": SEEN,
    "resources_resourcetopic": SEEN,
    "resources_helpline": SEEN,
    "publication_publication": SEEN,
    "publication_logline": SEEN,
    "mailings_mailing": SEEN,
    "mailings_delivery": FROM_APPROVER,
    "mailings_mailingact": FROM_APPROVER,
    "mailings_alertsent": FROM_APPROVER,
    "subscribers_subscriber": FROM_APPROVER,
    "subscribers_suppression": ADMINISTRATOR,
    "subscribers_outgoingletter": ADMINISTRATOR,
    "publication_failedsignin": ADMINISTRATOR,
    "publication_senderclaim": ADMINISTRATOR,
    "auth_user": ADMINISTRATOR,
    "auth_group": ADMINISTRATOR,
}
ADDS = {
    "bulletins_bulletin": SEEN,
    "bulletins_author": SEEN,
    "bulletins_topic": SEEN,
    "bulletins_standingsection": SEEN,
    "resources_resource": SEEN,
    "resources_helpline": SEEN,
    "auth_user": ADMINISTRATOR,
    "bulletins_publicationday": NONE,
    "auth_group": NONE,
    "subscribers_subscriber": NONE,
    "mailings_mailing": NONE,
    "publication_logline": NONE,
}
# GET of a page about one thing, and POST of an act without what its form asks for: 200 is the form again.
PAGES = {
    "mailings:approve bulletin": FROM_APPROVER,
    "mailings:send_now bulletin": FROM_APPROVER,
    "mailings:pause mailing": FROM_APPROVER,
    "mailings:cancel mailing": FROM_APPROVER,
    "mailings:ledger mailing": FROM_APPROVER,
    "mailings:progress mailing": SEEN,
    "mailings:claim": ADMINISTRATOR,
    "admin:auth_user_change user": ADMINISTRATOR,
    "admin:auth_user_password_change user": ADMINISTRATOR,
    "bulletins_desk:history bulletin": SEEN,
    "upkeep:item item": SEEN,
    "upkeep:dead_links": SEEN,
    "admin:mailings_mailing_change mailing": SEEN,
    "admin:bulletins_bulletin_delete bulletin": SEEN,
    "admin:auth_user_delete user": NONE,
    "admin:auth_group_delete group": NONE,
    "admin:publication_publication_delete publication": NONE,
    "admin:subscribers_subscriber_delete subscriber": NONE,
}
ACTS = {
    "mailings:approve bulletin": FROM_APPROVER,
    "mailings:take_back bulletin": (403, 302, 302),
    "mailings:withdraw bulletin": (403, 302, 302),
    "mailings:send_now bulletin": FROM_APPROVER,
    "mailings:cancel mailing": FROM_APPROVER,
    "mailings:pause mailing": (403, 302, 302),
    "mailings:ledger mailing": FROM_APPROVER,
    "mailings:claim": ADMINISTRATOR,
    "admin:bulletins_publicationday_change publicationday": SEEN,
    "admin:publication_publication_change publication": ADMINISTRATOR,
    "admin:auth_user_change user": ADMINISTRATOR,
    "admin:auth_group_change group": NONE,
    "admin:subscribers_subscriber_change subscriber": (403, 403, 200),
    "admin:mailings_mailing_change mailing": NONE,
}


def address(place: str, cast) -> str:
    name, _, what = place.partition(" ")
    return reverse(name, args=[cast[what]] if what else [])


@pytest.mark.parametrize(("place", "role"), list(enumerate(ROLES)))
def test_each_role_opens_its_lists_and_no_other(client, cast, place, role):
    sign_in(client, role)
    found = {name: client.get(reverse(f"admin:{name}_changelist")).status_code for name in LISTS}
    assert found == {name: answers[place] for name, answers in LISTS.items()}


@pytest.mark.parametrize(("place", "role"), list(enumerate(ROLES)))
def test_each_role_adds_what_is_its_own(client, cast, place, role):
    sign_in(client, role)
    found = {name: client.get(reverse(f"admin:{name}_add")).status_code for name in ADDS}
    assert found == {name: answers[place] for name, answers in ADDS.items()}


@pytest.mark.parametrize(("place", "role"), list(enumerate(ROLES)))
def test_each_role_opens_its_pages(client, cast, place, role):
    sign_in(client, role)
    found = {name: client.get(address(name, cast)).status_code for name in PAGES}
    assert found == {name: answers[place] for name, answers in PAGES.items()}


@pytest.mark.parametrize(("place", "role"), list(enumerate(ROLES)))
def test_each_role_does_its_part_and_no_other(client, cast, place, role):
    sign_in(client, role)
    found = {name: client.post(address(name, cast)).status_code for name in ACTS}
    assert found == {name: answers[place] for name, answers in ACTS.items()}
    paused = Mailing.objects.get().state == "paused"
    assert (paused, Bulletin.objects.get(pk=cast["bulletin"]).status) == (role != "editor", "draft")


FOR_ALL = "The desk, Bulletins, Publication days, Mailings, Dead links"
PARENTS = "Resources, Helplines, Topics for parents, Publication, Authors, Standing sections, Topics"
SIDE_BAR = {
    "editor": f"{FOR_ALL}, {PARENTS}, Log",
    "approver": f"{FOR_ALL}, Subscribers, {PARENTS}, Log, Alerts sent, Acts on mailings",
    "administrator": f"{FOR_ALL}, Subscribers, Letters to one person, Not to be mailed, {PARENTS}, Staff, Roles, Log, "
    "Failed sign-ins, Who sends, Alerts sent, Acts on mailings",
}


@pytest.mark.parametrize("role", ROLES)
def test_the_side_bar_shows_what_a_role_may_use(client, role):
    sign_in(client, role)
    groups = client.get(reverse("admin:index")).context["sidebar_navigation"]
    shown = [item["title"] for group in groups for item in group["items"] if item["has_permission"]]
    assert ", ".join(shown) == SIDE_BAR[role]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_writes_an_issue(client, cast, role):
    sign_in(client, role)
    given = {"month": "2031-05-01", "author": cast["author"]}
    assert client.post(reverse("admin:bulletins_bulletin_add"), given).status_code == 302
    assert Bulletin.objects.filter(month="2031-05-01").exists()
