"""The relay: whether it lets us in, over TLS, without sending anything."""

import smtplib
import ssl
from collections.abc import Iterator

from django.conf import settings

from mailings.doctor.findings import Finding, attention, ok, wrong
from mailings.transport import LOGIN_CODES, LOOPBACK, visit, words_of


def look_at_relay() -> Iterator[Finding]:
    """Connect, encrypt and log in as a worker does, and take leave."""
    place = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        with visit() as relay:
            yield ok(f"The relay {place} answers{' and takes our login' if settings.EMAIL_HOST_USER else ''}.")
            yield look_at_encryption(relay, place)
    except ssl.SSLCertVerificationError as error:
        what = f"The certificate of {place} is not to be trusted: {error.verify_message}."
        yield wrong(what, "Give the name that stands in it in EMAIL_URL, or have it renewed.")
    except smtplib.SMTPResponseException as error:
        yield refused(place, error)
    except (OSError, smtplib.SMTPException) as error:
        what = f"The relay {place} cannot be used: {error}."
        yield wrong(what, "Look at EMAIL_URL, at the relay, and at the firewall between.")


def refused(place: str, error: smtplib.SMTPResponseException) -> Finding:
    """Tell a refused login from any other refusal."""
    said = f"{error.smtp_code} {words_of(error.smtp_error)}"
    if error.smtp_code in LOGIN_CODES:
        return wrong(f"The relay {place} refuses our login: {said}.", "Mend user and password in EMAIL_URL.")
    return wrong(f"The relay {place} will not talk to us: {said}.", "Ask whoever runs it.")


def look_at_encryption(relay: smtplib.SMTP, place: str) -> Finding:
    """Say whether letters travel to the relay unread."""
    if isinstance(relay.sock, ssl.SSLSocket):
        return ok(f"The way to {place} is encrypted ({relay.sock.version()}), its certificate verified.")
    if settings.EMAIL_HOST in LOOPBACK:
        return ok(f"The relay {place} is this machine: nothing travels unencrypted beyond it.")
    mend = "Begin EMAIL_URL with submission:// or smtps://."
    return attention(f"Letters travel to {place} unencrypted, readers' own links with them.", mend)
