"""Draws list rows of two lines, a title and what stands below it, and one-line headings between them."""

from collections.abc import Callable
from typing import TypeAlias

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from slmdesk.ui import theme

Cut: TypeAlias = Callable[[str, QFontMetrics, int], str]
Index: TypeAlias = QModelIndex | QPersistentModelIndex

SUBTITLE_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_PX = 48
HEADING_PX = 30
INSET_PX = 9


class TwoLineDelegate(QStyledItemDelegate):
    """A row without a subtitle is a heading. Sizes are known, so ten thousand rows are laid out at once."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        is_heading = index.data(SUBTITLE_ROLE) is None
        return QSize(120, theme.scaled(HEADING_PX if is_heading else ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        title, subtitle = " ".join(str(index.data()).split()), index.data(SUBTITLE_ROLE)
        if subtitle is None:
            write(painter, option.rect, title, theme.current().muted, 11, Qt.AlignmentFlag.AlignVCenter)
        else:
            paint_ground(painter, option)
            inner = option.rect.adjusted(INSET_PX, 6, -INSET_PX, -6)
            tokens = theme.current()
            write(painter, inner, title, tokens.text, theme.BASE_PX, Qt.AlignmentFlag.AlignTop)
            write(painter, inner, str(subtitle), tokens.muted, 11, Qt.AlignmentFlag.AlignBottom, keep_last)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAccessibleName(self.tr("Title"))
        editor.setMaxLength(200)
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        room: QRect = option.rect
        height = min(editor.sizeHint().height(), room.height())
        editor.setGeometry(room.x(), room.y() + (room.height() - height) // 2, room.width(), height)


def paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """The ground of a row that is chosen or under the mouse."""
    tokens = theme.current()
    is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
    is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
    has_focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
    if is_selected or is_hovered:
        painter.setPen(QColor(tokens.accent) if has_focus else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.accent_soft if is_selected else tokens.background))
        painter.drawRoundedRect(option.rect.adjusted(0, 1, -1, -1), 6, 6)


def write(
    painter: QPainter,
    rect: QRect,
    text: str,
    colour: str,
    px: int,
    vertical: Qt.AlignmentFlag,
    cut: Cut | None = None,
) -> None:
    """One line in its own direction, cut where there is no room for all of it; `px` before scaling."""
    painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    font = QFont(painter.font())
    font.setPixelSize(theme.scaled(px))
    painter.setFont(font)
    painter.setPen(QColor(colour))
    shown = (cut or keep_first)(text, QFontMetrics(font), rect.width())
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeading | vertical | Qt.TextFlag.TextSingleLine, shown)


def keep_first(text: str, metrics: QFontMetrics, width_px: int) -> str:
    """Cut at its end."""
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width_px)


def keep_last(text: str, metrics: QFontMetrics, width_px: int) -> str:
    """Cut before its last part, which tells the most: the number of messages, the vote."""
    head, dot, last = text.rpartition(" · ")
    room = width_px - metrics.horizontalAdvance(f"{dot}{last}")
    if not head or room < metrics.horizontalAdvance("…"):
        return metrics.elidedText(last, Qt.TextElideMode.ElideRight, width_px)
    return metrics.elidedText(head, Qt.TextElideMode.ElideMiddle, room) + dot + last
