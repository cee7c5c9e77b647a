"""What the results are looked at as: the answers themselves, sums of them, or charts."""

from enum import Enum, auto
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.flow_layout import FlowLayout


class Page(Enum):
    ANSWERS = auto()
    QUESTIONS = auto()
    DOCUMENTS = auto()
    MODELS = auto()
    CONFUSION = auto()
    CHARTS = auto()


class PageSwitch(QWidget):
    """A row of buttons, one of them pressed; `chosen` tells that it is another one now."""

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.page = Page.ANSWERS
        self.buttons: dict[Page, QPushButton] = {}
        row = FlowLayout(4, self)
        for page in Page:
            button = QPushButton(page_word(page))
            button.setProperty("role", "page")
            button.setCheckable(True)
            button.clicked.connect(partial(self.choose, page))
            self.buttons[page] = button
            row.addWidget(button)
        self._show()

    def choose(self, page: Page, _is_checked: bool = False) -> None:
        self.page = page
        self._show()
        self.chosen.emit()

    def _show(self) -> None:
        for page, button in self.buttons.items():  # no group: Tab reaches only the chosen one of a group
            button.setChecked(page is self.page)


def page_word(page: Page) -> str:
    match page:
        case Page.ANSWERS:
            return tr("Answers")
        case Page.QUESTIONS:
            return tr("By question")
        case Page.DOCUMENTS:
            return tr("By document")
        case Page.MODELS:
            return tr("By model")
        case Page.CONFUSION:
            return tr("Mix-ups")
    return tr("Charts")
