"""Where the menu of a row is asked for."""

from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QAbstractItemView


def menu_place(view: QAbstractItemView, event: QContextMenuEvent) -> QPoint:
    """In the viewport: under the mouse; asked for by key, on the row with the focus."""
    current = view.currentIndex()
    is_by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
    return view.visualRect(current).center() if is_by_key and current.isValid() else event.pos()
