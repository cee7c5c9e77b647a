"""Paints an answer as a pill: its ground has the colour of the score, and a shape before it says so, too."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from slmdesk.ui import theme
from slmdesk.ui.widgets.chip import chip_font, tone_colours
from slmdesk.ui.widgets.evaluate.cell_words import Look, Mark
from slmdesk.ui.widgets.two_line_delegate import Index

LOOK_ROLE = Qt.ItemDataRole.UserRole + 1
IS_FAINT_ROLE = Qt.ItemDataRole.UserRole + 2
MARK_PX = 9
PAD_PX = 6
SIDE_PX = 6  # between a pill and the edge of its cell
PILL_PX = 20


class CellDelegate(QStyledItemDelegate):
    """A faint cell, one that a filter does not mean, has its words and its shape but no ground."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(theme.scaled(100), theme.scaled(30))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look = index.data(LOOK_ROLE)
        if not isinstance(look, Look):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        now = theme.current()
        painter.setPen(QColor(now.line))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        if option.state & QStyle.StateFlag.State_Selected:
            has_focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
            painter.setPen(QPen(QColor(now.accent if has_focus else now.muted), 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -2.5), 6, 6)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)  # seen on another ground
        paint_pill(painter, option.rect, look, is_faint=bool(index.data(IS_FAINT_ROLE)) and not is_selected)
        painter.restore()


def paint_pill(painter: QPainter, room: QRect, look: Look, *, is_faint: bool = False) -> None:
    """As wide as its words need, cut where there is no room for all of them."""
    font = chip_font(painter.font())
    metrics = QFontMetrics(font)
    mark_px = theme.scaled(MARK_PX) + PAD_PX - 2 if look.mark is not Mark.NONE else 0
    most = room.width() - 2 * SIDE_PX - 2 * PAD_PX - mark_px
    words = metrics.elidedText(look.text, Qt.TextElideMode.ElideRight, most)
    width = metrics.horizontalAdvance(words) + 2 * PAD_PX + mark_px
    height = theme.scaled(PILL_PX)
    pill = QRect(room.x() + SIDE_PX, room.y() + (room.height() - height) // 2, width, height)
    ink, ground = tone_colours(look.tone)
    if is_faint:
        ink = theme.current().muted
    else:
        painter.setPen(QColor(theme.current().line) if look.tone == "plain" else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(pill, 4, 4)
    if look.mark is not Mark.NONE:
        side = theme.scaled(MARK_PX)
        paint_mark(
            painter, QRectF(pill.x() + PAD_PX, pill.center().y() - side / 2 + 0.5, side, side), look.mark, ink
        )
    if look.is_corrected:
        _paint_corner(painter, QRectF(pill), ink)
    painter.setPen(QColor(ink))
    painter.setFont(font)
    text = pill.adjusted(PAD_PX + mark_px, 0, 0, 0)
    painter.drawText(
        text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, words
    )


def paint_mark(painter: QPainter, box: QRectF, mark: Mark, colour: str) -> None:
    """A tick, a half-filled circle, a cross, or an exclamation mark."""
    pen = QPen(QColor(colour), max(1.6, box.width() / 5.5))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    match mark:
        case Mark.RIGHT:
            painter.drawPolyline(
                QPolygonF([_at(box, 0.05, 0.55), _at(box, 0.38, 0.88), _at(box, 0.95, 0.15)])
            )
        case Mark.PARTIAL:
            circle = box.adjusted(0.8, 0.8, -0.8, -0.8)
            pen.setWidthF(1.2)
            painter.setPen(pen)
            painter.drawEllipse(circle)
            painter.setBrush(QBrush(QColor(colour)))
            painter.drawPie(circle, 90 * 16, 180 * 16)
        case Mark.WRONG:
            painter.drawLine(_at(box, 0.12, 0.12), _at(box, 0.88, 0.88))
            painter.drawLine(_at(box, 0.88, 0.12), _at(box, 0.12, 0.88))
        case Mark.PROBLEM:
            painter.drawLine(_at(box, 0.5, 0.02), _at(box, 0.5, 0.58))
            painter.drawPoint(_at(box, 0.5, 0.95))


def _paint_corner(painter: QPainter, pill: QRectF, colour: str) -> None:
    """The fold of a corner: somebody has written on it."""
    side = theme.scaled(6)
    corner = pill.topRight()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawPolygon(QPolygonF([corner - QPointF(side, 0), corner, corner + QPointF(0, side)]))


def _at(box: QRectF, x: float, y: float) -> QPointF:
    return QPointF(box.x() + x * box.width(), box.y() + y * box.height())
