import json

import pytest
from ckeditor.fields import RichTextField as TheirField
from django.contrib.staticfiles import finders

from bulletins.models import NewsItem
from publication.editor import EDITOR, EditorWidget
from publication.richtext import RichTextField


def test_one_field_class_holds_editor_and_sanitiser():
    field = NewsItem._meta.get_field("body")
    assert isinstance(field, RichTextField)
    assert isinstance(field, TheirField)
    assert isinstance(field.formfield().widget, EditorWidget)


def test_what_talks_to_other_hosts_is_left_out():
    left_out = EDITOR["removePlugins"].split(",")
    assert {"scayt", "wsc", "exportpdf", "embed", "autoembed", "iframe", "flash", "forms", "uploadimage"} <= {*left_out}


def test_words_stay_as_typed_and_the_browser_marks_spelling():
    assert EDITOR["entities"] is False
    assert EDITOR["basicEntities"] is True
    assert EDITOR["disableNativeSpellChecker"] is False


def test_our_script_comes_after_theirs():
    scripts = [str(script) for script in EditorWidget().media._js]
    assert scripts.index("publication/editor.js") > scripts.index("ckeditor/ckeditor/ckeditor.js")


@pytest.mark.django_db
def test_the_packages_own_upload_view_is_not_mounted(client):
    assert client.get("/ckeditor/upload/").status_code == 404


def test_the_text_looks_as_readers_get_it():
    config = json.loads(EditorWidget().get_context("body", "", {})["widget"]["config"])
    assert config["contentsCss"] == "/static/publication/editor.css"
    assert finders.find("publication/editor.css")


def test_the_editor_grows_with_its_text_and_links_are_https():
    assert EDITOR["extraPlugins"] == "autogrow"
    assert finders.find("ckeditor/ckeditor/plugins/autogrow/plugin.js")
    assert EDITOR["linkDefaultProtocol"] == "https://"
