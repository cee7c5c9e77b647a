"""Scores against a price: a point a model with its interval and name; arrow keys go from one to the next."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from slmdesk.base.words import number
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_tip, tr
from slmdesk.ui.widgets.evaluate import figures
from slmdesk.ui.widgets.evaluate.chart_layout import Axis, place_names, round_axis

LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 46, 16, 14, 44
DOT_PX = 5.0
REACH_PX = 14.0
WHISKER_PX = 4.0
TEXT_PX = 11
LONGEST_NAME_PX = 170


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """`x` in the unit of the axis; scores from 0 to 1; `words` say all of it."""

    name: str
    x: float
    score: float
    low: float
    high: float
    words: str
    is_verdict: bool = False


class ScatterChart(QWidget):
    """`axis` says what is counted from left to right."""

    def __init__(self, title: str, axis: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self._axis_words = axis
        self._points: Sequence[ChartPoint] = ()
        self._needed: float | None = None
        self._chosen = -1
        self._x = self._y = Axis(0.0, 1.0, 0.2)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def points(self) -> Sequence[ChartPoint]:
        return self._points

    @property
    def chosen(self) -> ChartPoint | None:
        """The point that the keyboard or the mouse is at."""
        return self._points[self._chosen] if 0 <= self._chosen < len(self._points) else None

    def show_points(self, points: Sequence[ChartPoint], needed: float | None) -> None:
        """`needed` is the score that is good enough, drawn as a line."""
        self._points = sorted(points, key=lambda point: point.x)
        self._needed = needed
        self._chosen = min(self._chosen, len(self._points) - 1)
        if self._points:
            lowest = min((*(point.low for point in self._points), needed if needed is not None else 1.0))
            self._y = round_axis(max(0.0, lowest - 0.03), 1.0, 5)
            self._x = round_axis(0.0, max(point.x for point in self._points) * 1.02 or 1.0, 5)
        self.setAccessibleDescription("\n".join(point.words for point in self._points))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(420), theme.scaled(280))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(260), theme.scaled(170))

    # pointing

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
        if event.key() in step and self._points:
            self._choose((self._chosen + step[Qt.Key(event.key())]) % len(self._points))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._chosen < 0 and self._points and event.reason() is not Qt.FocusReason.MouseFocusReason:
            self._choose(0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        places = [self._place(point) for point in self._points]
        near = [
            ((place - event.position()).manhattanLength(), index)
            for index, place in enumerate(places)
            if (place - event.position()).manhattanLength() < REACH_PX
        ]
        if near and min(near)[1] != self._chosen:
            self._choose(min(near)[1])

    def _choose(self, index: int) -> None:
        self._chosen = index
        point = self._points[index]
        below = self.mapToGlobal(self._place(point).toPoint() + QPoint(8, 8))
        QToolTip.showText(below, plain_tip(point.words), self)
        self.setAccessibleName(f"{self.title}: {point.words}")
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.NameChanged))
        self.update()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(theme.scaled(TEXT_PX))
        painter.setFont(font)
        if self.hasFocus():
            painter.setPen(QPen(QColor(now.accent), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        self._paint_axes(painter)
        self._paint_needed(painter)
        self._paint_points(painter)
        painter.end()

    def _paint_axes(self, painter: QPainter) -> None:
        now, area = theme.current(), self._area()
        for tick in self._y.ticks():
            y = area.bottom() - self._y.share(tick) * area.height()
            painter.setPen(QPen(QColor(now.line), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(now.muted))
            room = QRectF(0, y - 10, area.left() - 6, 20)
            painter.drawText(
                room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, figures.per_cent(tick)
            )
        for tick in self._x.ticks():
            x = area.left() + self._x.share(tick) * area.width()
            painter.setPen(QPen(QColor(now.muted), 1))
            painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 4))
            room = QRectF(x - 40, area.bottom() + 5, 80, 16)
            painter.drawText(
                room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, number(tick, "g")
            )
        painter.setPen(QPen(QColor(now.muted), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        room = QRectF(area.left(), area.bottom() + 21, area.width(), 18)
        painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, self._axis_words)

    def _paint_needed(self, painter: QPainter) -> None:
        if self._needed is None or not self._points:
            return
        now, area = theme.current(), self._area()
        y = area.bottom() - self._y.share(self._needed) * area.height()
        painter.setPen(QPen(QColor(now.good), 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(QColor(now.good))
        side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
        painter.drawText(self._needed_room(), side, self._needed_words())

    def _needed_words(self) -> str:
        return tr("good enough: {0}").format(figures.per_cent(self._needed))

    def _needed_room(self) -> QRectF:
        """Above the left end of the line."""
        if self._needed is None:
            return QRectF()
        font = QFont(self.font())
        font.setPixelSize(theme.scaled(TEXT_PX))
        metrics, area = QFontMetrics(font), self._area()
        y = area.bottom() - self._y.share(self._needed) * area.height()
        width = metrics.horizontalAdvance(self._needed_words()) + 4
        return QRectF(area.left() + 4, y - metrics.height() - 2, width, metrics.height() + 1)

    def _whisker(self, point: ChartPoint) -> QRectF:
        area, x = self._area(), self._place(point).x()
        top, bottom = (area.bottom() - self._y.share(at) * area.height() for at in (point.high, point.low))
        return QRectF(x - WHISKER_PX, top, 2 * WHISKER_PX, bottom - top)

    def _paint_points(self, painter: QPainter) -> None:
        now, area = theme.current(), self._area()
        places = [self._place(point) for point in self._points]
        for point in self._points:
            self._paint_whisker(painter, self._whisker(point))
        for index, (point, place) in enumerate(zip(self._points, places, strict=True)):
            colour = QColor(now.accent if point.is_verdict else now.text)
            painter.setPen(QPen(colour, 1.6))
            painter.setBrush(colour if point.is_verdict else QColor(now.surface))
            radius = DOT_PX + 2 if index == self._chosen else DOT_PX
            painter.drawEllipse(place, radius, radius)
        metrics = QFontMetrics(painter.font())
        most = min(theme.scaled(LONGEST_NAME_PX), int(area.width() * 0.4))
        names = [metrics.elidedText(point.name, Qt.TextElideMode.ElideMiddle, most) for point in self._points]
        sizes = [QSizeF(metrics.horizontalAdvance(name) + 4, metrics.height()) for name in names]
        kept = [self._whisker(point) for point in self._points]
        rooms = place_names(places, sizes, area, DOT_PX, [*kept, self._needed_room()])
        for point, name, room in zip(self._points, names, rooms, strict=True):
            painter.setPen(QColor(now.accent if point.is_verdict else now.text))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, name)

    def _paint_whisker(self, painter: QPainter, room: QRectF) -> None:
        painter.setPen(QPen(QColor(theme.current().muted), 1.2))
        x = room.center().x()
        painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
        for y in (room.top(), room.bottom()):
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))

    def _area(self) -> QRectF:
        left, top = theme.scaled(LEFT_PX), theme.scaled(TOP_PX)
        return QRectF(self.rect()).adjusted(left, top, -theme.scaled(RIGHT_PX), -theme.scaled(BOTTOM_PX))

    def _place(self, point: ChartPoint) -> QPointF:
        area = self._area()
        return QPointF(
            area.left() + self._x.share(point.x) * area.width(),
            area.bottom() - self._y.share(point.score) * area.height(),
        )
