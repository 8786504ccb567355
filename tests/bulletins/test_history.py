"""An issue's history: what each save changed, two wordings side by side, and the way back."""

import datetime
import re
from html import unescape
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from bulletins.approval import approve, lapse, withdraw
from bulletins.models import Bulletin, Event, NewsItem, Section, Topic
from tests.bulletins.screen import WRITING, posted
from tests.factories import (
    make_approved,
    make_bulletin,
    make_event,
    make_item,
    make_publication,
    make_section,
    make_staff,
)

# All that one transaction writes is one save: these tests need transactions of their own.
pytestmark = pytest.mark.django_db(transaction=True)

OLD = "<p>Old words stay.</p><ul><li>one</li></ul>"


@pytest.fixture
def editor(client):
    make_publication()
    editor = make_staff("editor", *WRITING)
    client.force_login(editor)
    return editor


@pytest.fixture
def issue(editor):
    bulletin = make_bulletin()
    item = bulletin.items.get()
    item.body = OLD
    item.save()
    return bulletin


def page(client, bulletin, **query):
    return unescape(client.get(reverse("bulletins_desk:history", args=[bulletin.pk]), query).content.decode())


def lines(client, bulletin):
    """What the newest save is said to have changed."""
    return [
        line.words
        for line in client.get(reverse("bulletins_desk:history", args=[bulletin.pk])).context["saves"][0]["lines"]
    ]


def at(name, bulletin, version, part="item"):
    return reverse(f"bulletins_desk:{name}", args=[bulletin.pk, part, version.history_id])


def restore(client, bulletin, version, part="item", **fields):
    """Look at what would be brought back, and press the button."""
    address = at("restore", bulletin, version, part)
    seen = client.get(address).context["seen"]
    return client.post(address, {"seen": seen, **fields})


def first(model=NewsItem, **fields):
    return model.history.filter(**fields).earliest()


def test_a_save_of_the_page_is_one_save_with_its_person(client, editor, issue):
    posted(
        client,
        issue,
        **{"title": "A better title", "items-0-headline": "Another headline", "items-0-body": "<p>New.</p>"},
    )
    assert lines(client, issue) == ["The issue: title changed.", "Item “Another headline”: headline and text changed."]
    newest = client.get(reverse("bulletins_desk:history", args=[issue.pk])).context["saves"][0]["save"]
    assert newest.by == editor
    assert NewsItem.history.latest().history_user == editor


def test_a_save_without_a_change_is_none(client, issue):
    saves = len(client.get(reverse("bulletins_desk:history", args=[issue.pk])).context["saves"])
    assert posted(client, issue).status_code == 302
    assert len(client.get(reverse("bulletins_desk:history", args=[issue.pk])).context["saves"]) == saves


def test_lines_of_html_that_an_editor_breaks_elsewhere_are_no_change(client, issue):
    posted(client, issue, **{"items-0-headline": "Another", "items-0-body": OLD.replace("><", ">\r\n\r\n<")})
    assert lines(client, issue) == ["Item “Another”: headline changed."]


def test_topics_belong_to_the_save(client, issue):
    topic = Topic.objects.create(name="Online safety", slug="online-safety")
    posted(client, issue, **{"items-0-topics": [topic.pk]})
    assert lines(client, issue) == ["Item “An example headline”: topics changed."]
    newest = NewsItem.history.latest()
    assert (
        "Online safety" in page(client, issue)
        or "Online safety" in client.get(at("compare", issue, newest)).content.decode()
    )


def test_moving_an_item_says_where_to(client, issue):
    other = make_section(issue, heading="Webinars")
    posted(client, issue, **{"items-0-section": other.pk})
    assert lines(client, issue) == ["Item “An example headline”: moved to “Webinars”."]


def test_another_order_is_one_sentence(client, issue):
    make_item(issue, headline="Second")
    make_item(issue, headline="Third")
    posted(client, issue, **{"items-0-position": 3, "items-1-position": 1, "items-2-position": 2})
    assert [item.headline for item in issue.items.all()] == ["Second", "Third", "An example headline"]
    assert lines(client, issue) == ["The order was changed."]


