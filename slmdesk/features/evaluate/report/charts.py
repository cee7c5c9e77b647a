"""Charts for the page: the score against what it costs, with intervals, as inline SVG without any style."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.base.safe_html import plain
from slmdesk.base.words import number, say

_WIDTH, _HEIGHT = 560, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 16, 46
_LINE_HEIGHT = 15
_LETTER_WIDTH = 6.8
_GAP = 9
_MOST_LINES = 5
_LONGEST_NAME = 34
_WIDE = 8
"""From this ratio of the largest to the smallest on, the axis is logarithmic."""

STYLE = """
.chart { width: 100%; height: auto; max-width: 720px; font: 12px system-ui, sans-serif; }
.chart text { fill: var(--text); }
.chart .point text { paint-order: stroke; stroke: var(--surface); stroke-width: 3px; }
.chart .tick { fill: var(--muted); }
.chart .grid { stroke: var(--line); } .chart .target { stroke: var(--warn); stroke-dasharray: 5 4; }
.chart .whisker { stroke: var(--accent); stroke-width: 1.5; } .chart circle { fill: var(--accent); }
.chart .chosen circle { fill: var(--good); } .chart .chosen .whisker { stroke: var(--good); }
.chart .chosen text { font-weight: 600; }
"""


@dataclass(frozen=True, slots=True)
class Point:
    """A model in a chart; `score`, `low` and `high` from 0 to 1, `x` above 0."""

    name: str
    x: float
    score: float
    low: float | None = None
    high: float | None = None
    is_chosen: bool = False


class _Axis:
    """Places values of `x` between left and right: from 0, or by their logarithm where they are far apart."""

    def __init__(self, values: Sequence[float]) -> None:
        low, high = min(values), max(values)
        self.is_logarithmic = high / low >= _WIDE
        self.ticks = _powers(low, high) if self.is_logarithmic else _steps(high)
        self._low = self._scaled(self.ticks[0])
        self._high = self._scaled(self.ticks[-1])

    def place(self, value: float) -> float:
        share = (self._scaled(value) - self._low) / (self._high - self._low)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.is_logarithmic else value


def scatter(title: str, unit: str, points: Sequence[Point], target: float | None = None) -> str:
    """One chart of at least one point; `title` says what it shows, `unit` stands below the lower axis."""
    axis = _Axis([point.x for point in points])
    parts = [
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{plain(title)}">',
        f"<title>{plain(title)}</title>",
        *_grid(axis, unit),
        *([_target_line(target)] if target is not None else []),
        *_points(axis, points),
        "</svg>",
    ]
    return "\n".join(parts)


def _height(share: float) -> float:
    return _TOP + (1 - min(max(share, 0.0), 1.0)) * (_HEIGHT - _TOP - _BOTTOM)


def _grid(axis: _Axis, unit: str) -> list[str]:
    foot = _HEIGHT - _BOTTOM
    parts = []
    for percent in range(0, 101, 20):
        y = _height(percent / 100)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        words = say("{percent} %", percent=percent)
        parts.append(f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{words}</text>')
    for tick in axis.ticks:
        x = axis.place(tick)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{foot}"/>')
        words = number(tick, ".6g")
        parts.append(f'<text class="tick" x="{x:.1f}" y="{foot + 16}" text-anchor="middle">{words}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<text x="{middle:.0f}" y="{_HEIGHT - 8}" text-anchor="middle">{plain(unit)}</text>')
    return parts


def _target_line(target: float) -> str:
    y = _height(target)
    return f'<line class="target" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _points(axis: _Axis, points: Sequence[Point]) -> list[str]:
    """From top to bottom; each name stands where it hides neither another one nor another's interval."""
    bars = {point: _bar(axis.place(point.x), point) for point in points}
    parts, names = [], list[_Box]()
    for point in sorted(points, key=lambda point: -point.score):
        name = point.name if len(point.name) <= _LONGEST_NAME else f"{point.name[: _LONGEST_NAME - 1]}…"
        others = [*names, *(bar for other, bar in bars.items() if other is not point)]
        box = _place_for(name, axis.place(point.x), _height(point.score), others)
        names.append(box)
        parts.append(_point(axis.place(point.x), point, name, box))
    return parts


def _point(x: float, point: Point, name: str, box: "_Box") -> str:
    is_left = box.right < x
    place = f'x="{box.right:.1f}" text-anchor="end"' if is_left else f'x="{box.left:.1f}"'
    return (
        f'<g class="{"point chosen" if point.is_chosen else "point"}">'
        f"<title>{plain(_point_words(point))}</title>{_whisker(x, point)}"
        f'<circle cx="{x:.1f}" cy="{_height(point.score):.1f}" r="5"/>'
        f'<text {place} y="{box.foot - 4:.1f}">{plain(name)}</text></g>'
    )


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    top: float
    right: float
    foot: float

    def meets(self, other: "_Box") -> bool:
        is_beside = self.right <= other.left or other.right <= self.left
        return not is_beside and self.top < other.foot and other.top < self.foot

    @property
    def is_inside(self) -> bool:
        return self.left >= _LEFT and self.right <= _WIDTH and self.top >= 0 and self.foot <= _HEIGHT


def _place_for(name: str, x: float, y: float, others: Sequence[_Box]) -> _Box:
    """Beside its point, right or left, else some lines above or below; at the right where all is full."""
    width = _LETTER_WIDTH * len(name)
    lines = sorted(range(-_MOST_LINES, _MOST_LINES + 1), key=abs)
    lefts = (x + _GAP, x - _GAP - width)
    boxes = [
        _Box(left, middle - _LINE_HEIGHT / 2, left + width, middle + _LINE_HEIGHT / 2)
        for middle in (y + line * _LINE_HEIGHT for line in lines)
        for left in lefts
    ]
    inside = [box for box in boxes if box.is_inside] or boxes
    return next((box for box in inside if not any(map(box.meets, others))), inside[0])


def _bar(x: float, point: Point) -> _Box:
    """What the interval and the point take."""
    top, foot = point.score if point.high is None else point.high, point.low
    foot = point.score if foot is None else foot
    return _Box(x - 6, min(_height(top), _height(point.score) - 6), x + 6, _height(foot) + 3)


def _whisker(x: float, point: Point) -> str:
    if point.low is None or point.high is None:
        return ""
    top, foot = _height(point.high), _height(point.low)
    ends = "".join(
        f'<line class="whisker" x1="{x - 4:.1f}" x2="{x + 4:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
        for y in (top, foot)
    )
    return f'<line class="whisker" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{foot:.1f}"/>{ends}'


def _point_words(point: Point) -> str:
    if point.low is None or point.high is None:
        return say("{name}: {score:.0f} %", name=point.name, score=100 * point.score)
    return say(
        "{name}: {score:.0f} % (95 % interval {low:.0f} to {high:.0f} %)",
        name=point.name,
        score=100 * point.score,
        low=100 * point.low,
        high=100 * point.high,
    )


def _steps(high: float) -> list[float]:
    """From 0 to `high` or a little more, in four to eight steps of 1, 2 or 5."""
    rough = high / 6
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return [round(step * count, 10) for count in range(math.ceil(high / step - 1e-9) + 1)]


def _powers(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten around the values; the powers alone where these are many."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    factors = (1, 2, 5) if last - first <= 3 else (1,)
    ticks = [float(f"{factor}e{power}") for power in range(first, last + 1) for factor in factors]
    below = [tick for tick in ticks if tick <= low]
    above = [tick for tick in ticks if tick >= high]
    return [tick for tick in ticks if below[-1] <= tick <= above[0]]
