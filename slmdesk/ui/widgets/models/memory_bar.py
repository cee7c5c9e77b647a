"""A bar of what a model takes of the free memory: weights, context, work."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from slmdesk.features.catalog.fit import Fit
from slmdesk.ui import theme

HEIGHT_PX = 14


class MemoryBar(QWidget):
    """The whole width is what is free, or what is needed where that is more or nothing is known."""

    def __init__(self, fit: Fit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fit = fit
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Memory"))
        self.setAccessibleDescription(fit.explanation)
        self.setToolTip(fit.explanation)

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(120), theme.scaled(HEIGHT_PX))

    def parts(self) -> list[float]:
        """The shares of weights, context and work in the bar."""
        whole = max(self.fit.needed_bytes or 0, self.fit.free_bytes or 0)
        sizes = self.fit.weights_bytes, self.fit.kv_bytes, self.fit.work_bytes
        return [size / whole if whole else 0.0 for size in sizes]

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        room = QRectF(self.rect())
        painter.fillRect(room, QColor(tokens.line))
        is_too_large = self.fit.kind == "too large"
        first = QColor(tokens.bad if is_too_large else tokens.accent)
        second = QColor(first)
        second.setAlpha(150)
        left = 0.0
        for share, colour in zip(self.parts(), (first, second, QColor(tokens.muted)), strict=True):
            painter.fillRect(QRectF(left, 0, share * room.width(), room.height()), colour)
            left += share * room.width()
