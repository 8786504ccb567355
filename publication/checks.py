"""Refuse, at the start of every process, an address that would send readers' links in the clear."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

HERE = {"localhost", "127.0.0.1", "::1"}


@register
def site_is_https(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Ask for https, unless the site is seen from this machine alone."""
    if settings.SITE_IS_HTTPS or settings.SITE_HOST in HERE:
        return []
    return [
        Error(
            f"SITE_URL is {settings.SITE_URL}: readers' own links and passwords would travel in the clear.",
            hint="Give its https address, such as https://bulletin.example.org.",
            id="publication.E001",
        )
    ]
