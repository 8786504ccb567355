"""A mailing's ledger as a file of comma-separated values (RFC 4180), row by row: never all of it in memory."""

import csv
import datetime
from collections.abc import Iterator
from itertools import islice

from mailings.models import Mailing

COLUMNS = ("address", "state", "attempts", "sent at", "code", "reply", "Message-ID")
FIELDS = ("subscriber__address", "state", "attempts", "sent_at", "smtp_code", "smtp_text", "message_id")
ROWS_AT_ONCE = 2000
# A spreadsheet runs a cell that begins so, or with a line break or a tab; the wide forms are the keyboards' of
# East Asia (OWASP, CSV injection).
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Line:
    """What a csv.writer writes to: it gives each line back instead of keeping it."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def ledger_lines(mailing: Mailing) -> Iterator[str]:
    """Yield the heading and a line for each letter, read by a cursor that the database keeps."""
    writer = csv.writer(Line())
    yield writer.writerow(COLUMNS)
    rows = mailing.deliveries.order_by("pk").values_list(*FIELDS)
    for address, state, attempts, sent_at, code, reply, message_id in rows.iterator(chunk_size=ROWS_AT_ONCE):
        values = [address or "erased", state, attempts, moment(sent_at), code or "", reply, message_id]
        yield writer.writerow([cell(value) for value in values])


def ledger_parts(mailing: Mailing) -> Iterator[str]:
    """Yield the file in parts of some thousand lines, for each part has its cost on the way out."""
    lines = ledger_lines(mailing)
    while part := "".join(islice(lines, ROWS_AT_ONCE)):
        yield part


def moment(at: datetime.datetime | None) -> str:
    """Write an instant in UTC (ISO 8601); nothing for none."""
    return at.astimezone(datetime.UTC).isoformat(timespec="milliseconds") if at else ""


def cell(value: object) -> str:
    """Write a cell that no spreadsheet runs."""
    words = str(value)
    return f"'{words}" if words.startswith(RUNS) else words


def file_name(mailing: Mailing) -> str:
    """Return the file's name: “2026-march-ledger.csv”."""
    issue = mailing.bulletin
    correction = f"-correction-{mailing.number}" if mailing.number else ""
    return f"{issue.month.year}-{issue.slug}{correction}-ledger.csv"
