"""Look before sending: the counts, one whole letter, and a test copy that touches no table."""

from email.utils import make_msgid, parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils import timezone

from bulletins.models import Bulletin
from mailings.acts import readers as readers_in_words
from mailings.letter import Frozen, freeze, letter_as_test, letter_of
from mailings.line import post
from mailings.mime import Reader, slot, unstuffed
from mailings.transport import Result
from publication.models import SenderClaim
from subscribers.models import Subscriber, Suppression

# A token that belongs to nobody: its page answers, and changes nothing.
NOBODYS_TOKEN = "rehearsal-token-that-belongs-to-nobody-0000"


def readers() -> int:
    """Return how many people would get an issue opened now."""
    suppressed = Suppression.objects.filter(address_hash=OuterRef("address_hash"))
    # NOT IN would be looked through row by row: minutes at a million readers.
    return Subscriber.objects.active().filter(~Exists(suppressed)).count()


def one_letter(frozen: Frozen, address: str) -> bytes:
    """Return the DATA of a letter to an address that is not in the ledger."""
    reader = Reader(address, make_msgid(domain=settings.MAIL_DOMAIN), NOBODYS_TOKEN)
    return letter_of(frozen).for_reader(reader)


def frozen_now(bulletin: Bulletin) -> Frozen:
    """Return the letter as it would be mailed at this moment."""
    return freeze(Bulletin.objects.with_parts().get(pk=bulletin.pk), timezone.now())


def text_of(bulletin: Bulletin) -> str:
    """Return the letter's text part as a reader gets it."""
    return frozen_now(bulletin).text.replace(slot("token"), NOBODYS_TOKEN)


def rehearse(bulletin: Bulletin) -> str:
    """Return what would be mailed, and to how many; nothing is written."""
    data = unstuffed(one_letter(frozen_now(bulletin), "reader@example.org"))
    mailed = bulletin.audience == Bulletin.Audience.SUBSCRIBERS
    people = readers_in_words(readers()) if mailed else "never mailed"
    head = f"{bulletin.title} ({bulletin.status}, for {bulletin.audience}): {people}, {len(data)} bytes a letter."
    return f"{head}\n\n{data.decode('ascii')}"


def send_test(frozen: Frozen, address: str) -> str:
    """Send one letter marked [TEST] to an address; return what the relay said. Raises ValidationError, ValueError."""
    if not SenderClaim.objects.is_ours():
        raise ValidationError(f"{SenderClaim.objects.in_force()} sends from this database: nothing is sent from here.")
    marked = letter_as_test(frozen)
    outcome = post(parseaddr(dict(marked.headers)["From"])[1], address, one_letter(marked, address))
    said = f"{outcome.code or ''} {outcome.text}".strip()
    if outcome.result is not Result.ACCEPTED:
        raise ValidationError(f"The relay did not take the test letter: {said}.")
    return said
