"""What an editor is told about a text that was not kept as it was typed."""

from html import escape
from html.parser import HTMLParser
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.forms import BaseModelForm
from django.http import HttpRequest

from publication.editor import EditorField
from publication.links import links, with_safe_links
from publication.richtext import TAGS, clean_html

# What word processors wrap around everything: it goes without a word, for no reader would miss it.
WRAPPING = {"span", "div", "font", "h1", "h2", "u", "html", "head", "body", "title", "meta", "link", "section", "o:p"}
MOST = 6
LONGEST = 60


class Markup(HTMLParser):
    """Collects the tags that we do not print, and the attributes that would run something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, None] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and its attributes."""
        if tag not in TAGS | WRAPPING:
            self.found[f"<{tag}>"] = None
        self.found.update((name, None) for name, _ in attrs if name.startswith("on"))


def lost(typed: str) -> list[str]:
    """Return what the sanitiser takes out of a text that somebody may miss, or should know of."""
    dead = [link for link in links(typed) if "href" not in clean_html(f'<a href="{escape(link)}">x</a>')]
    return [word[:LONGEST] for word in [*Markup(typed).found, *(f"the link {link}" for link in dead)]]


class SaysWhatWasKept(ModelAdmin):
    """Tells an editor, on saving, what of a text is taken out and which links are made https."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, with a word about the texts of the page."""
        tidy(request, form)
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the rows, with a word about their texts."""
        for row in formset.forms:
            if row not in formset.deleted_forms:
                tidy(request, row)
        super().save_formset(request, form, formset, change)


def tidy(request: HttpRequest, form: BaseModelForm) -> None:
    """Make the http links of the changed texts https, and tell what readers will not get."""
    for name in form.changed_data:
        if not isinstance(form.fields[name], EditorField):
            continue
        typed = form.cleaned_data[name]
        clean, where = clean_html(typed), f"“{form[name].label}” of “{form.instance}”"
        if missing := lost(typed):
            messages.warning(request, f"{where} was saved without {', '.join(missing[:MOST])}: we do not print that.")
        if unsafe := [link[:LONGEST] for link in links(clean) if link.startswith("http:")]:
            words = ", ".join(unsafe[:MOST])
            messages.info(request, f"{where}: links are made https, so please try them once: {words}")
        setattr(form.instance, name, with_safe_links(clean))
