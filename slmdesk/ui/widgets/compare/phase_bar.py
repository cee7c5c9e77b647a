"""A bar that shows where the time of an answer went: load, read, think, write."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from slmdesk.engines.base import Phase
from slmdesk.ui import theme
from slmdesk.ui.widgets.answer_words import clock

HEIGHT_PX = 6
PARTS = (
    (Phase.WAITING, Phase.LOADING),
    (Phase.READING,),
    (Phase.THINKING,),
    (Phase.WRITING,),
)


class PhaseBar(QWidget):
    """Four parts in the order in which they happen; the scale is shared by all columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: list[tuple[str, float]] = []
        self._scale_s = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Time by phase"))
        theme.changed.connect(self.update)

    def set_seconds(self, phase_seconds: Mapping[Phase, float], scale_s: float) -> None:
        """Show these seconds; `scale_s` is what the whole width stands for."""
        names = (self.tr("load"), self.tr("read"), self.tr("think"), self.tr("write"))
        spent = [sum(phase_seconds.get(phase, 0.0) for phase in phases) for phases in PARTS]
        parts = list(zip(names, spent, strict=True))
        if (parts, scale_s) == (self._parts, self._scale_s):
            return
        self._parts, self._scale_s = parts, scale_s
        words = " · ".join(f"{word} {clock(spent_s)}" for word, spent_s in parts if spent_s > 0)
        self.setToolTip(words)
        self.setAccessibleDescription(words)
        self.update()

    def shares(self) -> list[float]:
        """Width of each part as a share of the bar, never more than 1 in all."""
        whole = max(self._scale_s, sum(spent_s for _, spent_s in self._parts))
        return [spent_s / whole if whole > 0 else 0.0 for _, spent_s in self._parts]

    def sizeHint(self) -> QSize:
        return QSize(120, HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, HEIGHT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(self.rect()), 2, 2)
        painter.setClipPath(outline)
        painter.fillRect(self.rect(), QColor(theme.current().line))
        width, left = float(self.width()), 0.0
        is_mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        for share, colour in zip(self.shares(), _colours(theme.current()), strict=False):
            x = width - left - share * width if is_mirrored else left
            painter.fillRect(QRectF(x, 0, share * width, HEIGHT_PX), colour)
            left += share * width


def _colours(tokens: theme.Theme) -> tuple[QColor, QColor, QColor, QColor]:
    """Load grey, read a light accent, think between warn and grey, write the accent itself."""
    accent, surface = QColor(tokens.accent), QColor(tokens.surface)
    return (
        blend(QColor(tokens.muted), surface, 0.55),
        blend(accent, surface, 0.62),
        blend(QColor(tokens.warn), surface, 0.6),
        accent,
    )


def blend(colour: QColor, ground: QColor, share: float) -> QColor:
    """`share` of the colour over the ground, opaque."""
    return QColor.fromRgbF(
        colour.redF() * share + ground.redF() * (1 - share),
        colour.greenF() * share + ground.greenF() * (1 - share),
        colour.blueF() * share + ground.blueF() * (1 - share),
    )
