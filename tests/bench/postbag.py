"""What the benches of mail share: readers by the million, an issue whose letter has 42 kB, and its mailing."""

import datetime
import itertools
import random

from django.db import connection
from django.utils import timezone

from bulletins.approval import approve
from bulletins.models import Bulletin
from config.company import say
from mailings.letter import letter_of
from mailings.mime import Reader
from mailings.models import Mailing
from mailings.opening import open_mailing
from publication.models import Publication
from tests.bench.archive import as_html, vocabulary
from tests.factories import make_bulletin, make_item, make_publication, make_staff

ITEMS, WORDS_AN_ITEM = 7, 260
MONTHS = itertools.count(1)
READERS = """
    INSERT INTO subscribers_subscriber (address, address_hash, status, name, school, role, letter_token, link_hash,
                                        created_at)
    SELECT 'reader' || n || '@example.org', encode(sha256(('address' || n)::bytea), 'hex'), 'active', '', '', '',
           translate(left(encode(sha256(('token' || n)::bytea), 'base64'), 43), '+/', '-_'), '', now()
      FROM generate_series((SELECT count(*) FROM subscribers_subscriber) + 1, %(number)s) AS n
"""


def make_readers(number: int) -> None:
    """Let there be so many active subscribers, known to PostgreSQL."""
    with connection.cursor() as cursor:
        say(f"  Making {number:,} readers ...")
        cursor.execute(READERS, {"number": number})
        cursor.execute("VACUUM ANALYZE subscribers_subscriber")


def make_issue(at: datetime.datetime) -> Bulletin:
    """Make an approved issue that is due, whose letter has about 42 kB."""
    if not Publication.objects.exists():
        make_publication()
    number = next(MONTHS)
    month = datetime.date(2000 + number // 12, number % 12 + 1, 1)
    chance = random.Random(number)
    words = vocabulary(chance)
    bulletin = make_bulletin(month=month, title=f"Issue {number}", publish_at=at, publish_reason="for the bench")
    for place in range(ITEMS):
        text = chance.choices(words, k=WORDS_AN_ITEM)
        make_item(bulletin, headline=f"Item {place}", slug=f"item-{place}", body=as_html(text))
    approve(bulletin, make_staff(f"approver-{number}"), at)
    return Bulletin.objects.get(pk=bulletin.pk)


def open_to_all() -> Mailing:
    """Open the mailing of a new issue to all readers, and let PostgreSQL put it in order."""
    at = timezone.now()
    mailing = open_mailing(make_issue(at), at)
    assert mailing is not None
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE mailings_delivery")
        cursor.execute("CHECKPOINT")
    return mailing


def one_letter(mailing: Mailing) -> bytes:
    """Return the first reader's letter as it goes over the wire."""
    delivery = mailing.deliveries.select_related("subscriber").order_by("pk")[0]
    assert delivery.subscriber is not None
    reader = Reader(delivery.subscriber.address, delivery.message_id, delivery.subscriber.letter_token)
    return letter_of(mailing).for_reader(reader)
