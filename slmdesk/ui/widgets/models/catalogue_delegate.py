"""Paints the table of models: names in bold, figures in fixed width, chips, and the button of a row."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from slmdesk.features.catalog.listed import COLUMNS, ListedModel
from slmdesk.ui import theme
from slmdesk.ui.icons import pixmap
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.chip import Tone, chip_size, paint_chip
from slmdesk.ui.widgets.models.catalogue_model import ACTION, NOTHING, ROW_ROLE, VERDICT_TONES
from slmdesk.ui.widgets.models.row_pulls import RowPull
from slmdesk.ui.widgets.row_list import AnyIndex

GAP = 10
ICON_PX = 14
FILL_ALPHA = 70  # of 255: words over it stay readable
_FIGURES = ("parameters", "size", "quantization", "context")


class CatalogueDelegate(QStyledItemDelegate):
    """Everything that is painted is ready in the row: nothing is worked out here."""

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        return QSize(0, theme.scaled(31))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        painter.save()
        rect: QRect = option.rect
        tokens = theme.current()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(tokens.accent_soft))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(tokens.background))
        painter.setPen(QColor(tokens.line))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        self._paint_cell(painter, rect, index)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        painter.restore()

    def button_rect(self, rect: QRect, index: AnyIndex) -> QRect:
        """Where the button of a row stands; empty where there is none."""
        text = str(index.data() or "")
        if index.column() != ACTION or not text:
            return QRect()
        width = QFontMetrics(_font(12)).horizontalAdvance(text) + theme.scaled(26)
        if _pull(index) is not None:  # a bar that does not change its width with its words
            width = rect.width() - GAP - theme.scaled(6)
        height = rect.height() - theme.scaled(6)
        return QRect(rect.left() + GAP, rect.top() + theme.scaled(3), width, height)

    def _paint_cell(self, painter: QPainter, rect: QRect, index: AnyIndex) -> None:
        text, row = str(index.data() or ""), index.data(ROW_ROLE)
        inner = rect.adjusted(GAP, 0, -4, 0)
        if index.column() == ACTION:
            place, pull = self.button_rect(rect, index), _pull(index)
            self._paint_button(painter, place, text, pull)
            return
        match COLUMNS[index.column()]:
            case "class" if text != NOTHING:
                _paint_chip(painter, inner, text, "plain")
            case "fit":
                _paint_chip(painter, inner, text, _tone(row, index))
            case "name" if row.is_custom:
                _write_custom(painter, inner, text)
            case name:
                font = _font(13, QFont.Weight.DemiBold) if name == "name" else _font(13)
                mode = Qt.TextElideMode.ElideMiddle if name == "name" else Qt.TextElideMode.ElideRight
                _write(painter, inner, text, theme.monospaced(12) if name in _FIGURES else font, mode)

    @staticmethod
    def _paint_button(painter: QPainter, rect: QRect, text: str, pull: RowPull | None) -> None:
        if rect.isEmpty():
            return
        if pull is not None:
            _paint_pull(painter, rect, text, pull)
            return
        tokens = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.line))
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(rect, 7, 7)
        painter.setPen(QColor(tokens.text))
        painter.setFont(_font(12))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


def _pull(index: AnyIndex) -> RowPull | None:
    pulls = getattr(index.model(), "pulls", {})
    found: RowPull | None = pulls.get(index.data(ROW_ROLE).key)
    return found


def _paint_pull(painter: QPainter, rect: QRect, text: str, pull: RowPull) -> None:
    """The button fills with what has come; its sign says what a press does."""
    tokens = theme.current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    whole = QPainterPath()
    whole.addRoundedRect(QRectF(rect), 7, 7)
    painter.fillPath(whole, QColor(tokens.raised))
    painter.save()
    painter.setClipPath(whole, Qt.ClipOperation.IntersectClip)
    come = QColor(tokens.accent)
    come.setAlpha(FILL_ALPHA)
    painter.fillRect(QRectF(rect.left(), rect.top(), pull.fraction * rect.width(), rect.height()), come)
    painter.restore()
    painter.setPen(QColor(tokens.accent if pull.is_going else tokens.line))
    painter.drawPath(whole)
    size = theme.scaled(ICON_PX)
    sign = QRect(rect.right() - size - 4, rect.center().y() - size // 2, size, size)
    painter.drawPixmap(sign, pixmap("pause" if pull.is_going else "play", tokens.text, size))
    painter.setPen(QColor(tokens.text))
    painter.setFont(theme.monospaced(11))
    painter.drawText(rect.adjusted(7, 0, -size - 4, 0), Qt.AlignmentFlag.AlignVCenter, text)


def _write_custom(painter: QPainter, room: QRect, text: str) -> None:
    """Marked as one that somebody made here."""
    mark = tr("custom")
    width = chip_size(mark, painter.font()).width()
    font = _font(13, QFont.Weight.DemiBold)
    taken = min(QFontMetrics(font).horizontalAdvance(text) + GAP, max(0, room.width() - width))
    _write(
        painter, room.adjusted(0, 0, taken - room.width() - 4, 0), text, font, Qt.TextElideMode.ElideMiddle
    )
    _paint_chip(painter, room.adjusted(taken, 0, 0, 0), mark, "accent")


def _tone(row: ListedModel, index: AnyIndex) -> Tone:
    is_measured = bool(getattr(index.model(), "is_measured", True))
    return VERDICT_TONES[row.verdict] if is_measured else "plain"


def _paint_chip(painter: QPainter, room: QRect, text: str, tone: Tone) -> None:
    size = chip_size(text, painter.font())
    chip = QRect(0, 0, min(size.width(), room.width()), size.height())
    chip.moveCenter(room.center())
    chip.moveLeft(room.left())
    paint_chip(painter, chip, text, tone)


def _write(painter: QPainter, room: QRect, text: str, font: QFont, mode: Qt.TextElideMode) -> None:
    tokens = theme.current()
    painter.setFont(font)
    painter.setPen(QColor(tokens.muted if text == NOTHING else tokens.text))
    shown = QFontMetrics(font).elidedText(text, mode, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def _font(px: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    font = QFont()
    font.setPixelSize(theme.scaled(px))
    font.setWeight(weight)
    return font
