"""The command palette (Ctrl+K): every command that can be run now, found by typing."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPoint,
    QRect,
    QSize,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QAction, QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from slmdesk.ui import theme
from slmdesk.ui.actions import Actions, shortcut_words
from slmdesk.ui.labels import plain_label
from slmdesk.ui.widgets.row_list import AnyIndex, RowList

ACTION_ROLE = Qt.ItemDataRole.UserRole
WIDTH = 520
MOST_ROWS = 10
ROW_PX = 34


class CommandList(RowList[QAction]):
    """The commands as rows."""

    def row_data(self, command: QAction, role: int) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return command.text()
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{command.text()} {shortcut_words(command)}".strip()
        return command if role == ACTION_ROLE else None


class CommandFilter(QSortFilterProxyModel):
    """Keeps the commands that hold every word typed."""

    def __init__(self, source: CommandList, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: Sequence[str] = ()
        self.setSourceModel(source)

    def set_search(self, text: str) -> None:
        self._words = text.casefold().split()
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: AnyIndex) -> bool:
        text = self.sourceModel().index(source_row, 0).data().casefold()
        return all(word in text for word in self._words)


class Palette(QFrame):
    """Opens over the window; Enter runs, Esc closes."""

    def __init__(self, commands: Actions, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("popup")
        self.setAccessibleName(self.tr("Commands"))
        self._commands = commands
        self._most_rows = MOST_ROWS
        self._source = CommandList(self)
        self._filter = CommandFilter(self._source, self)
        self._search = QLineEdit()
        self._search.setPlaceholderText(self.tr("Search or run a command"))
        self._search.setAccessibleName(self.tr("Search or run a command"))
        self._search.textChanged.connect(self._on_search_text_changed)
        self._search.installEventFilter(self)
        self._view = QListView()
        self._view.setModel(self._filter)
        self._view.setItemDelegate(_CommandDelegate(self._view))
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the search field keeps the keyboard
        self._view.setAccessibleName(self.tr("Commands"))
        self._view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view.clicked.connect(self._run)
        self._nothing = plain_label(self.tr("No command holds these words."))
        self._nothing.setProperty("role", "muted")
        self._nothing.setMinimumHeight(theme.scaled(ROW_PX))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._search)
        layout.addWidget(self._view)
        layout.addWidget(self._nothing)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        self._search.setFixedWidth(theme.scaled(WIDTH))

    def open_over(self, window: QWidget) -> None:
        """Show all commands that make sense now."""
        self._source.set_rows(self._commands.available())
        self._search.clear()
        self._most_rows = min(MOST_ROWS, (window.height() - theme.scaled(120)) // theme.scaled(ROW_PX))
        self._on_search_text_changed("")
        self.adjustSize()
        corner = window.mapToGlobal(QPoint((window.width() - self.width()) // 2, theme.scaled(52)))
        self.move(corner)
        self.show()
        self._search.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            match event.key():
                case Qt.Key.Key_Down:
                    self._mark(self._view.currentIndex().row() + 1)
                    return True
                case Qt.Key.Key_Up:
                    self._mark(self._view.currentIndex().row() - 1)
                    return True
                case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    self._run(self._view.currentIndex())
                    return True
        return super().eventFilter(watched, event)

    def _mark(self, row: int) -> None:
        last = self._filter.rowCount() - 1
        self._view.setCurrentIndex(self._filter.index(max(0, min(row, last)), 0))

    def _on_search_text_changed(self, text: str) -> None:
        self._filter.set_search(text)
        self._fit_height()
        self._mark(0)

    def _fit_height(self) -> None:
        """As high as its rows, up to as many as the window has room for."""
        rows = self._filter.rowCount()
        self._view.setVisible(rows > 0)
        self._nothing.setVisible(rows == 0)
        self._view.setFixedHeight(max(1, min(rows, self._most_rows)) * theme.scaled(ROW_PX))

    def _run(self, index: QModelIndex) -> None:
        if index.isValid():
            command: QAction = index.data(ACTION_ROLE)
            self.close()
            command.trigger()


class _CommandDelegate(QStyledItemDelegate):
    """The text at the left, its shortcut at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        return QSize(0, theme.scaled(ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        now = theme.current()
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.accent_soft))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 8, 8)
        inner = rect.adjusted(12, 0, -12, 0)
        painter.setPen(QColor(now.text))
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, index.data())
        painter.setPen(QColor(now.muted))
        painter.setFont(theme.monospaced(11))
        words = shortcut_words(index.data(ACTION_ROLE))
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()
