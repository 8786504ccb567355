"""What each role of the staff may do: the rights that its group brings.

A change here needs a migration that brings it into the groups: see `publication.roles`.
"""

from collections.abc import Iterator

ALL = ("view", "add", "change", "delete")


def may(verbs: tuple[str, ...], *models: str) -> Iterator[str]:
    """Yield the rights to do something with models, `app.model`: “bulletins.add_topic”."""
    for model in models:
        app, name = model.split(".")
        yield from (f"{app}.{verb}_{name}" for verb in verbs)


EDITOR = frozenset(
    [
        *may(ALL, "bulletins.bulletin", "bulletins.section", "bulletins.newsitem", "bulletins.event"),
        *may(ALL, "bulletins.author", "bulletins.topic", "bulletins.standingsection"),
        *may(ALL, "resources.resource", "resources.resourcetopic", "resources.helpline"),
        *may(("view", "change"), "bulletins.publicationday"),
        *may(("view",), "publication.publication", "publication.logline", "mailings.mailing"),
    ]
)
APPROVER = EDITOR | {
    "bulletins.approve_bulletin",
    "mailings.steer_mailing",
    *may(("view",), "mailings.delivery", "mailings.mailingact", "mailings.alertsent", "subscribers.subscriber"),
}
ADMINISTRATOR = APPROVER | {
    *may(("view", "add", "change"), "auth.user"),
    *may(("view",), "auth.group", "publication.failedsignin"),
    *may(("add", "change"), "publication.publication"),
    *may(ALL, "publication.platformlink"),
    *may(("view", "add"), "publication.senderclaim"),
    *may(("change",), "subscribers.subscriber"),
    *may(("view",), "subscribers.consentevent", "subscribers.outgoingletter"),
    *may(("view", "delete"), "subscribers.suppression"),
}

ROLES = {"editor": EDITOR, "approver": APPROVER, "administrator": ADMINISTRATOR}
