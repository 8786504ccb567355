"""The words of consent: each sentence a person acts on is shown and recorded from here."""

# RFC 8058: the reader's own mail program asks, so none of our words were on the screen.
ONE_CLICK = "List-Unsubscribe=One-Click (the mail program's own unsubscribe button)"
BY_STAFF = "Unsubscribed by a member of staff, at the person's wish."


def sign_up(name: str) -> str:
    """Return the sentence beside the sign-up form of a publication."""
    return f"Send me {name} by email once a month. I can stop it at any time with the link in every letter."


def confirm(name: str) -> str:
    """Return the label of the button that starts the letters."""
    return f"Yes, send me {name}"


def unsubscribe(name: str) -> str:
    """Return the label of the button that stops the letters."""
    return f"Stop sending {name}"


def undo(name: str) -> str:
    """Return the label of the button that takes an unsubscribing back."""
    return f"Undo: send me {name} again"
