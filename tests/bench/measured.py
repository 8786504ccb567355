"""What a bench finds out."""

import statistics
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measured:
    """A ratio (the greater the better), the least that is promised of it, and the figures behind it, by name."""

    ratio: float
    promised: float
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Whether the promise was kept."""
        return self.ratio >= self.promised


def percentile(values: list[float], hundredths: int) -> float:
    """Return a percentile of values."""
    return statistics.quantiles(values, n=100, method="inclusive")[hundredths - 1]