def test_approving_and_its_lapse_are_told(client, editor, issue):
    bulletin = make_approved(
        month=issue.month, title="Special", publish_at=timezone.now().replace(year=2040), publish_reason="for the test"
    )
    assert lines(client, bulletin) == ["The issue was approved."]
    posted(client, bulletin, **{"items-0-body": "<p>Changed.</p>"})
    assert "The issue became a draft again." in lines(client, bulletin)
    assert '<p class="why">Editor edited the issue</p>' in page(client, bulletin)


def test_taking_an_approval_back_or_an_issue_down_says_why(client, issue):
    bulletin = make_approved(month=issue.month, title="Special", at=timezone.now())
    lapse(bulletin, bulletin.publish_at - datetime.timedelta(hours=1), "Grace: a <b>typo</b>")
    assert '<p class="why">Grace: a <b>typo</b></p>' in page(client, bulletin)
    approve(bulletin, make_staff("grace"), timezone.now())
    withdraw(bulletin, "It named a child.")
    assert lines(client, bulletin) == ["The issue was taken down."]
    assert '<p class="why">It named a child.</p>' in page(client, bulletin)


def test_what_a_command_wrote_has_no_person(client, issue):
    item = issue.items.get()
    item.headline = "By a command"
    item.save()
    assert "by itself, or by a command" in page(client, issue)


def test_the_beginning_is_counted_not_listed(client, issue):
    posted(client, issue, title="Another")
    assert "The issue was started." in page(client, issue)


def test_two_wordings_stand_side_by_side_word_by_word(client, issue):
    new = "<p>New words stay &lt;b&gt;.</p><ul><li>one</li><li>two</li></ul><blockquote><p>Said.</p></blockquote>"
    posted(client, issue, **{"items-0-body": new})
    answer = client.get(at("compare", issue, NewsItem.history.latest())).content.decode()
    assert '<del><span class="sr-only">taken out: </span>Old</del>' in answer
    assert '<ins><span class="sr-only">put in: </span>New</ins>' in answer
    assert '<p class="bullet"><span class="sign">•</span> one</p>' in answer
    assert '<p class="quoted p">' in answer
    assert "&lt;b&gt;" in answer and "<b>." not in answer


def test_what_is_compared_is_escaped(client, issue):
    posted(client, issue, **{"items-0-headline": "<script>alert(1)</script>"})
    for address in [at("compare", issue, NewsItem.history.latest()), at("restore", issue, first())]:
        assert "<script>alert(1)" not in client.get(address).content.decode()
    assert "<script>alert(1)" not in client.get(reverse("bulletins_desk:history", args=[issue.pk])).content.decode()


def test_an_item_is_brought_back_as_it_stood(client, editor, issue):
    posted(client, issue, **{"items-0-headline": "Another", "items-0-body": "<p>New.</p>"})
    version = NewsItem.history.order_by("history_id")[1]
    assert restore(client, issue, version).status_code == 302
    item = issue.items.get()
    assert (item.headline, item.body) == ("An example headline", OLD)
    issue.refresh_from_db()
    assert issue.last_edited_by == editor
    assert NewsItem.history.latest().history_user == editor
    assert "Brought back as it stood on" in page(client, issue)
    assert "brought back as it stood on" in LogEntry.objects.latest("pk").change_message


def test_only_a_post_brings_back(client, issue):
    posted(client, issue, **{"items-0-body": "<p>New.</p>"})
    before = NewsItem.history.count()
    client.get(at("restore", issue, NewsItem.history.order_by("history_id")[1]))
    assert issue.items.get().body == "<p>New.</p>"
    assert NewsItem.history.count() == before


def test_what_is_brought_back_is_sanitised(client, issue):
    posted(client, issue, **{"items-0-body": "<p>New.</p>"})
    dirty = NewsItem.history.order_by("history_id")[1]
    # Past the field, as a row of an older time might hold it.
    from_outside(dirty.pk, "<p onclick=x>Old<script>1</script></p>")
    assert restore(client, issue, dirty).status_code == 302
    assert issue.items.get().body == "<p>Old</p>"


