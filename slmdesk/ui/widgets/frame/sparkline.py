"""The last minute of one figure as a quiet line."""

from collections import deque

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from slmdesk.ui import theme

SAMPLES = 60
FULL = 100.0


class Sparkline(QWidget):
    """Values from 0 to 100, None where there was none; `token` names its colour in the theme."""

    def __init__(self, token: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._token = token
        self._values: deque[float | None] = deque(maxlen=SAMPLES)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def add(self, value: float | None) -> None:
        self._values.append(value)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(180, theme.scaled(34))

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(now.line))
        painter.setBrush(QColor(now.raised))
        painter.drawRoundedRect(frame, 6, 6)
        painter.setPen(QPen(QColor(getattr(now, self._token)), 1.4))
        painter.drawPath(self._line(frame.adjusted(2, 4, -2, -4)))
        painter.end()

    def _line(self, area: QRectF) -> QPainterPath:
        """Newest at the right edge; a gap where nothing is known."""
        path = QPainterPath()
        step = area.width() / (SAMPLES - 1)
        first_x = area.right() - step * (len(self._values) - 1)
        is_open = False
        for index, value in enumerate(self._values):
            if value is None:
                is_open = False
                continue
            share = min(max(value, 0.0), FULL) / FULL
            point = QPointF(first_x + index * step, area.bottom() - share * area.height())
            path.lineTo(point) if is_open else path.moveTo(point)
            is_open = True
        return path
