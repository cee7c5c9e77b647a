"""Which answers are shown: kinds of them with their number, and words to look for."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from slmdesk.base.words import number, say
from slmdesk.features.evaluate.filters import SLOW_FACTOR, Filter
from slmdesk.ui import theme
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.flow_layout import FlowLayout

SEARCH_PX = 170
TYPED_MS = 150


class FilterBar(QWidget):
    """`changed` tells that another filter was chosen or other words were typed."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chosen = Filter.ALL
        self.buttons: dict[Filter, QPushButton] = {}
        chips = FlowLayout(8)
        for kind in Filter:
            button = QPushButton(filter_words(kind, None))
            button.setProperty("role", "pill")
            button.setCheckable(True)
            button.setToolTip(_tip(kind))
            button.clicked.connect(partial(self.choose, kind))
            self.buttons[kind] = button
            chips.addWidget(button)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find in answers"))
        self.search.setAccessibleName(tr("Find a document or an answer"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(theme.scaled(SEARCH_PX))
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(TYPED_MS)
        self._typed.timeout.connect(self.changed)
        self.search.textChanged.connect(lambda _text: self._typed.start())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addLayout(chips, 1)
        row.addWidget(self.search)
        self._show_chosen()

    @property
    def words(self) -> str:
        return self.search.text().strip()

    @property
    def is_open(self) -> bool:
        """Whether everything passes."""
        return self.chosen is Filter.ALL and not self.words

    def choose(self, kind: Filter, _is_checked: bool = False) -> None:
        self.chosen = kind
        self._show_chosen()
        self.changed.emit()

    def show_all(self) -> None:
        """No filter and no words."""
        self.search.clear()
        self.choose(Filter.ALL)

    def set_counts(self, counts: Mapping[Filter, int] | None) -> None:
        for kind, button in self.buttons.items():
            words = filter_words(kind, None if counts is None else counts[kind])
            if button.text() != words:
                button.setText(words)
                button.updateGeometry()

    def _show_chosen(self) -> None:
        for kind, button in self.buttons.items():  # no group: Tab reaches only the chosen one of a group
            button.setChecked(kind is self.chosen)


def filter_words(kind: Filter, count: int | None) -> str:
    """ "Wrong 12"; without the number while it is not known."""
    word = _word(kind)
    return word if count is None or kind is Filter.ALL else f"{word} {number(count)}"


def nothing_words(kind: Filter, *, has_words: bool) -> str:
    """Why the table is empty."""
    if has_words:
        return tr("No document and no answer has these words.")
    match kind:
        case Filter.WRONG:
            return tr("No answer is wrong.")
        case Filter.DISAGREE:
            return tr("The models agree wherever two of them have answered.")
        case Filter.INCONSISTENT:
            return tr("No answers contradict one another by the rules of the pack.")
        case Filter.INVALID:
            return tr("Every reply had the form that was asked for.")
        case Filter.SLOW:
            return tr("No answer took much longer than usual.")
    return ""


def _word(kind: Filter) -> str:
    match kind:
        case Filter.ALL:
            return tr("All")
        case Filter.WRONG:
            return tr("Wrong")
        case Filter.DISAGREE:
            return tr("Models disagree")
        case Filter.INCONSISTENT:
            return tr("Inconsistent")
        case Filter.INVALID:
            return tr("Not valid")
    return tr("Slow")


def _tip(kind: Filter) -> str:
    match kind:
        case Filter.ALL:
            return tr("Every document and every question")
        case Filter.WRONG:
            return tr("Answers that score less than half")
        case Filter.DISAGREE:
            return tr("Questions about a document on which two models do not say the same")
        case Filter.INCONSISTENT:
            return tr("Answers of one model that break a rule between two questions")
        case Filter.INVALID:
            return tr("Replies that are not of the form that was asked for")
    return say(
        "Answers that took more than {factor} times as long as this model usually takes for this question",
        factor=f"{SLOW_FACTOR:g}",
    )
