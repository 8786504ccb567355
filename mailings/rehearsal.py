"""Look before sending: the counts, one whole letter, and a test copy that touches no table."""

from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import make_msgid, parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError

from bulletins.models import Bulletin
from mailings.letter import Frozen, freeze, letter_as_test, letter_of
from mailings.mime import Reader
from mailings.transport import Relay, Result
from subscribers.models import Subscriber, Suppression

# A token that belongs to nobody: its page answers, and changes nothing.
NOBODYS_TOKEN = "rehearsal-token-that-belongs-to-nobody-0000"


def readers() -> int:
    """Return how many people would get an issue opened now."""
    suppressed = Suppression.objects.values("address_hash")
    return Subscriber.objects.active().exclude(address_hash__in=suppressed).count()


def unstuffed(data: bytes) -> bytes:
    """Return a letter as its receiver reads it, the doubled dots single again (RFC 5321, 4.5.2)."""
    return data.replace(b"\n..", b"\n.")


def one_letter(frozen: Frozen, address: str) -> bytes:
    """Return the DATA of a letter to an address that is not in the ledger."""
    reader = Reader(address, make_msgid(domain=settings.MAIL_DOMAIN), NOBODYS_TOKEN)
    return letter_of(frozen).for_reader(reader)


def rehearse(bulletin: Bulletin) -> str:
    """Return what would be mailed, and to how many; nothing is written."""
    frozen = freeze(Bulletin.objects.with_parts().get(pk=bulletin.pk))
    data = unstuffed(one_letter(frozen, "reader@example.org"))
    kind = f"{bulletin.status}, for {bulletin.audience}"
    head = f"{bulletin.title} ({kind}): {readers()} readers, {len(data)} bytes a letter."
    return f"{head}\n\n{data.decode('ascii')}"


def parsed(data: bytes) -> EmailMessage:
    """Return a letter's DATA parsed by Python's email package."""
    message = BytesParser(policy=SMTP).parsebytes(unstuffed(data))
    assert isinstance(message, EmailMessage)
    return message


def send_test(bulletin: Bulletin, address: str) -> str:
    """Send one letter marked [TEST] to an address; return what the relay said. Raises ValidationError."""
    frozen = letter_as_test(freeze(Bulletin.objects.with_parts().get(pk=bulletin.pk)))
    with Relay() as relay:
        outcome = relay.offer(parseaddr(dict(frozen.headers)["From"])[1], address)
        if outcome.result is Result.ACCEPTED:
            outcome = relay.send(one_letter(frozen, address))
    if outcome.result is not Result.ACCEPTED:
        raise ValidationError(f"The relay did not take the test letter: {outcome.code} {outcome.text}.")
    return f"A test letter went to {address}: {outcome.code} {outcome.text}"
