"""Who got it: a mailing's counts and whether they balance."""

from dataclasses import dataclass

from django.db.models import Count

from mailings.models import Delivery, Mailing

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
