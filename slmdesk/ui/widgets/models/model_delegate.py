"""Paints the rows of the model picker: name, size, quantization and fit, or an engine's problem."""

from PySide6.QtCore import QObject, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from slmdesk.ui import theme
from slmdesk.ui.widgets.chip import FIT_TONES, chip_size, paint_chip
from slmdesk.ui.widgets.models.model_list import ROW_ROLE, PickerRow, RowKind
from slmdesk.ui.widgets.row_list import AnyIndex

GAP = 8


class ModelDelegate(QStyledItemDelegate):
    """One look for a heading, a model and a problem."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        row: PickerRow = index.data(ROW_ROLE)
        if row.kind is RowKind.PROBLEM:
            bounds = QRect(0, 0, self._width() - 3 * GAP, 1000)
            text = QFontMetrics(_font(12)).boundingRect(bounds, _WRAPPED, _problem_text(row))
            return QSize(0, text.height() + 12)
        return QSize(0, theme.scaled(28 if row.kind is RowKind.ENGINE else 34))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        row: PickerRow = index.data(ROW_ROLE)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        match row.kind:
            case RowKind.ENGINE:
                _paint_engine(painter, rect, row)
            case RowKind.PROBLEM:
                _paint_problem(painter, rect, row)
            case RowKind.MODEL:
                _paint_model(painter, rect, row, bool(state & QStyle.StateFlag.State_Selected))
        painter.restore()

    def _width(self) -> int:
        view = self.parent()
        viewport = view.property("viewport_width") if view is not None else None
        return int(viewport) if viewport else 360


_WRAPPED = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap


def _font(px: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    font = QFont()
    font.setPixelSize(theme.scaled(px))
    font.setWeight(weight)
    return font


def _problem_text(row: PickerRow) -> str:
    return f"{row.text} {row.detail}".strip()


def _paint_engine(painter: QPainter, rect: QRect, row: PickerRow) -> None:
    painter.setFont(_font(11, QFont.Weight.DemiBold))
    painter.setPen(QColor(theme.current().muted))
    inner = rect.adjusted(GAP, 0, -GAP, -4)
    painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, row.text)


def _paint_problem(painter: QPainter, rect: QRect, row: PickerRow) -> None:
    painter.setFont(_font(12))
    painter.setPen(QColor(theme.current().warn))
    painter.drawText(rect.adjusted(2 * GAP, 4, -GAP, -4), _WRAPPED, _problem_text(row))


def _paint_model(painter: QPainter, rect: QRect, row: PickerRow, is_selected: bool) -> None:
    now = theme.current()
    if is_selected:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(now.accent_soft))
        painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 8, 8)
    inner = rect.adjusted(2 * GAP, 0, -GAP, 0)
    if row.fit is not None:
        size = chip_size(row.fit.words, painter.font())
        chip = QRect(0, 0, size.width(), size.height())
        chip.moveCenter(inner.center())
        chip.moveRight(inner.right())
        paint_chip(painter, chip, row.fit.words, FIT_TONES[row.fit.kind])
        inner.setRight(chip.left() - GAP)
    detail = theme.monospaced(11)
    painter.setFont(detail)
    painter.setPen(QColor(now.text if is_selected else now.muted))
    painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, row.detail)
    inner.setRight(inner.right() - QFontMetrics(detail).horizontalAdvance(row.detail) - GAP)
    painter.setFont(_font(13))
    painter.setPen(QColor(now.text))
    name = QFontMetrics(painter.font()).elidedText(row.text, Qt.TextElideMode.ElideMiddle, inner.width())
    painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
