"""Mail addresses: checked, written in one way, and hashed with a key, so that a hash reveals nobody."""

import contextlib
import hashlib
import hmac
import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MAX_LOCAL, MAX_ADDRESS, MAX_TYPED = 64, 254, 1000
TOO_LONG = f"This address is too long: at most {MAX_LOCAL} characters before the @, {MAX_ADDRESS} in all."
SHAPE = "Enter an address like name@example.org."
NO_PUBLIC_DOMAIN = "Enter an address like name@example.org: this one needs a public domain after the @."


def normalised(address: str) -> str:
    """Return the address as we store it: spaces off, its domain in lower-case IDNA letters.

    The part before the @ keeps its case, for a few mail systems heed it (RFC 5321, 2.4).
    """
    local, at, domain = address.strip().rpartition("@")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return local + at + domain.lower()


def check_address(address: str) -> str:
    """Return the normalised address, or raise a ValidationError that says how to mend it."""
    # Writing a domain in IDNA letters may shorten it, but not this much, and takes long for a huge one.
    if len(address.strip()) > MAX_TYPED:
        raise ValidationError(TOO_LONG)
    address = normalised(address)
    local, _, domain = address.rpartition("@")
    if re.search(r"[\s<>,;\"\x00-\x1f]", address):
        raise ValidationError("Enter one address only, without a name, spaces or quotation marks.")
    if not local.isascii():
        raise ValidationError("The part before the @ must be plain Latin letters for now.")
    if len(local) > MAX_LOCAL or len(address) > MAX_ADDRESS:
        raise ValidationError(TOO_LONG)
    if local and (domain.startswith("[") or "." not in domain or domain.rpartition(".")[2].isdigit()):
        raise ValidationError(NO_PUBLIC_DOMAIN)
    validate_email_shape(address)
    return address


def validate_email_shape(address: str) -> None:
    """Raise our own sentence where Django finds no address."""
    try:
        validate_email(address if address.isascii() else "")
    except ValidationError as error:
        raise ValidationError(SHAPE) from error


def address_hash(address: str) -> str:
    """Return the hex HMAC-SHA256 of an address, whatever its case, keyed with SUPPRESSION_KEY."""
    folded = normalised(address).casefold().encode()
    return hmac.new(settings.SUPPRESSION_KEY.encode(), folded, hashlib.sha256).hexdigest()


def masked(address: str) -> str:
    """Return an address that its owner knows again and the reader of a forwarded letter does not learn."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
