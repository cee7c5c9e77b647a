"""The hands of a user: the mouse goes to where a thing stands on the screen, keys to what has the focus."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QScrollArea, QWidget

from slmdesk.ui.widgets.transcript import BlockView
from slmdesk.ui.widgets.transcript.targets import action_targets


def click(widget: QWidget, at: QPoint | None = None) -> None:
    """On what is seen at that place: a thing that is hidden, or lies under another, fails.

    Not through the window's handle: Qt would run a nested loop then.
    """
    _scroll_to(widget)
    window = widget.window()
    where = widget.mapTo(window, widget.rect().center() if at is None else at)
    hit = window.childAt(where)
    assert hit is not None, f"{widget} is not on the screen"
    assert hit is widget or widget.isAncestorOf(hit), f"{widget} lies under {hit}"
    QTest.mouseClick(hit, Qt.MouseButton.LeftButton, pos=hit.mapFrom(window, where))


def click_word(view: BlockView, message_id: str, action: str) -> None:
    """A word in the footer of a message, such as Again or Branch from here."""
    column, message = view.column, view._messages[message_id]
    target = next(each for each in action_targets(column, message) if each.value == action)
    click(view.viewport(), target.rect.center() - view.to_column(QPoint(0, 0)))


def button(parent: QWidget, text: str) -> QPushButton:
    """The one on the screen with these words."""
    (found,) = (each for each in parent.findChildren(QPushButton) if each.text() == text and each.isVisible())
    return found


def key(which: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(_focus(), which, modifier)


def write(text: str) -> None:
    """Type over what stands in the field that has the focus."""
    key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(_focus(), text)


def _focus() -> QWidget:
    focused = QApplication.focusWidget() or QApplication.activeWindow()
    assert focused is not None
    return focused


def _scroll_to(widget: QWidget) -> None:
    parent = widget.parentWidget()
    while parent is not None and not widget.isWindow():
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget)
        parent = parent.parentWidget()
