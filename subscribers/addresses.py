"""Mail addresses: checked, written in one way, and hashed with a key so that a list of hashes reveals nobody."""

import hashlib
import hmac
import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MAX_LOCAL, MAX_ADDRESS = 64, 254
SHAPE = "Enter an address like name@example.org."


def normalised(address: str) -> str:
    """Return the address as we store it: spaces off, its domain in lower-case IDNA letters.

    The part before the @ keeps its case, for a few mail systems heed it (RFC 5321, 2.4).
    """
    local, at, domain = address.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        pass
    return local + at + domain.lower()


def check_address(address: str) -> str:
    """Return the normalised address, or raise a ValidationError that says how to mend it."""
    address = normalised(address)
    local, _, domain = address.rpartition("@")
    if re.search(r"[\s<>,;\"\x00-\x1f]", address):
        raise ValidationError("Enter one address only, without a name, spaces or quotation marks.")
    if not local.isascii():
        raise ValidationError("The part before the @ must be plain Latin letters for now.")
    if len(local) > MAX_LOCAL or len(address) > MAX_ADDRESS:
        raise ValidationError(
            f"This address is too long: at most {MAX_LOCAL} characters before the @, {MAX_ADDRESS} in all."
        )
    if local and (domain.startswith("[") or "." not in domain):
        raise ValidationError("The address needs a public domain after the @, such as example.org.")
    validate_email_shape(address)
    return address


def validate_email_shape(address: str) -> None:
    """Raise our own sentence where Django finds no address."""
    try:
        validate_email(address)
    except ValidationError as error:
        raise ValidationError(SHAPE) from error


def address_hash(address: str) -> str:
    """Return the hex HMAC-SHA256 of an address, whatever its case, keyed with SUPPRESSION_KEY."""
    folded = normalised(address).casefold().encode()
    return hmac.new(settings.SUPPRESSION_KEY.encode(), folded, hashlib.sha256).hexdigest()
