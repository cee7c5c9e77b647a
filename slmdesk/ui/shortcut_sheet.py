"""All shortcuts on one sheet, by pane, found by typing; made from the commands themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QAction, QColor, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from slmdesk.ui import theme
from slmdesk.ui.actions import keys_words
from slmdesk.ui.labels import plain_label
from slmdesk.ui.widgets.row_list import AnyIndex, RowList

ROW_ROLE = Qt.ItemDataRole.UserRole
WIDTH, HEIGHT = 560, 560

Sections = Sequence[tuple[str, Sequence[QAction]]]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A command with its keys, or without any the title of a section."""

    text: str
    keys: tuple[str, ...] = ()

    @property
    def spoken(self) -> str:
        return ", ".join((self.text, *self.keys))


def rows_of(sections: Sections, search: str) -> Iterator[SheetRow]:
    """The commands with keys that hold every word of the search, below their sections."""
    words = search.casefold().split()
    for title, commands in sections:
        rows = [SheetRow(command.text(), _keys(command)) for command in commands]
        found = [row for row in rows if row.keys and _holds(f"{title} {row.spoken}", words)]
        if found:
            yield SheetRow(title)
            yield from found


def _holds(text: str, words: Sequence[str]) -> bool:
    return all(word in text.casefold() for word in words)


def _keys(command: QAction) -> tuple[str, ...]:
    return tuple(words for keys in command.shortcuts() if (words := keys_words(keys)))


class SheetModel(RowList[SheetRow]):
    """The rows as Qt wants them; titles cannot be chosen."""

    def row_data(self, row: SheetRow, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.text
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.spoken
            case _ if role == ROW_ROLE:
                return row
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid() or not self.rows[index.row()].keys:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren


class ShortcutSheet(QDialog):
    """For reading: Esc or the button closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._room = parent.size()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Shortcuts"))
        self._sections: Sections = ()
        self._search = QLineEdit()
        self._search.setPlaceholderText(self.tr("Search shortcuts"))
        self._search.setAccessibleName(self.tr("Search shortcuts"))
        self._search.textChanged.connect(lambda _text: self._fill())
        self._model = SheetModel(self)
        self._view = QListView()
        self._view.setModel(self._model)
        self._view.setItemDelegate(_SheetDelegate(self._view))
        self._view.setAccessibleName(self.tr("Shortcuts"))
        self._nothing = plain_label(self.tr("No shortcut holds these words."))
        self._nothing.setProperty("role", "muted")
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.close)
        close.setAutoDefault(False)
        heading = plain_label(self.tr("Shortcuts"))
        heading.setProperty("role", "title")
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(heading)
        layout.addWidget(self._search)
        layout.addWidget(self._view, 1)
        layout.addWidget(self._nothing, 1, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(foot)

    def show_sections(self, sections: Sections) -> None:
        """Open with the commands by section, each with its title."""
        self._sections = sections
        self._fill()
        self.resize(QSize(theme.scaled(WIDTH), theme.scaled(HEIGHT)).boundedTo(self._room))
        self.open()
        self._search.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_PageDown) and self._search.hasFocus():
            self._view.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)

    def _fill(self) -> None:
        rows = list(rows_of(self._sections, self._search.text()))
        self._model.set_rows(rows)
        self._view.setVisible(bool(rows))
        self._nothing.setVisible(not rows)


class _SheetDelegate(QStyledItemDelegate):
    """The text at the left, its keys at the right, each in a box like a key."""

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        row: SheetRow = index.data(ROW_ROLE)
        return QSize(0, theme.scaled(32 if row.keys else 36))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        now = theme.current()
        row: SheetRow = index.data(ROW_ROLE)
        inner: QRect = option.rect.adjusted(8, 0, -8, 0)
        painter.save()
        if row.keys:
            text_end = self._paint_keys(painter, inner, row.keys)
            inner.setRight(text_end)
            painter.setFont(option.font)
            painter.setPen(QColor(now.text))
            text = QFontMetrics(option.font).elidedText(row.text, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        else:
            font = QFont(option.font)
            font.setPixelSize(theme.scaled(11))
            font.setWeight(QFont.Weight.DemiBold)
            painter.setFont(font)
            painter.setPen(QColor(now.muted))
            inner.setBottom(inner.bottom() - 6)
            painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, row.text)
        painter.restore()

    @staticmethod
    def _paint_keys(painter: QPainter, inner: QRect, keys: Sequence[str]) -> int:
        """From the right; returns where the text has to end."""
        now = theme.current()
        font = theme.monospaced(11)
        measure = QFontMetrics(font)
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        right = inner.right()
        for words in reversed(keys):
            box = QRect(0, 0, measure.horizontalAdvance(words) + 14, measure.height() + 6)
            box.moveCenter(inner.center())
            box.moveRight(right)
            painter.setPen(QColor(now.line))
            painter.setBrush(QColor(now.raised))
            painter.drawRoundedRect(box, 5, 5)
            painter.setPen(QColor(now.muted))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
            right = box.left() - 6
        return right - 6
