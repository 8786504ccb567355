"""The kit with which a school links to the hub: HTML for its site, and words for its letters and texts."""

from django.template.loader import render_to_string

# One text message; a longer one costs a school a second.
SMS_CHARACTERS = 160
PIECES = ("link.html", "paragraph.html", "newsletter.txt", "app.txt", "sms.txt")


def kit(hub_address: str) -> dict[str, str]:
    """Return each piece by its name, as plain text to be copied, with the hub's whole address in it."""
    context = {"hub_address": hub_address}
    return {
        piece.partition(".")[0]: f"{render_to_string(f'resources/kit/{piece}', context)}".strip() for piece in PIECES
    }
