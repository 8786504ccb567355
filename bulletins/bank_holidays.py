"""Bank holidays in England, and the days that stand in for those at a weekend."""

import datetime
from functools import cache

from holidays import country_holidays

SUBSTITUTE = " (observed)"
ENDING = "Bank Holiday"


@cache
def holidays_of(year: int) -> dict[datetime.date, str]:
    """Return a year's holidays; those of a coronation are known once the library is newer than its proclamation."""
    return dict(country_holidays("GB", subdiv="ENG", years=year))


def bank_holiday(day: datetime.date) -> str:
    """Say which holiday a day is: “New Year’s Day, a bank holiday”; nothing of any other day."""
    name = holidays_of(day.year).get(day, "").replace("'", "’")
    if not name or name.endswith(ENDING):
        return name
    if name.endswith(SUBSTITUTE):
        return f"a bank holiday for {name.removesuffix(SUBSTITUTE)}"
    return f"{name}, a bank holiday"
