"""A short list in the settings: a name, a line about it, a chip and its buttons for each entry."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from slmdesk.ui.notify import plain_label
from slmdesk.ui.widgets.chip import Chip, Tone
from slmdesk.ui.widgets.elided_label import ElidedLabel


@dataclass(frozen=True, slots=True)
class Entry:
    """`buttons` are pairs of an id and its word; `note` explains the chip where a word is not enough."""

    key: str
    title: str
    detail: str
    buttons: tuple[tuple[str, str], ...]
    chip: str = ""
    tone: Tone = "plain"
    note: str = ""


class EntryList(QWidget):
    """`pressed` carries the id of the button and the key of the entry."""

    pressed = Signal(str, str)

    def __init__(self, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Entry, ...] = ()
        self._rows: list[QWidget] = []
        self._empty = plain_label(empty)
        self._empty.setProperty("role", "small")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self._layout.addWidget(self._empty)

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Draw the list again where something has changed."""
        if tuple(entries) == self._shown:
            return
        self._shown = tuple(entries)
        for old in self._rows:
            self._layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._rows = [self._row(entry) for entry in entries]
        for row in self._rows:
            self._layout.addWidget(row)
        self._empty.setVisible(not entries)

    def _row(self, entry: Entry) -> QWidget:
        row = QFrame()
        row.setProperty("role", "card")
        title = ElidedLabel(entry.title)
        title.setProperty("role", "heading")
        detail = ElidedLabel(entry.detail)
        detail.setProperty("role", "small")
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(title)
        texts.addWidget(detail)
        if entry.note:
            note = plain_label(entry.note)
            note.setProperty("role", "small")
            note.setWordWrap(True)
            texts.addWidget(note)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.addLayout(texts, 1)
        if entry.chip:
            layout.addWidget(Chip(entry.chip, entry.tone))
        for button_id, word in entry.buttons:
            layout.addWidget(self._button(button_id, word, entry))
        return row

    def _button(self, button_id: str, word: str, entry: Entry) -> QPushButton:
        button = QPushButton(word)
        button.setProperty("role", "flat")
        button.setAccessibleName(f"{word}: {entry.title}")
        button.clicked.connect(lambda: self.pressed.emit(button_id, entry.key))
        return button
