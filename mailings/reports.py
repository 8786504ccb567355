"""Who got it: a mailing's counts and whether they balance."""

from dataclasses import dataclass

from django.db.models import Count, F, QuerySet
from django.db.models.functions import Coalesce

from mailings.models import Delivery, Mailing
from publication.desk import number_of

FINAL = ("sent", "skipped", "failed", "abandoned")


@dataclass(frozen=True)
class Balance:
    """Letters planned, and how many are in each state."""

    planned: int
    counts: dict[str, int]

    @property
    def done(self) -> int:
        """Letters that need nothing more."""
        return sum(self.counts[state] for state in FINAL)

    @property
    def holds(self) -> bool:
        """Whether every planned letter is in exactly one state."""
        return self.planned == sum(self.counts.values())

    def __str__(self) -> str:
        words = ", ".join(f"{number} {state}" for state, number in self.counts.items() if number)
        verdict = "balances" if self.holds else "DOES NOT BALANCE"
        return f"{self.planned} planned: {words or 'none yet'} ({verdict})"


def balance(mailing: Mailing) -> Balance:
    """Count a mailing's letters by state."""
    counts = dict.fromkeys(Delivery.State.values, 0)
    rows = Delivery.objects.filter(mailing=mailing).values_list("state").annotate(number=Count("pk"))
    counts.update(rows.order_by())
    return Balance(mailing.planned, counts)


def with_counts(mailings: QuerySet[Mailing]) -> QuerySet[Mailing]:
    """Mailings, each with its letters sent by now (`sent_now`) and all in the ledger (`in_ledger`); no letter's text.

    Those that are finished have their final counters; only a running one's letters are counted.
    """
    total = F("sent") + F("skipped") + F("failed") + F("abandoned")
    sent = number_of(Delivery.objects.filter(state=Delivery.State.SENT), "mailing")
    return mailings.defer("headers", "html", "text").annotate(
        sent_now=Coalesce("sent", sent), in_ledger=Coalesce(total, number_of(Delivery.objects.all(), "mailing"))
    )
