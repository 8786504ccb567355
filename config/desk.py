"""How the desk, Django's admin under Unfold, looks and what its side bar leads to."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "First Wednesday",
    "SITE_HEADER": "First Wednesday",
    "SITE_URL": "/",
}
