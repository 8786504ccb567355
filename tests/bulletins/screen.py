"""The write screen as tests use it: who may write, and posting the page as it stands."""

import datetime

from django.forms import FileField
from django.urls import reverse
from django.utils import timezone

WRITING = [
    f"{verb}_{model}"
    for verb in ("add", "change", "delete", "view")
    for model in ("bulletin", "section", "newsitem", "event", "author", "publicationday")
]


def change_url(bulletin):
    return reverse("admin:bulletins_bulletin_change", args=[bulletin.pk])


def posted(client, bulletin, **changes):
    """Post the write screen as it stands, with some fields changed; return the answer."""
    page = client.get(change_url(bulletin))
    form = page.context["adminform"].form
    data = values(form)
    data |= split_moment(form, data) if "publish_at" in form.fields else {}
    for inline in page.context["inline_admin_formsets"]:
        formset = inline.formset
        data |= {formset.management_form.add_prefix(k): v for k, v in formset.management_form.initial.items()}
        for row in formset.initial_forms:
            data |= values(row)
    data |= {"correction": "silent"} if "correction" in form.fields else {}
    data |= changes
    return client.post(change_url(bulletin), {k: v for k, v in data.items() if v is not None})


def values(form):
    """What a browser would send for a form that nobody touched."""
    sent = {name: field for name, field in form.fields.items() if name != "DELETE" and not isinstance(field, FileField)}
    return {form.add_prefix(name): written(form[name].value()) for name in sent}


def written(value):
    return (
        value if not isinstance(value, datetime.datetime) else timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    )


def split_moment(form, data):
    moment = data.pop("publish_at") or " "
    day, _, hour = moment.partition(" ")
    return {"publish_at_0": day, "publish_at_1": hour}
