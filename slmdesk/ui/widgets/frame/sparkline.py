"""The last minutes of one figure as a quiet line; the mouse reads the value at a point."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from slmdesk.ui import theme

LEAST_SPAN_S, SPAN_S = 60.0, 300.0  # it grows with what is known
GAP_S = 3.5  # two looks further apart are not joined: nobody looked between them
FULL = 100.0
DOT_PX = 2.5


@dataclass(frozen=True, slots=True)
class Point:
    """A value from 0 to 100, None where there was none, when it was measured, and how it is said."""

    at: float
    value: float | None
    words: str


class Sparkline(QWidget):
    """`token` names its colour in the theme; `clock` counts seconds."""

    def __init__(
        self, token: str, clock: Callable[[], float] = time.monotonic, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._token = token
        self._clock = clock
        self._points: deque[Point] = deque()
        self._pointed: Point | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)

    def add(self, value: float | None, words: str) -> None:
        """The next value, in words too."""
        now = self._clock()
        self._points.append(Point(now, value, words))
        while now - self._points[0].at > SPAN_S:
            self._points.popleft()
        self.update()

    def words_at(self, x: float) -> str:
        """ "71 %, 40 s ago" at this place, "" where nothing was measured."""
        point = self._point_at(x)
        if point is None:
            return ""
        ago_s = round(self._clock() - point.at)
        if ago_s < 2:
            return point.words
        if ago_s < 100:
            return self.tr("{0}, {1} s ago").format(point.words, ago_s)
        return self.tr("{0}, {1} min ago").format(point.words, round(ago_s / 60))

    def sizeHint(self) -> QSize:
        return QSize(180, theme.scaled(34))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointed = self._point_at(event.position().x())
        words = self.words_at(event.position().x())
        where = self.mapToGlobal(event.position().toPoint() + QPoint(0, theme.scaled(8)))
        QToolTip.showText(where, words, self)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._pointed = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(now.line))
        painter.setBrush(QColor(now.raised))
        painter.drawRoundedRect(frame, 6, 6)
        colour = QColor(getattr(now, self._token))
        painter.setPen(QPen(colour, 1.4))
        painter.setBrush(QColor(0, 0, 0, 0))
        painter.drawPath(self._line())
        if self._pointed is not None and self._pointed.value is not None:
            painter.setBrush(colour)
            painter.drawEllipse(self._place(self._pointed, self._pointed.value), DOT_PX, DOT_PX)
        painter.end()

    def _line(self) -> QPainterPath:
        """Now is at the right edge; a gap where nothing is known."""
        path = QPainterPath()
        last: Point | None = None
        for point in self._points:
            if point.value is not None:
                is_joined = last is not None and point.at - last.at <= GAP_S
                place = self._place(point, point.value)
                path.lineTo(place) if is_joined else path.moveTo(place)
            last = point if point.value is not None else None
        return path

    @property
    def _span_s(self) -> float:
        return max(LEAST_SPAN_S, self._points[-1].at - self._points[0].at)

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(2.5, 4.5, -2.5, -4.5)

    def _place(self, point: Point, value: float) -> QPointF:
        area = self._area()
        age = (self._points[-1].at - point.at) / self._span_s
        share = min(max(value, 0.0), FULL) / FULL
        return QPointF(area.right() - age * area.width(), area.bottom() - share * area.height())

    def _point_at(self, x: float) -> Point | None:
        """The measured point nearest to a place, if it is as near as two looks are."""
        measured = [point for point in self._points if point.value is not None]
        if not measured:
            return None
        area = self._area()
        wanted = self._points[-1].at - (area.right() - x) / area.width() * self._span_s
        nearest = min(measured, key=lambda point: abs(point.at - wanted))
        return nearest if abs(nearest.at - wanted) <= 2 * GAP_S else None
