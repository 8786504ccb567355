"""The page of an issue's checklist: what is found leads to its field, and is accepted with a name and a reason."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from bulletins.links.visit import Answer
from bulletins.links.waiting import record
from bulletins.models import LinkCheck, Override
from tests.factories import make_bulletin, make_staff
from tests.mailings.cast import make_clean, make_test_letter

pytestmark = pytest.mark.django_db

PLAN = "https://pond.school/plan"


@pytest.fixture
def editor(client):
    editor = make_staff("edith", "change_bulletin", "view_bulletin")
    client.force_login(editor)
    return editor


@pytest.fixture
def issue():
    """An issue with one thing that needs a reason."""
    bulletin = make_clean()
    bulletin.items.update(body="<p>TODO: ask Sasha.</p>")
    make_test_letter(bulletin)
    return bulletin


def address(bulletin, name: str = "check", *args: int) -> str:
    return reverse(f"mailings:{name}", args=[bulletin.pk, *args])


def page(client, bulletin) -> str:
    return client.get(address(bulletin)).content.decode()


def found(client, bulletin) -> dict[str, str]:
    """What the accept form beside the one open finding sends."""
    (entry,) = client.get(address(bulletin)).context["checklist"].unanswered
    return {"rule": entry.finding.rule, "key": entry.finding.key}


def test_with_nothing_to_mend_it_says_so(client, editor):
    assert "Nothing to mend." in page(client, make_clean())


def test_each_finding_stands_under_its_level_and_leads_to_its_field(client, editor):
    bulletin = make_bulletin(title="y" * 61)
    bulletin.items.update(body="")
    shown = page(client, bulletin)
    item = f"/admin/bulletins/bulletin/{bulletin.pk}/change/#item-{bulletin.items.get().pk}-body"
    levels = ["To be mended before it can be approved", item, "accepted with a reason", "#issue-summary", "Advice"]
    places = [shown.index(words) for words in [*levels, "#issue-title"]]
    assert places == sorted(places)


def test_a_finding_is_accepted_with_name_and_reason_and_taken_back(client, editor, issue):
    client.post(address(issue, "accept"), {**found(client, issue), "reason": "Sasha is asked."})
    shown = page(client, issue)
    assert "Nothing to mend." in shown
    assert "“Sasha is asked.”" in shown
    assert Override.objects.get().by == editor
    client.post(address(issue, "not_accepted", Override.objects.get().pk))
    shown = page(client, issue)
    assert "One thing needs a reason." in shown
    assert "taken back by edith" in shown


def test_without_a_reason_nothing_is_accepted(client, editor, issue):
    answer = client.post(address(issue, "accept"), {**found(client, issue), "reason": "  "}, follow=True)
    assert "Say why it may stay" in answer.content.decode()
    assert not Override.objects.exists()


def test_a_reason_is_shown_as_it_was_typed(client, editor, issue):
    client.post(address(issue, "accept"), {**found(client, issue), "reason": "<b>{{ x }}</b>"})
    assert "“&lt;b&gt;{{ x }}&lt;/b&gt;”" in page(client, issue)


def test_what_changed_meanwhile_is_not_accepted(client, editor, issue):
    form = found(client, issue)
    issue.items.update(body="<p>TODO: ask Robin.</p>")
    answer = client.post(address(issue, "accept"), {**form, "reason": "Sasha is asked."}, follow=True)
    assert "the text changed" in answer.content.decode()
    assert not Override.objects.exists()


def test_another_issue_s_acceptance_is_not_taken_back_here(client, editor, issue):
    client.post(address(issue, "accept"), {**found(client, issue), "reason": "why"})
    other = make_bulletin(slug="other")
    assert client.post(address(other, "not_accepted", Override.objects.get().pk)).status_code == 404
    assert Override.objects.get().taken_back_at is None


def test_looking_changes_nothing(client, editor, issue):
    for name in ("accept", "look_up"):
        assert client.get(address(issue, name)).status_code == 405
    client.get(address(issue))
    assert (Override.objects.count(), LinkCheck.objects.count()) == (0, 0)


@pytest.mark.parametrize(("permission", "status"), [("view_bulletin", 200), ("view_subscriber", 403)])
def test_who_may_look_and_who_may_not(client, issue, permission, status):
    client.force_login(make_staff("somebody", permission))
    answer = client.get(address(issue))
    assert answer.status_code == status
    assert b"Why it may stay" not in answer.content
    assert client.post(address(issue, "accept"), {"reason": "why"}).status_code == 403


def test_a_stranger_is_sent_to_the_login(client, issue):
    for answer in (client.get(address(issue)), client.post(address(issue, "accept"))):
        assert "/admin/login/" in answer.url


def test_while_links_are_looked_up_the_page_comes_again_with_and_without_scripts(client, editor):
    bulletin = make_clean(intro=f'<p>Read <a href="{PLAN}">the plan of a school</a>.</p>')
    client.post(address(bulletin, "look_up"))
    shown = page(client, bulletin)
    assert "1 link is being looked up" in shown
    assert '<meta http-equiv="refresh" content="5">' in shown
    assert "mailings/check.js" in shown
    assert 'data-pending="1"' in shown
    LinkCheck.objects.update(looked_up_at=timezone.now())
    record(LinkCheck.objects.get().pk, Answer("dead", 404, "the page is not there"))
    shown = page(client, bulletin)
    assert "was looked up: the page is not there" in shown
    assert "refresh" not in shown
    assert "check.js" not in shown


def test_the_write_screen_has_a_line_of_it(client, issue):
    client.force_login(make_staff("chief", is_superuser=True))
    shown = client.get(reverse("admin:bulletins_bulletin_change", args=[issue.pk])).content.decode()
    assert f'<a href="{address(issue)}">Checklist</a>: One thing needs a reason.' in shown


def test_the_approve_page_shows_what_is_missing_instead_of_the_button(client, issue):
    client.force_login(make_staff("april", "approve_bulletin", "view_bulletin"))
    shown = client.get(reverse("mailings:approve", args=[issue.pk])).content.decode()
    assert "looks like a gap to be filled" in shown
    assert f"Approve {issue}</button>" not in shown
    client.post(address(issue, "accept"), {**found(client, issue), "reason": "Sasha is asked."})
    assert f"Approve {issue}</button>" in client.get(reverse("mailings:approve", args=[issue.pk])).content.decode()


def named(shown: str) -> list[list[str]]:
    """Return the words that name the link of each finding to those who cannot see it."""
    words = dict(re.findall(r'id="((?:where|said|shown)-[^"]+)"[^>]*>([^<]*)<', shown))
    return [[words[one] for one in ids.split()] for ids in re.findall(r'aria-labelledby="(where-[^"]+)"', shown)]


def test_the_links_of_one_item_have_names_of_their_own(client, editor):
    bulletin = make_clean()
    bulletin.items.update(body="<p>TODO: ask Sasha (soon.</p>")
    make_test_letter(bulletin)
    names = named(page(client, bulletin))
    assert [place for place, *_ in names] == ["Item “An example headline”"] * 2
    assert names[0][1].startswith("“(” in “")
    assert names[1][1:] == ["“TODO” looks like a gap to be filled. Fill it, or take it out.", "TODO: ask Sasha (soon."]


def test_taking_an_acceptance_back_is_said(client, editor, issue):
    client.post(address(issue, "accept"), {**found(client, issue), "reason": "Sasha is asked."})
    answer = client.post(address(issue, "not_accepted", Override.objects.get().pk), follow=True)
    assert "It is not accepted any more." in answer.content.decode()
