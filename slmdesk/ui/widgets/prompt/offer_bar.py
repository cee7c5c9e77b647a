"""A sentence over the prompt with what can be done about it."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from slmdesk.ui.labels import plain_button_text, plain_label

Offer: TypeAlias = tuple[str, Callable[[], object]]


class OfferBar(QFrame):
    """Hidden while there is nothing to say; an offer that was taken closes it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "offer")
        self.setAccessibleName(name)
        self._words = plain_label()
        self._words.setWordWrap(True)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self.buttons: list[QPushButton] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 6)
        column.setSpacing(4)
        column.addWidget(self._words)
        column.addLayout(self._row)
        self._row.addStretch(1)
        self.hide()

    @property
    def words(self) -> str:
        """What is said now, "" if nothing."""
        return self._words.text()

    def say(self, words: str, offers: Sequence[Offer] = ()) -> None:
        """Say this with these buttons in the place of what was said."""
        labels = [label for label, _ in offers]
        if words == self.words and labels == [button.accessibleName() for button in self.buttons]:
            return  # the focus may be on one of them
        self._words.setText(words)
        for button in self.buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = [self._button(label, work) for label, work in offers]
        for place, button in enumerate(self.buttons):
            self._row.insertWidget(place, button)
        self.setVisible(bool(words))

    def clear(self) -> None:
        self.say("")

    def _button(self, label: str, work: Callable[[], object]) -> QPushButton:
        button = QPushButton(plain_button_text(label))
        button.setProperty("role", "small_button")
        button.setAccessibleName(label)
        button.setAutoDefault(False)

        def take() -> None:
            self.clear()
            work()

        button.clicked.connect(take)
        return button
