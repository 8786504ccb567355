"""How the desk, Django's admin under Unfold, looks and what its side bar leads to."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def page(title: str, icon: str, model: str) -> dict[str, Any]:
    """Return the side bar's entry for the list of a model, `app.model`, which only those see who may look at it."""
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": may_look(app, name),
    }


def may_look(app: str, name: str) -> Callable[[HttpRequest], bool]:
    """Return what tells whether somebody may see a model's list."""

    def allowed(request: HttpRequest) -> bool:
        return any(request.user.has_perm(f"{app}.{verb}_{name}") for verb in ("view", "change"))

    return allowed


def asset(path: str) -> Callable[[HttpRequest], str]:
    """Return what gives the address of a static file once the settings are read."""
    return lambda request: static(path)


def environment(request: HttpRequest) -> list[str] | None:
    """Return the ribbon that tells the demonstration from the real thing."""
    return ["Demonstration", "warning"] if settings.DEMO else None


# In the order of an editor's month.
NAVIGATION = [
    {
        "title": "This month",
        "items": [
            {"title": "The desk", "icon": "home", "link": reverse_lazy("admin:index")},
            page("Bulletins", "edit_note", "bulletins.bulletin"),
            page("Publication days", "calendar_month", "bulletins.publicationday"),
            page("Mailings", "outgoing_mail", "mailings.mailing"),
            {
                "title": "Dead links",
                "icon": "link_off",
                "link": reverse_lazy("upkeep:dead_links"),
                "permission": may_look("bulletins", "bulletin"),
            },
        ],
    },
    {
        "title": "Readers",
        "separator": True,
        "items": [
            page("Subscribers", "group", "subscribers.subscriber"),
            page("Letters to one person", "mail", "subscribers.outgoingletter"),
            page("Not to be mailed", "block", "subscribers.suppression"),
        ],
    },
    {
        "title": "For parents",
        "separator": True,
        "items": [
            page("Resources", "family_restroom", "resources.resource"),
            page("Helplines", "call", "resources.helpline"),
            page("Topics for parents", "label", "resources.resourcetopic"),
        ],
    },
    {
        "title": "The house",
        "separator": True,
        "items": [
            page("Publication", "newspaper", "publication.publication"),
            page("Authors", "signature", "bulletins.author"),
            page("Standing sections", "view_agenda", "bulletins.standingsection"),
            page("Topics", "sell", "bulletins.topic"),
            page("Staff", "badge", "auth.user"),
            page("Roles", "key", "auth.group"),
            page("Log", "receipt_long", "publication.logline"),
            page("Failed sign-ins", "lock", "publication.failedsignin"),
            page("Who sends", "cell_tower", "publication.senderclaim"),
            page("Alerts sent", "notifications", "mailings.alertsent"),
            page("Acts on mailings", "history", "mailings.mailingact"),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "First Wednesday",
    "SITE_HEADER": "First Wednesday",
    "SITE_SUBHEADER": "The desk",
    "SITE_URL": "/",
    "SITE_ICON": asset("icon.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": asset("icon.svg")}],
    "ENVIRONMENT": "config.desk.environment",
    "DASHBOARD_CALLBACK": "mailings.dashboard.with_dashboard",
    "STYLES": [asset("publication/desk.css")],
    "SCRIPTS": [asset("publication/desk.js")],
    "BORDER_RADIUS": "6px",
    # The site's petrol, #0b4f5c, as 600: white on it, and it on white, read well; 500 does so on the dark ground.
    "COLORS": {
        "primary": {
            "50": "#edf6f7",
            "100": "#d6eaed",
            "200": "#b0d6db",
            "300": "#8fd0d8",
            "400": "#73bcc6",
            "500": "#62b2bd",
            "600": "#0b4f5c",
            "700": "#0a4450",
            "800": "#0b3c46",
            "900": "#0b2f37",
            "950": "#0b2329",
        },
        "font": {
            "subtle-light": "var(--color-base-600)",
            "default-light": "var(--color-base-700)",
        },
    },
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
}
