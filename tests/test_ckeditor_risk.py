"""CKEditor 4 gets no more fixes (ckeditor.W001 is silenced for that): each thing that makes it bearable, held.

docs/running.md tells the operator of them.
"""

import datetime
import json
import re

import pytest
from ckeditor.fields import RichTextField as TheirField
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.urls import get_resolver

from bulletins.importing.plain_text import parse
from bulletins.importing.reading import digest
from bulletins.importing.storing import Source, store
from bulletins.models import Bulletin, NewsItem
from publication.editor import EDITOR, EditorWidget
from publication.richtext import RichTextField, clean_html
from tests.bulletins.importing.printed import sample
from tests.factories import make_bulletin, make_published, make_staff

HOSTILE = '<p onclick="alert(1)">Safe<script>alert(2)</script></p>'
LEFT_OUT = set(str(EDITOR["removePlugins"]).split(","))


def given_to_the_browser() -> dict:
    """The configuration as the page holds it."""
    page = EditorWidget().render("body", "", {"id": "body"})
    return json.loads(re.search(r'data-config="([^"]*)"', page)[1].replace("&quot;", '"').replace("&amp;", "&"))


@pytest.mark.django_db
def test_what_it_sends_is_cleaned_when_it_is_saved_and_when_a_query_writes_it():
    bulletin = make_bulletin(intro=HOSTILE)
    NewsItem.objects.update(body=HOSTILE)
    assert Bulletin.objects.get().intro == "<p>Safe</p>"
    assert bulletin.items.get().body == "<p>Safe</p>"


@pytest.mark.django_db
def test_what_is_imported_is_clean():
    text = sample("sections.txt")
    bulletin = store(parse(text), Source("issue.txt", digest(text)), None, datetime.datetime.now(datetime.UTC)).bulletin
    stored = [bulletin.intro, bulletin.sign_off]
    for part in (bulletin.sections, bulletin.items):
        stored += part.values_list("body", flat=True)
    assert any(stored)
    assert stored == [clean_html(body) for body in stored]


@pytest.mark.django_db
def test_what_came_into_the_table_by_another_door_is_cleaned_when_it_is_printed(client):
    bulletin = make_published(datetime.date(2026, 3, 1))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE bulletins_bulletin SET intro = %s", [HOSTILE])
        cursor.execute("UPDATE bulletins_newsitem SET body = %s", [HOSTILE])
    page = client.get(bulletin.get_absolute_url()).content.decode()
    assert page.count("<p>Safe</p>") == 2
    assert "onclick" not in page
    assert "<script>alert" not in page


def test_every_text_it_edits_is_in_the_field_that_cleans():
    fields = [
        field for model in apps.get_models() for field in model._meta.get_fields() if isinstance(field, TheirField)
    ]
    assert len(fields) >= 8
    assert {type(field) for field in fields} == {RichTextField}


@pytest.mark.django_db
def test_its_own_uploads_are_not_there(client):
    assert "ckeditor_uploader" not in settings.INSTALLED_APPS
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert not {name for name in names if "ckeditor" in name}
    client.force_login(make_staff("alice", is_superuser=True))
    for path in ["/ckeditor/upload/", "/ckeditor/browse/", "/admin/ckeditor/upload/"]:
        assert client.get(path).status_code == 404
    assert not [name for name in given_to_the_browser() if name.lower().endswith(("uploadurl", "browseurl"))]


def test_nobody_writes_html_in_it():
    buttons = {button for row in EDITOR["toolbar"] for button in row}
    assert not buttons & {"Source", "Sourcedialog", "Iframe", "Image", "Flash", "Form", "Templates", "Preview"}
    assert {"sourcearea", "sourcedialog"} <= LEFT_OUT


def test_what_talks_to_others_or_had_holes_is_left_out():
    gone = {"scayt", "wsc", "exportpdf", "embed", "embedbase", "embedsemantic", "autoembed", "codesnippetgeshi"}
    gone |= {"iframe", "flash", "forms", "templates", "preview", "uploadimage", "uploadwidget", "filebrowser", "image"}
    assert gone <= LEFT_OUT
    assert not LEFT_OUT & set(given_to_the_browser().get("extraPlugins", "").split(","))


def test_its_own_filter_stays_on_and_refuses_what_runs():
    told = given_to_the_browser()
    assert told["disallowedContent"] == "script; style; img; *[on*]; *{*}"
    assert not told.get("allowedContent") and not told.get("fullPage")


def test_it_asks_nobody_whether_there_is_a_newer_one():
    assert given_to_the_browser()["versionCheck"] is False


def test_it_is_told_of_no_other_host():
    assert not re.search(r"//\w", json.dumps(given_to_the_browser()))


@pytest.mark.django_db
def test_where_it_runs_nothing_goes_to_another_host_and_where_readers_are_it_is_not(client):
    make_published(datetime.date(2026, 3, 1))
    public = client.get("/bulletins/2026/march/")
    assert "ckeditor" not in public.content.decode()
    assert "script-src 'self'" in public["Content-Security-Policy"].split("; ")
    assert "unsafe" not in public["Content-Security-Policy"]
    client.force_login(make_staff("alice", is_superuser=True))
    desk = client.get("/admin/bulletins/standingsection/add/")
    assert "ckeditor.js" in desk.content.decode()
    for source in desk["Content-Security-Policy"].replace(";", " ").split():
        assert not re.match(r"https?:|\*|\w+\.", source)
