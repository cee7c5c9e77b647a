"""Where things stand in a chart: round numbers along an axis, and names beside their points."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF

GAP_PX = 9.0
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_SIDES = (
    (1.0, 0.0),
    (-1.0, 0.0),
    (0.0, -1.0),
    (0.0, 1.0),
    (0.8, -0.8),
    (0.8, 0.8),
    (-0.8, -0.8),
    (-0.8, 0.8),
)
_RINGS = (1.0, 2.0, 3.5, 5.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, with a tick every `step`."""

    low: float
    high: float
    step: float

    def ticks(self) -> Sequence[float]:
        count = round((self.high - self.low) / self.step)
        return [self.low + index * self.step for index in range(count + 1)]

    def share(self, value: float) -> float:
        """Where a value stands, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)


def round_axis(low: float, high: float, ticks: int) -> Axis:
    """Around these values, with about so many ticks at round numbers."""
    span = max(high - low, 1e-9)
    rough = span / max(ticks, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in STEPS if factor * power >= rough * 0.999)
    first = math.floor(low / step + 1e-9) * step
    last = math.ceil(high / step - 1e-9) * step
    return Axis(first, max(last, first + step), step)


def place_names(
    points: Sequence[QPointF], sizes: Sequence[QSizeF], area: QRectF, dot_px: float, kept: Sequence[QRectF]
) -> list[QRectF]:
    """A place for each name, near its point; where it is possible over no other name or point, nor over
    what is `kept` free.
    """
    dots = [QRectF(point.x() - dot_px, point.y() - dot_px, 2 * dot_px, 2 * dot_px) for point in points]
    placed: list[QRectF] = []
    for point, size in zip(points, sizes, strict=True):
        taken = [*placed, *dots, *kept]
        placed.append(min(_places(point, size, area), key=lambda place: _cost(place, point, taken)))
    return placed


def _places(point: QPointF, size: QSizeF, area: QRectF) -> Iterator[QRectF]:
    for ring in _RINGS:
        for across, down in _SIDES:
            x = point.x() + across * (GAP_PX * ring + size.width() / 2) - size.width() / 2
            y = point.y() + down * (GAP_PX * ring + size.height() / 2) - size.height() / 2
            x = min(max(x, area.left()), area.right() - size.width())
            y = min(max(y, area.top()), area.bottom() - size.height())
            yield QRectF(QPointF(x, y), size)


def _cost(place: QRectF, point: QPointF, taken: Sequence[QRectF]) -> float:
    """What it covers counts most, then how far it is from its point."""
    covered = sum(_covered(place, other) for other in taken)
    centre = place.center()
    return 1000.0 * covered + math.hypot(centre.x() - point.x(), 2 * (centre.y() - point.y()))


def _covered(one: QRectF, other: QRectF) -> float:
    common = one.intersected(other)
    return common.width() * common.height() if common.isValid() else 0.0