def from_outside(pk, body):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE bulletins_historicalnewsitem SET body = %s WHERE history_id = %s", [body, pk])


def test_bringing_back_takes_the_approval_back(client, issue):
    Bulletin.objects.update(publish_at=timezone.now().replace(year=2040), publish_reason="for the test")
    posted(client, issue, **{"items-0-body": "<p>New.</p>"})
    approve(issue, make_staff("approver"), timezone.now())
    answer = restore(client, issue, NewsItem.history.order_by("history_id")[1])
    assert Bulletin.objects.get().status == "draft"
    assert "it is a draft again" in unescape(client.get(answer.url).content.decode())


def test_a_deleted_item_comes_back_under_its_old_address(client, issue):
    topic = Topic.objects.create(name="Online safety", slug="online-safety")
    posted(client, issue, **{"items-0-topics": [topic.pk]})
    old = issue.items.get()
    posted(client, issue, **{"items-0-DELETE": "on"})
    assert lines(client, issue) == ["Item “An example headline” was deleted."]
    gone = NewsItem.history.latest()
    assert gone.history_type == "-"
    assert restore(client, issue, gone).status_code == 302
    back = issue.items.get()
    assert (back.pk, back.slug, back.body, back.section_id) == (old.pk, old.slug, OLD, old.section_id)
    assert list(back.topics.all()) == [topic]
    assert lines(client, issue) == ["Item “An example headline” was brought back."]


def test_an_item_whose_section_is_gone_waits_for_it(client, issue):
    posted(client, issue, **{"items-0-DELETE": "on"})
    posted(client, issue, **{"sections-0-DELETE": "on"})
    assert not issue.sections.exists()
    item, section = NewsItem.history.latest(), Section.history.latest()
    assert "bring that back first" in unescape(restore(client, issue, item).content.decode())
    assert restore(client, issue, section, "section").status_code == 302
    assert restore(client, issue, item).status_code == 302
    assert issue.items.get().section == issue.sections.get()


def test_an_address_that_was_taken_meanwhile_stays_the_other_ones(client, issue):
    posted(client, issue, **{"items-0-DELETE": "on"})
    taken = make_item(issue)
    assert restore(client, issue, NewsItem.history.filter(history_type="-").get()).status_code == 302
    assert sorted(issue.items.values_list("slug", flat=True)) == [taken.slug, f"{taken.slug}-2"]


def test_sections_events_and_the_issue_come_back_too(client, issue):
    event = make_event(issue.sections.get(), title="Before")
    posted_title = {"title": "After", "sections-0-heading": "After"}
    posted(client, issue, **posted_title, **hours(event), **{"events-0-title": "After"})
    for model, part, field in [
        (Bulletin, "issue", "title"),
        (Section, "section", "heading"),
        (Event, "event", "title"),
    ]:
        version = first(model)
        assert restore(client, issue, version, part).status_code == 302
        assert getattr(model.objects.get(), field) == getattr(version, field) != "After"


def hours(event):
    local = timezone.localtime(event.start)
    return {"events-0-start_0": f"{local:%Y-%m-%d}", "events-0-start_1": f"{local:%H:%M}"}


def test_what_changed_while_one_was_reading_is_not_overwritten(client, issue):
    posted(client, issue, **{"items-0-body": "<p>New.</p>"})
    address = at("restore", issue, NewsItem.history.order_by("history_id")[1])
    seen = client.get(address).context["seen"]
    posted(client, issue, **{"items-0-body": "<p>Newer.</p>"})
    answer = client.post(address, {"seen": seen})
    assert "changed while you were reading" in answer.content.decode()
    assert issue.items.get().body == "<p>Newer.</p>"


