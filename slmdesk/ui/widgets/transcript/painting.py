"""Draws the part of a transcript that an update asks for."""

import functools
from dataclasses import dataclass, field

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFontMetrics,
    QPainter,
    QTextCharFormat,
    QTextCursor,
)

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.markdown.sheet import Sheet
from slmdesk.ui.widgets.transcript.layout import Column
from slmdesk.ui.widgets.transcript.message import Message, Slot
from slmdesk.ui.widgets.transcript.targets import (
    copy_rect,
    copy_word,
    footer_rect,
    footer_words,
    label_rect,
    label_text,
)

_UNSURE_LINES = {
    "unsure1": QTextCharFormat.UnderlineStyle.DotLine,
    "unsure2": QTextCharFormat.UnderlineStyle.DashUnderline,
    "unsure3": QTextCharFormat.UnderlineStyle.SingleUnderline,
}
RADIUS = 10
CODE_RADIUS = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a document that is drawn on another ground."""

    start: int
    end: int
    kind: str
    """selection, hit or current; own, some or shared where answers are compared; unsure1 to unsure3"""


@dataclass(slots=True)
class Scene:
    """What is drawn: the column, how far it is scrolled, and what is marked in which slot."""

    column: Column
    offset: int = 0
    hovered: tuple[str, str, str] = ("", "", "")
    marks: dict[Slot, list[Mark]] = field(default_factory=dict)


@functools.lru_cache(maxsize=128)
def _ink(name: str) -> QColor:
    """A colour of the theme; reading its name each time is a tenth of a frame."""
    return QColor(name)


class Brush:
    """Paints a scene with one painter."""

    def __init__(self, scene: Scene, painter: QPainter, clip: QRect) -> None:
        self._scene, self._painter, self._clip = scene, painter, clip
        self._column = scene.column
        self._theme: Theme = scene.column.look.theme

    def paint(self) -> None:
        theme, column = self._theme, self._column
        ground = theme.background if column.chrome.is_card else theme.surface
        self._painter.fillRect(self._clip, _ink(ground))
        top, bottom = self._scene.offset + self._clip.top(), self._scene.offset + self._clip.bottom() + 1
        for message in column.messages_between(top, bottom):
            self._message(message, top, bottom)

    def _message(self, message: Message, top: int, bottom: int) -> None:
        if self._column.chrome.is_card or message.role == "user":
            self._card(message)
        if not message.is_parsed:
            return
        if message.has_thinking:
            self._label(message)
        for slot in self._column.slots_between(message, top, bottom):
            if slot.sheet is not None:
                self._slot(slot)
        if message.is_streaming:
            self._caret(message)
        self._footer(message)

    def _card(self, message: Message) -> None:
        is_user = message.role == "user"
        height = message.footer_top if is_user and message.actions and message.is_parsed else message.height
        rect = QRect(message.left, message.top - self._scene.offset, message.width, height)
        fill = self._theme.accent_soft if is_user else self._theme.surface
        self._box(rect, fill, fill if is_user else self._theme.line, RADIUS)

    def _box(self, rect: QRect, fill: str, line: str, radius: int) -> None:
        """A rounded box; between its corners it is three rectangles, which is much cheaper."""
        painter, clip = self._painter, self._clip
        if rect.top() + radius <= clip.top() and clip.bottom() <= rect.bottom() - radius:
            painter.fillRect(rect.left(), clip.top(), rect.width(), clip.height(), _ink(fill))
            painter.fillRect(rect.left(), clip.top(), 1, clip.height(), _ink(line))
            painter.fillRect(rect.right(), clip.top(), 1, clip.height(), _ink(line))
            return
        rect = QRect(rect)
        rect.setTop(max(rect.top(), clip.top() - 4 * radius))
        rect.setBottom(min(rect.bottom(), clip.bottom() + 4 * radius))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(_ink(line))
        painter.setBrush(_ink(fill))
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setBrush(Qt.BrushStyle.NoBrush)  # a document draws its check boxes with what is set

    def _label(self, message: Message) -> None:
        painter, column = self._painter, self._column
        rect = label_rect(column, message).translated(0, -self._scene.offset)
        if not rect.intersects(self._clip):
            return
        is_hovered = self._scene.hovered == (message.id, "thinking", "")
        painter.setFont(column.look.small)
        painter.setPen(_ink(self._theme.text if is_hovered else self._theme.muted))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, label_text(message))

    def _slot(self, slot: Slot) -> None:
        column, painter, sheet = self._column, self._painter, slot.sheet
        y = column.y_of(slot) - self._scene.offset
        left, top, _right, _bottom = column.insets(slot)
        if slot.block.kind == "code":
            self._code_box(slot, y)
        elif slot.block.kind == "quote":
            bar = max(2, column.look.size_px // 5)
            painter.fillRect(slot.section.left, y, bar, slot.height, _ink(self._theme.line))
        elif slot.block.kind == "rule":
            middle = y + slot.height // 2
            painter.fillRect(slot.section.left, middle, slot.section.width, 1, _ink(self._theme.line))
            return
        if sheet is None:
            return
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette = sheet.look.palette
        x, y = slot.section.left + left, y + top
        context.clip = QRectF(self._clip.translated(-x, -y))
        if marks := self._scene.marks.get(slot):
            context.selections = [self._selection(sheet, mark) for mark in marks]
        painter.translate(x, y)
        sheet.document.documentLayout().draw(painter, context)
        if slot.block.kind == "table":
            for row in (*sheet.row_tops(), slot.height - 1):
                painter.fillRect(0, row, slot.section.width, 1, _ink(self._theme.line))
        painter.translate(-x, -y)

    def _selection(self, sheet: Sheet, mark: Mark) -> QAbstractTextDocumentLayout.Selection:
        cursor = QTextCursor(sheet.document)
        last = sheet.document.characterCount() - 1
        cursor.setPosition(min(mark.start, last))
        cursor.setPosition(min(mark.end, last), QTextCursor.MoveMode.KeepAnchor)
        form = QTextCharFormat()
        ground, ink = self._mark_colours(mark.kind)
        if ground:
            form.setBackground(_ink(ground))
        if ink:
            form.setForeground(_ink(ink))
        form.setFontUnderline(mark.kind == "own")  # not by colour alone
        if line := _UNSURE_LINES.get(mark.kind):
            form.setUnderlineStyle(line)
            form.setUnderlineColor(_ink(self._theme.muted))
        made = QAbstractTextDocumentLayout.Selection()
        made.cursor, made.format = cursor, form
        return made

    def _mark_colours(self, kind: str) -> tuple[str, str]:
        """Ground and ink of a mark; "" leaves them as they are."""
        theme = self._theme
        return {
            "selection": (theme.accent, theme.on_accent),
            "hit": (theme.warn_soft, ""),
            "current": (theme.warn, theme.on_accent),
            "own": (theme.accent_soft, theme.text),
            "some": (theme.warn_soft, theme.text),
            "shared": ("", theme.muted),
        }.get(kind, ("", ""))

    def _code_box(self, slot: Slot, y: int) -> None:
        section, painter = slot.section, self._painter
        _left, _top, _right, bottom = self._column.insets(slot)
        is_first, is_last = slot.block.first is None, bottom > 0
        indent = self._column.code_indent(slot)
        rect = QRect(section.left + indent, y, section.width - indent, slot.height)
        box = rect.adjusted(0, 0 if is_first else -4 * CODE_RADIUS, 0, 0 if is_last else 4 * CODE_RADIUS)
        if is_first and is_last:
            self._box(box, self._theme.code, self._theme.line, CODE_RADIUS)
        else:
            painter.save()
            painter.setClipRect(rect.intersected(self._clip))
            self._box(box, self._theme.code, self._theme.line, CODE_RADIUS)
            painter.restore()
        if is_first:
            self._code_label(slot, y)

    def _code_label(self, slot: Slot, y: int) -> None:
        painter, theme, message = self._painter, self._theme, slot.section.message
        copy = copy_rect(self._column, slot).translated(0, -self._scene.offset)
        if not copy.adjusted(-300, 0, 0, 0).intersects(self._clip):
            return
        painter.setFont(self._column.look.fixed)
        is_hovered = self._scene.hovered == (message.id, "copy", str(slot.index))
        painter.setPen(_ink(theme.accent if is_hovered else theme.muted))
        painter.drawText(copy, Qt.AlignmentFlag.AlignCenter, copy_word())
        if slot.block.language:
            painter.setPen(_ink(theme.muted))
            rest = QRect(slot.section.left, copy.top(), copy.left() - slot.section.left, copy.height())
            painter.drawText(
                rest, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{slot.block.language} · "
            )

    def _caret(self, message: Message) -> None:
        slots = message.answer.slots
        if not slots or slots[-1].sheet is None or slots[-1].block.kind == "table":
            return
        slot, sheet = slots[-1], slots[-1].sheet
        block = sheet.document.lastBlock()
        layout = block.layout()
        if not layout.lineCount():
            return
        line, origin = layout.lineAt(layout.lineCount() - 1), layout.position()
        left, top, _right, _bottom = self._column.insets(slot)
        height = self._column.look.size_px + 2
        x = slot.section.left + left + round(origin.x() + line.x() + line.naturalTextWidth()) + 1
        baseline = self._column.y_of(slot) - self._scene.offset + top
        baseline += round(origin.y() + line.y() + line.ascent())
        self._painter.fillRect(x, baseline - height + 3, 3, height, _ink(self._theme.text))

    def _footer(self, message: Message) -> None:
        column, painter = self._column, self._painter
        if not message.footer and not message.actions:
            return
        rect = footer_rect(column, message).translated(0, -self._scene.offset)
        if not rect.intersects(self._clip):
            return
        font = column.look.fixed
        painter.setFont(font)
        painter.setPen(_ink(self._theme.muted))
        words = footer_words(column, message)
        is_two_lines = rect.height() > column.chrome.line
        room = QRect(rect.left(), rect.top(), rect.width(), column.chrome.line)
        if words and not is_two_lines:
            room.setRight(words[0][2].left() - 12)
        text = QFontMetrics(font).elidedText(message.footer, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        for action, label, place in words:
            is_hovered = bool(action) and self._scene.hovered == (message.id, "action", action)
            painter.setPen(_ink(self._theme.accent if is_hovered else self._theme.muted))
            painter.drawText(place.translated(0, -self._scene.offset), Qt.AlignmentFlag.AlignCenter, label)
