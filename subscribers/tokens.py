"""The secrets in links: who holds a letter token, and what a confirm link is made of."""

import base64
import hashlib
import re
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from subscribers.models import OutgoingLetter, Subscriber

SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
CONFIRM_SALT = "subscribers.confirm"


def has_shape(token: str) -> bool:
    """Tell whether a text could be one of our tokens at all: PostgreSQL refuses to look for a NUL."""
    return SHAPE.fullmatch(token) is not None


def holder_of(letter_token: str) -> Subscriber | None:
    """Return the person whose letters carry this token, or None for an unknown, erased or malformed one."""
    return Subscriber.objects.filter(letter_token=letter_token).first() if has_shape(letter_token) else None


def confirm_token(letter: OutgoingLetter) -> str:
    """Return the secret of a confirm letter: the same letter, mailed again, carries the same link."""
    words = f"{letter.pk}:{letter.subscriber.letter_token}"
    digest = salted_hmac(CONFIRM_SALT, words, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def confirm_hash(token: str) -> str:
    """Return what is stored of a confirm token, salted so that no link of another purpose passes as one."""
    return hashlib.sha256(f"{CONFIRM_SALT}:{token}".encode()).hexdigest()


def link(page: str, token: str) -> str:
    """Return the whole address of a page of this room behind a token."""
    return urljoin(settings.SITE_URL, reverse(f"subscribers:{page}", kwargs={"token": token}))