def test_words_that_are_refused_today_are_not_brought_back(client, issue):
    posted(client, issue, **{"items-0-body": "<p>New.</p>"})
    version = NewsItem.history.order_by("history_id")[1]
    from_outside(version.pk, '<p><a href="javascript:alert(1)">x</a></p>')
    restore(client, issue, version)
    assert "javascript" not in issue.items.get().body


def test_a_picture_that_is_lost_is_not_brought_back_and_says_so(client, issue):
    posted(client, issue, **{"items-0-body": "<p>New.</p>"})
    version = NewsItem.history.order_by("history_id")[1]
    NewsItem.history.filter(pk=version.pk).update(image="pictures/lost.png", image_alt="A pond")
    answer = restore(client, issue, version)
    assert "The picture of that time is not stored any more" in unescape(answer.content.decode())
    assert issue.items.get().body == "<p>New.</p>"


def test_a_version_of_another_issue_is_not_found(client, issue):
    other = make_bulletin(month=issue.month.replace(month=4), title="April")
    assert client.get(at("compare", other, first(bulletin_id=issue.pk))).status_code == 404
    assert client.get(at("compare", issue, first(bulletin_id=issue.pk), "nonsense")).status_code == 404


def test_who_may_only_look_brings_nothing_back(client, issue):
    posted(client, issue, **{"items-0-body": "<p>New.</p>"})
    version = NewsItem.history.order_by("history_id")[1]
    client.force_login(make_staff("viewer", "view_bulletin"))
    assert "Bring back" not in client.get(at("compare", issue, version)).content.decode()
    assert client.post(at("restore", issue, version), {}).status_code == 403
    client.force_login(make_staff("stranger"))
    assert client.get(reverse("bulletins_desk:history", args=[issue.pk])).status_code == 403


def test_a_deleted_draft_leaves_its_history(client, issue):
    items = issue.items.count()
    client.post(reverse("admin:bulletins_bulletin_delete", args=[issue.pk]), {"post": "yes"})
    assert not Bulletin.objects.exists()
    gone = NewsItem.history.filter(history_type="-")
    assert gone.count() == items
    assert gone.get().history_user.username == "editor"


def test_an_issue_without_a_row_of_history_says_so(client, issue):
    for model in (Bulletin, Section, NewsItem):
        model.history.all().delete()
    assert "Nothing was changed yet" in page(client, issue)


def test_what_was_there_before_has_a_first_version(client, issue):
    topic = Topic.objects.create(name="Online safety", slug="online-safety")
    issue.items.get().topics.add(topic)
    for model in (Bulletin, Section, NewsItem):
        model.history.all().delete()
    with transaction.atomic():
        import_module("bulletins.migrations.0005_history_and_corrections").begin(apps, None)
    assert "As it stood when the history began" in page(client, issue)
    assert lines(client, issue) == ["It had 1 section, 1 item."]
    posted(client, issue, **{"items-0-DELETE": "on"})
    assert restore(client, issue, NewsItem.history.latest()).status_code == 302
    assert (issue.items.get().body, list(issue.items.get().topics.all())) == (OLD, [topic])


def test_djangos_own_history_leads_here(client, issue):
    answer = client.get(reverse("admin:bulletins_bulletin_history", args=[issue.pk]))
    assert answer.url == reverse("bulletins_desk:history", args=[issue.pk])


def test_many_saves_cost_no_more_queries_than_few(client, issue, django_assert_max_num_queries):
    address = reverse("bulletins_desk:history", args=[issue.pk])
    client.get(address)
    for number in range(40):
        item = make_item(issue, headline=f"Item {number}")
        item.body = "<p>Changed.</p>"
        item.save()
    with django_assert_max_num_queries(16):
        answer = client.get(address)
    assert "Page 1 of" in answer.content.decode()
    assert len(answer.context["saves"]) == 25


def test_readers_are_not_looked_at(client, issue):
    """No cookie and no session come of the history where readers are."""
    client.logout()
    client.cookies.clear()
    answer = client.get("/")
    assert not answer.cookies
    assert re.search("Cookie", answer.get("Vary", "")) is None
