"""Keys of a transcript: Tab goes through what can be clicked in view, Enter does what a click does."""

import weakref
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QAbstractSlider

from slmdesk.ui.widgets.transcript.accessible import say
from slmdesk.ui.widgets.transcript.pointer import Pointer
from slmdesk.ui.widgets.transcript.targets import Target, targets_between

if TYPE_CHECKING:
    from slmdesk.ui.widgets.transcript.view import BlockView

FOCUS_RADIUS = 4


class Keyboard:
    """Which of the things that can be clicked has the focus, and what a key means."""

    def __init__(self, view: "BlockView", pointer: Pointer) -> None:
        self._view: BlockView = weakref.proxy(view)  # no cycle
        self._pointer = pointer
        self._focused: Target | None = None
        self._is_framed = False

    @property
    def is_framed(self) -> bool:
        """The frame around the whole view is shown: there is nothing in it to show the focus at."""
        return self._is_framed and self._view.hasFocus() and self.target is None

    @property
    def target(self) -> Target | None:
        """What has the focus, where it stands now; None when it is out of view."""
        wanted = self._focused
        if wanted is None:
            return None
        return next((target for target in self._in_view() if target.key == wanted.key), None)

    def enter(self, reason: Qt.FocusReason) -> None:
        """The view gets the focus: by Tab its first target has it, by Shift+Tab its last."""
        if reason in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._focused, self._is_framed = None, True
            self.step(is_forward=reason == Qt.FocusReason.TabFocusReason)

    def leave(self) -> None:
        """A mouse is used instead."""
        self._focused, self._is_framed = None, False

    def step(self, is_forward: bool) -> bool:
        """Give the focus to the next target in view; False behind the last one."""
        targets = self._in_view()
        current = self.target
        at = next((n for n, target in enumerate(targets) if current and target.key == current.key), None)
        if at is None:
            at = -1 if is_forward else len(targets)
        at += 1 if is_forward else -1
        if not 0 <= at < len(targets):
            return False
        self._focused = targets[at]
        self._view.viewport().update()
        say(self._view, targets[at].label)
        return True

    def paint(self, painter: QPainter) -> None:
        """A ring around what has the focus."""
        view = self._view
        if not (self._focused or self._is_framed) or not view.hasFocus():
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(view.column.look.theme.accent))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if target := self.target:
            ring = target.rect.translated(0, -view.offset).adjusted(-4, -1, 3, 0)
            painter.drawRoundedRect(ring.toRectF().translated(0.5, 0.5), FOCUS_RADIUS, FOCUS_RADIUS)
        elif self._is_framed:
            painter.drawRect(view.viewport().rect().adjusted(0, 0, -1, -1))

    def press(self, event: QKeyEvent) -> bool:
        """Whether the key was for us."""
        view, bar = self._view, self._view.verticalScrollBar()
        if event.matches(QKeySequence.StandardKey.Copy):
            view.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            view.select_all()
        elif event.key() in _DOING and (target := self.target):
            self._pointer.activate(target)
        elif event.key() == Qt.Key.Key_Home:
            bar.setValue(0)
        elif event.key() == Qt.Key.Key_End:
            view.scroll_to_end()
        elif (step := _STEPS.get(Qt.Key(event.key()))) and not event.modifiers() & _WITH_MODIFIER:
            bar.triggerAction(step)
        else:
            return False
        return True

    def _in_view(self) -> list[Target]:
        view = self._view
        return targets_between(view.column, view.offset, view.offset + view.viewport().height())


_DOING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_WITH_MODIFIER = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
_STEPS = {
    Qt.Key.Key_PageUp: QAbstractSlider.SliderAction.SliderPageStepSub,
    Qt.Key.Key_PageDown: QAbstractSlider.SliderAction.SliderPageStepAdd,
    Qt.Key.Key_Up: QAbstractSlider.SliderAction.SliderSingleStepSub,
    Qt.Key.Key_Down: QAbstractSlider.SliderAction.SliderSingleStepAdd,
}
