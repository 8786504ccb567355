"""Numbers as the columns of a drawing: where each stands, and how high the scale is."""

WIDTH, HEIGHT = 720, 160
# The part of a column's place that stays empty.
GAP = 0.15

# Left edge, top edge, width and height, in the units of the drawing.
Box = tuple[float, float, float, float]


def scale(most: int) -> int:
    """Return the next round number: 1, 2 or 5 with noughts."""
    power = 10 ** (len(str(most)) - 1)
    return next(power * step for step in (1, 2, 5, 10) if most <= power * step)


def fine_scale(most: int) -> int:
    """Return a round number that is little more: its first digit is followed by noughts, or 1 by 2 or 5."""
    power = 10 ** (len(str(most)) - 1)
    steps = (power * tenths // 10 for tenths in (10, 12, 15, *range(20, 101, 10)))
    return next(step for step in steps if most <= step)


def column(place: int, places: int, share: float, height: float = HEIGHT) -> Box:
    """Return the box of a column that stands on the ground of a drawing: the `place`th of `places`, counted from 0.

    `share` is how much of the drawing's height it fills, from 0 to 1.
    """
    pitch = WIDTH / places
    tall = round(height * share, 2)
    return round((place + GAP / 2) * pitch, 2), round(height - tall, 2), round((1 - GAP) * pitch, 2), tall
