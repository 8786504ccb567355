"""Test letters: asked for at the desk, mailed by a worker, and kept with what the relay said."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from bulletins.models import Bulletin
from mailings.models import TestLetter
from mailings.rehearsal import frozen_now, send_test
from publication.letters import staff_addresses

SHOWN = 5
# A worker that died with one in its hands: it is tried once more, for a test that comes twice harms nobody.
PATIENCE = datetime.timedelta(minutes=15)
MOST_AT_ONCE = 20

CLAIM = """
    UPDATE mailings_testletter SET tried_at = %(at)s
     WHERE id = (SELECT id FROM mailings_testletter
                  WHERE answer = '' AND (tried_at IS NULL OR tried_at < %(dead)s)
                  ORDER BY asked_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING *
"""


class AskForm(forms.Form):
    """To whom a test is to go: members of staff by name, the one who asks first and ticked."""

    to = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        label="To",
        error_messages={"required": "Tick at least one person."},
    )

    def __init__(self, *args: Any, asker: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own, box = asker.email, self.fields["to"]
        others = [address for address in staff_addresses() if address != own]
        box.choices = [(address, address) for address in others]  # type: ignore[attr-defined]
        if own:
            box.choices = [(own, f"me, {own}"), *box.choices]  # type: ignore[attr-defined]
            box.initial = [own]


def ask(bulletin: Bulletin, to: Iterable[str], by: User, at: datetime.datetime) -> int:
    """Ask for a test of an issue as it then stands, to each of some addresses; return how many were asked for."""
    tests = [TestLetter(bulletin=bulletin, to=address, by=by, asked_at=at) for address in to]
    return len(TestLetter.objects.bulk_create(tests))


def lately(bulletin: Bulletin) -> QuerySet[TestLetter]:
    """Return the tests of an issue that were asked for last."""
    return bulletin.test_letters.select_related("by")[:SHOWN]


def post_tests() -> int:
    """Mail the tests that wait, each once; return how many the relay took. No transaction is open meanwhile."""
    return sum(post(test) for test in claimed(timezone.now()))


def claimed(at: datetime.datetime) -> Iterator[TestLetter]:
    """Claim waiting tests one at a time."""
    for _ in range(MOST_AT_ONCE):
        test = next(iter(TestLetter.objects.raw(CLAIM, {"at": at, "dead": at - PATIENCE})), None)
        if test is None:
            return
        yield test


def post(test: TestLetter) -> bool:
    """Mail one test, and write down what was said of it: a refusal is an answer like any other."""
    row = TestLetter.objects.filter(pk=test.pk)
    try:
        frozen = frozen_now(test.bulletin)
        said = send_test(frozen, test.to)
    except (ValidationError, ValueError) as error:
        words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        row.update(answer=words[:200] or "refused")
        return False
    return row.update(answer=said[:200] or "taken", sent_at=timezone.now(), content_hash=frozen.content_hash()) == 1
