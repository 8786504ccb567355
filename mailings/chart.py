"""Letters per minute as the bars of a drawing."""

import datetime
from dataclasses import dataclass
from itertools import chain

from publication.chart import column, scale

MOST_BARS = 120
# A mailing of a minute or two has narrow bars too, at the left of an axis with room for so many.
FEWEST_PLACES = 12
A_DAY = 24 * 60
# Minutes that one bar may stand for; a mailing that was taken up again after days has bars of whole days.
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 360, 720, A_DAY)

Minutes = list[tuple[datetime.datetime, int]]


@dataclass(frozen=True)
class Bar:
    """One bar: when it begins, how many letters it stands for, and where it is drawn."""

    at: datetime.datetime
    number: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """The bars, how many minutes each stands for, the top of their scale, and the end of their axis."""

    bars: list[Bar]
    minutes: int
    top: int
    ends_at: datetime.datetime

    @property
    def begins_at(self) -> datetime.datetime:
        """When the first bar begins."""
        return self.bars[0].at

    @property
    def highest(self) -> Bar:
        """The bar of the most letters."""
        return max(self.bars, key=lambda bar: bar.number)

    @property
    def each(self) -> str:
        """What one bar stands for: “minute”, “5 minutes”."""
        return "minute" if self.minutes == 1 else f"{self.minutes} minutes"


def chart(minutes: Minutes) -> Chart | None:
    """Draw letters per minute; None where none left."""
    if not minutes:
        return None
    first, last = minutes[0][0], minutes[-1][0]
    step = step_for(whole_minutes(last - first) + 1)
    numbers: dict[int, int] = {}
    for at, number in minutes:
        place = whole_minutes(at - first) // step
        numbers[place] = numbers.get(place, 0) + number
    return drawn(first, step, numbers)


def whole_minutes(span: datetime.timedelta) -> int:
    """Return how many whole minutes a span has."""
    return int(span.total_seconds() // 60)


def drawn(first: datetime.datetime, step: int, numbers: dict[int, int]) -> Chart:
    """Draw a bar for each place that has letters; the places are `step` minutes wide and begin at `first`."""
    places, top = max(max(numbers) + 1, FEWEST_PLACES), scale(max(numbers.values()))
    bars = [
        Bar(first + datetime.timedelta(minutes=place * step), number, *column(place, places, number / top))
        for place, number in sorted(numbers.items())
    ]
    return Chart(bars, step, top, first + datetime.timedelta(minutes=places * step))


def step_for(minutes: int) -> int:
    """Return how many minutes a bar stands for, so that all find room."""
    days = (A_DAY * number for number in range(2, minutes // A_DAY + 3))
    return next(step for step in chain(STEPS, days) if minutes <= step * MOST_BARS)
