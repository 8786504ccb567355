"""Why letters failed: the relays' own words, without what differs from letter to letter, and where readers are."""

import datetime
from collections import Counter
from dataclasses import dataclass

from django.db import connection

from mailings.models import Mailing

# The newest failures are looked at, however many there are: their rows lie all over the table.
LOOKED_AT = 5_000
MOST = 12


# An address, and a word of six letters and more with a digit in it (a queue's or a session's number), are a
# letter's own; codes such as 5.1.1 are what we look for.
def reasons_and_domains(letters: str) -> str:
    """Return the query that groups some of a mailing's letters; `letters` is its condition and order."""
    return rf"""
    SELECT concat_ws(' ', NULLIF(smtp_code, 0), NULLIF(
               regexp_replace(
                   regexp_replace(left(smtp_text, 200), '<?[^\s<>]+@[^\s<>]+>?', '…', 'g'),
                   '\y(?=\w*\d)\w{{6,}}\y', '…', 'g'), '')),
           lower(split_part(s.address, '@', 2)), count(*)
      FROM (SELECT smtp_code, smtp_text, subscriber_id FROM mailings_delivery
             WHERE mailing_id = %(mailing)s AND {letters} DESC LIMIT %(newest)s) AS failed
      LEFT JOIN subscribers_subscriber s ON s.id = failed.subscriber_id
     GROUP BY 1, 2
"""


FAILED = reasons_and_domains("state = 'failed' ORDER BY failed_at")
PUT_OFF = reasons_and_domains("state = 'queued' AND not_before > %(at)s ORDER BY not_before")


@dataclass(frozen=True)
class Failures:
    """Letters that failed: the most frequent reasons and receiving domains, of the newest so many."""

    reasons: list[tuple[str, int]]
    domains: list[tuple[str, int]]
    newest: int


def failures_of(mailing: Mailing) -> Failures:
    """Group a mailing's failures, the most frequent first."""
    return grouped(FAILED, {"mailing": mailing.pk, "newest": LOOKED_AT})


def put_off_of(mailing: Mailing, at: datetime.datetime) -> Failures:
    """Group the letters that the relay put off, by what it said."""
    return grouped(PUT_OFF, {"mailing": mailing.pk, "newest": LOOKED_AT, "at": at})


def grouped(sql: str, values: dict) -> Failures:
    """Group what a query finds by reason and by domain."""
    reasons: Counter[str] = Counter()
    domains: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for reason, domain, number in cursor.fetchall():
            reasons[reason or "no reason given"] += number
            domains[domain or "erased readers"] += number
    return Failures(reasons.most_common(MOST), domains.most_common(MOST), reasons.total())
