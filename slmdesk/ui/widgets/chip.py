"""A word or two on a soft ground: a state, a fit, a count. The word says what the colour says."""

from typing import Literal, TypeAlias

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from slmdesk.ui import theme

Tone: TypeAlias = Literal["plain", "accent", "good", "warn", "bad"]
FIT_TONES: dict[str, Tone] = {"fits": "good", "tight": "warn", "too large": "bad", "unknown": "plain"}


class Chip(QLabel):
    """The widget; `set_state` changes words and tone together."""

    def __init__(self, text: str = "", tone: Tone = "plain", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "chip")
        self.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def set_state(self, text: str, tone: Tone) -> None:
        self.setText(text)
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            self.style().polish(self)  # a changed property alone does not change the look


def chip_font(base: QFont) -> QFont:
    """The face of a chip that a delegate paints."""
    font = QFont(base)
    font.setPixelSize(theme.scaled(11))
    font.setWeight(QFont.Weight.DemiBold)
    return font


def chip_size(text: str, base: QFont) -> QSize:
    metrics = QFontMetrics(chip_font(base))
    return QSize(metrics.horizontalAdvance(text) + 12, metrics.height() + 4)


def tone_colours(tone: Tone) -> tuple[str, str]:
    """Ink and ground of a chip."""
    now = theme.current()
    colours = {
        "plain": (now.muted, now.raised),
        "accent": (now.accent, now.accent_soft),
        "good": (now.on_good_soft, now.good_soft),
        "warn": (now.warn, now.warn_soft),
        "bad": (now.bad, now.bad_soft),
    }
    return colours[tone]


def paint_chip(painter: QPainter, rect: QRect, text: str, tone: Tone) -> None:
    """The same look for list delegates, which hold no widgets."""
    ink, ground = tone_colours(tone)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(theme.current().line) if tone == "plain" else Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ground))
    painter.drawRoundedRect(rect, 4, 4)
    painter.setPen(QColor(ink))
    painter.setFont(chip_font(painter.font()))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
