"""Draws the rows of the list of chats: chats, folders, and hits with their sentence."""

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyleOptionViewItem

from slmdesk.base.text_cleaning import utf16_length
from slmdesk.base.words import number
from slmdesk.store.search import SearchHit
from slmdesk.store.search_query import Excerpt
from slmdesk.ui import theme
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.chat.chat_list_model import ROW_ROLE
from slmdesk.ui.widgets.chat.chat_list_rows import ChatRow, Group, HitRow, Note
from slmdesk.ui.widgets.two_line_delegate import INSET_PX, Index, TwoLineDelegate, paint_ground, write

GROUP_PX = 32
HIT_PX = 72
NESTED_PX = 14
HIT_LINES = 3
LEAD_CHARACTERS = 24
"""Shown before the first mark, so that it is in sight in a narrow list."""


class ChatDelegate(TwoLineDelegate):
    """Everything foreign is drawn as text, never read as HTML."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        match index.data(ROW_ROLE):
            case Group():
                return QSize(120, theme.scaled(GROUP_PX))
            case HitRow():
                return QSize(120, theme.scaled(HIT_PX))
            case _:
                return super().sizeHint(option, index)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        match index.data(ROW_ROLE):
            case Group() as group:
                _paint_group(painter, option, group)
            case HitRow(hit):
                _paint_hit(painter, option, hit)
            case Note(text, is_more=True):
                _paint_more(painter, option, text)
            case ChatRow(is_nested=True):
                nested = QStyleOptionViewItem(option)
                nested.rect = option.rect.adjusted(theme.scaled(NESTED_PX), 0, 0, 0)
                super().paint(painter, nested, index)
            case _:
                super().paint(painter, option, index)


def _paint_group(painter: QPainter, option: QStyleOptionViewItem, group: Group) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_ground(painter, option)
    tokens, middle = theme.current(), Qt.AlignmentFlag.AlignVCenter
    rect = option.rect.adjusted(INSET_PX, 0, -INSET_PX, 0)
    mark, count = theme.scaled(16), theme.scaled(40)
    write(painter, rect, "▾" if group.is_open else "▸", tokens.muted, 11, middle)
    name = " ".join(group.name.split())
    write(painter, rect.adjusted(mark, 0, -count, 0), name, tokens.text, theme.BASE_PX, middle)
    place = QRect(rect.right() - count + theme.scaled(8), rect.top(), count - theme.scaled(8), rect.height())
    painter.setPen(QColor(tokens.muted))  # in the small face that the mark has left
    painter.drawText(place, Qt.AlignmentFlag.AlignTrailing | middle, number(group.count))
    painter.restore()


def _paint_more(painter: QPainter, option: QStyleOptionViewItem, text: str) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_ground(painter, option)
    rect = option.rect.adjusted(INSET_PX, 0, -INSET_PX, 0)
    write(painter, rect, text, theme.current().accent, 12, Qt.AlignmentFlag.AlignVCenter)
    painter.restore()


def _paint_hit(painter: QPainter, option: QStyleOptionViewItem, hit: SearchHit) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_ground(painter, option)
    tokens = theme.current()
    rect = option.rect.adjusted(INSET_PX, 5, -INSET_PX, -4)
    write(painter, rect, _where(hit), tokens.muted, 11, Qt.AlignmentFlag.AlignTop)
    painter.setClipRect(rect)
    painter.setPen(QColor(tokens.text))
    layout = _laid_out(hit.excerpt, painter.font(), rect.width())
    layout.draw(painter, QPointF(rect.left(), rect.top() + theme.scaled(16)))
    painter.restore()


def _where(hit: SearchHit) -> str:
    title = " ".join(hit.chat_title.split()) or tr("New chat")
    who = tr("You") if hit.role == "user" else tr("Answer")
    return f"{who} · {title}" + (f" · {tr('Archive')}" if hit.is_archived else "")


def _laid_out(sentence: Excerpt, font: QFont, width: int) -> QTextLayout:
    """The sentence in a few lines, its marks on another ground."""
    shown = _from_mark(sentence)
    small = QFont(font)
    small.setPixelSize(theme.scaled(12))
    layout = QTextLayout(shown.text, small)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.setFormats([_mark(shown.text, low, high) for low, high in shown.marks])
    layout.beginLayout()
    top = 0.0
    for _line in range(HIT_LINES):
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(width)
        line.setPosition(QPointF(0, top))
        top += line.height()
    layout.endLayout()
    return layout


def _mark(text: str, low: int, high: int) -> QTextLayout.FormatRange:
    tokens, form = theme.current(), QTextCharFormat()
    form.setBackground(QColor(tokens.warn_soft))
    form.setForeground(QColor(tokens.warn))
    made = QTextLayout.FormatRange()
    made.start = utf16_length(text[:low])
    made.length = utf16_length(text[low:high])
    made.format = form
    return made


def _from_mark(sentence: Excerpt) -> Excerpt:
    """The sentence without what is too far before its first mark."""
    first = sentence.marks[0][0] if sentence.marks else 0
    cut = first - LEAD_CHARACTERS
    if cut <= 1:
        return sentence
    space = sentence.text.find(" ", cut, first)
    cut = space + 1 if space >= 0 else cut
    return Excerpt("…" + sentence.text[cut:], tuple((a - cut + 1, b - cut + 1) for a, b in sentence.marks))
