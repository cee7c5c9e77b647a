"""The mouse on a transcript."""

import weakref
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QMouseEvent, QTextCursor
from PySide6.QtWidgets import QApplication, QMenu

from slmdesk.ui.widgets.transcript.message import IN_THE_MENU, Slot
from slmdesk.ui.widgets.transcript.selection import Place
from slmdesk.ui.widgets.transcript.targets import Target, target_at

if TYPE_CHECKING:
    from slmdesk.ui.widgets.transcript.view import BlockView

DRAG_SCROLL_MS = 30


class Pointer:
    """Turns events of a view into selection, clicks, menus and scrolling."""

    def __init__(self, view: "BlockView") -> None:
        # A proxy: a cycle would leave it to the garbage collector when the view goes, amid Qt's events.
        self._view: BlockView = weakref.proxy(view)
        self._pressed: Target | None = None
        self._link = ""
        self._press_point = QPoint()
        self._is_selecting = False
        self._last_point = QPoint()
        self._since_double = QElapsedTimer()
        self._drag_timer = QTimer(view)
        self._drag_timer.setInterval(DRAG_SCROLL_MS)
        self._drag_timer.timeout.connect(self._on_drag_timer_timeout)

    def press(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        view, point = self._view, event.position().toPoint()
        is_third = self._is_third_click(point)
        self._since_double.invalidate()
        self._press_point = point
        self._pressed = target_at(view.column, view.to_column(point))
        self._link = self.link_at(point)
        if self._pressed or (place := self.place_at(point)) is None:
            return
        if is_third:
            self._link = ""
            self._mark(point, QTextCursor.SelectionType.BlockUnderCursor)
            return
        selection = view.selection
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and selection.anchor:
            selection.focus, self._link = place, ""
        else:
            selection.start(place)
        self._is_selecting = True
        view.viewport().update()

    def move(self, event: QMouseEvent) -> None:
        view, point = self._view, event.position().toPoint()
        self._last_point = point
        if self._is_selecting and event.buttons() & Qt.MouseButton.LeftButton:
            self._extend(point)
            is_outside = not 0 <= point.y() < view.viewport().height()
            if is_outside and not self._drag_timer.isActive():
                self._drag_timer.start()
            return
        target = target_at(view.column, view.to_column(point))
        view.hover((target.message.id, target.kind, target.value) if target else ("", "", ""))
        shape = Qt.CursorShape.IBeamCursor if self.slot_at(point) else Qt.CursorShape.ArrowCursor
        is_link = target is not None or bool(self.link_at(point))
        view.viewport().setCursor(Qt.CursorShape.PointingHandCursor if is_link else shape)

    def _extend(self, point: QPoint) -> None:
        if place := self.place_at(point):
            self._view.selection.focus = place
            self._view.viewport().update()

    def _on_drag_timer_timeout(self) -> None:
        y, height = self._last_point.y(), self._view.viewport().height()
        if not self._is_selecting or 0 <= y < height:
            self._drag_timer.stop()
            return
        bar = self._view.verticalScrollBar()
        bar.setValue(bar.value() + (y if y < 0 else y - height) // 2)
        self._extend(QPoint(self._last_point.x(), min(max(y, 0), height - 1)))

    def release(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        point = event.position().toPoint()
        self._is_selecting = False
        self._drag_timer.stop()
        pressed, self._pressed = self._pressed, None
        if (point - self._press_point).manhattanLength() >= QApplication.startDragDistance():
            self._offer_selection()
        elif pressed is not None:
            self.activate(pressed)
        elif self._link and self._link == self.link_at(point):
            self._view.link_clicked.emit(self._link)

    def _offer_selection(self) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard.supportsSelection() and (text := self._view.selected_text()):
            clipboard.setText(text, clipboard.Mode.Selection)

    def activate(self, target: Target) -> None:
        """Do what a click on `target` does."""
        view = self._view
        if target.kind == "thinking":
            view.toggle_thinking(target.message)
        elif target.kind == "copy" and target.slot is not None:
            self.copy_code(target.slot)
        elif target.kind == "action":
            view.action_clicked.emit(target.message.id, target.value)
        elif target.kind == "link":
            view.link_clicked.emit(target.value)

    def copy_code(self, slot: Slot) -> None:
        """Put a whole code block on the clipboard."""
        blocks = [other.block for other in slot.section.slots]
        parts = [slot.block.text, *(block.text for block in blocks if block.first is slot.block)]
        QGuiApplication.clipboard().setText("\n".join(parts))
        self._view.code_copied.emit()

    def double_click(self, event: QMouseEvent) -> None:
        """Mark a word; on something that can be clicked it is the second of two quick clicks."""
        self.press(event)
        self._is_selecting, self._link = False, ""
        if self._pressed is None and event.button() == Qt.MouseButton.LeftButton:
            self._since_double.start()
            self._mark(event.position().toPoint(), QTextCursor.SelectionType.WordUnderCursor)

    def _is_third_click(self, point: QPoint) -> bool:
        near = QApplication.startDragDistance()
        return (
            self._since_double.isValid()
            and not self._since_double.hasExpired(QApplication.doubleClickInterval())
            and (point - self._press_point).manhattanLength() < near
        )

    def _mark(self, point: QPoint, what: QTextCursor.SelectionType) -> None:
        """Mark the word or the paragraph at `point`."""
        place, slot = self.place_at(point), self.slot_at(point)
        if place is None or slot is None or slot.sheet is None:
            return
        cursor = QTextCursor(slot.sheet.document)
        cursor.setPosition(place.position)
        if what is QTextCursor.SelectionType.BlockUnderCursor:
            cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock)  # Qt would take the break before it
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        else:
            cursor.select(what)
        self._view.selection.select(
            Place(place.section, place.index, cursor.selectionStart()),
            Place(place.section, place.index, cursor.selectionEnd()),
        )
        self._view.viewport().update()
        self._offer_selection()

    def slot_at(self, point: QPoint) -> Slot | None:
        """The block right under `point`."""
        column, at = self._view.column, self._view.to_column(point)
        for message in column.messages_between(at.y(), at.y() + 1):
            if not message.left <= at.x() < message.left + message.width:
                continue
            for slot in column.slots_between(message, at.y(), at.y() + 1):
                y = column.y_of(slot)
                if y <= at.y() < y + slot.height:
                    return slot
        return None

    def place_at(self, point: QPoint) -> Place | None:
        """The position in the text that is nearest to `point`."""
        column, at = self._view.column, self._view.to_column(point)
        nearest: Slot | None = None
        for message in column.messages_between(at.y(), at.y() + 1):
            for section in message.sections:
                for slot in section.slots:
                    if nearest is None or column.y_of(slot) <= at.y():
                        nearest = slot
        if nearest is None:
            return None
        inside = self._inside(nearest, point)
        layout = column.sheet_of(nearest).document.documentLayout()
        position = max(0, layout.hitTest(inside, Qt.HitTestAccuracy.FuzzyHit))
        return Place(nearest.section, nearest.index, position)

    def character_at(self, point: QPoint) -> tuple[Slot, int] | None:
        """The block right under `point` and the position of the character there; None beside the text."""
        slot = self.slot_at(point)
        if slot is None or slot.sheet is None:
            return None
        layout = slot.sheet.document.documentLayout()
        position = layout.hitTest(self._inside(slot, point), Qt.HitTestAccuracy.ExactHit)
        return None if position < 0 else (slot, position)

    def link_at(self, point: QPoint) -> str:
        slot = self.slot_at(point)
        if slot is None or slot.sheet is None:
            return ""
        return str(slot.sheet.document.documentLayout().anchorAt(self._inside(slot, point)))

    def _inside(self, slot: Slot, point: QPoint) -> QPointF:
        column, at = self._view.column, self._view.to_column(point)
        left, top, _right, _bottom = column.insets(slot)
        return QPointF(at.x() - slot.section.left - left, at.y() - column.y_of(slot) - top)

    def context_menu(self, point: QPoint) -> QMenu:
        """What can be done with what is under `point` or marked."""
        view = self._view
        menu = QMenu(view.viewport())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        has_selection = view.selection.bounds is not None
        copy = menu.addAction(view.tr("Copy"), view.copy)
        markdown = menu.addAction(view.tr("Copy as Markdown"), view.copy_markdown)
        copy.setEnabled(has_selection)
        markdown.setEnabled(has_selection)
        slot = self.slot_at(point)
        if slot and slot.block.kind == "code":
            first = next((s for s in slot.section.slots if s.block is (slot.block.first or slot.block)), slot)
            menu.addAction(view.tr("Copy this code"), lambda: self.copy_code(first))
        if link := self.link_at(point):
            clipboard = QGuiApplication.clipboard()
            menu.addAction(view.tr("Copy the link's address"), lambda: clipboard.setText(link))
        if slot and slot.section.message.role != "user":
            message = slot.section.message
            clipboard = QGuiApplication.clipboard()
            menu.addAction(view.tr("Copy this answer as Markdown"), lambda: clipboard.setText(message.text))
            for action, label in message.actions:
                if action == IN_THE_MENU:
                    menu.addAction(label, partial(view.action_clicked.emit, message.id, action))
        menu.addSeparator()
        menu.addAction(view.tr("Select all"), view.select_all)
        return menu
