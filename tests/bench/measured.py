"""What a bench finds out."""

import statistics
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measured:
    """A ratio, what is promised of it, and the figures behind it, by name.

    The greater the better; of a cost, the smaller.
    """

    ratio: float
    promised: float
    figures: dict[str, float] = field(default_factory=dict)
    is_cost: bool = False

    @property
    def kept(self) -> bool:
        """Whether the promise was kept."""
        return self.ratio <= self.promised if self.is_cost else self.ratio >= self.promised


def spread(name: str, values: list[float]) -> dict[str, float]:
    """Return the median of a series with its least and greatest value, as figures."""
    return {name: statistics.median(values), f"{name}, least": min(values), f"{name}, most": max(values)}


def percentile(values: list[float], hundredths: int) -> float:
    """Return a percentile of values."""
    return statistics.quantiles(values, n=100, method="inclusive")[hundredths - 1]
