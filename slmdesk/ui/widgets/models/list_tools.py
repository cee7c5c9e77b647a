"""Above the table of models: what kind to show, the words to search for, the context to reckon with."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLineEdit, QMenu, QPushButton, QSizePolicy, QWidget

from slmdesk.features.catalog.facts import context_words
from slmdesk.features.catalog.listed import ListFilter
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.flow_layout import FlowLayout
from slmdesk.ui.widgets.prompt.pill import pill

CONTEXTS = (2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072)
SEARCH_PX = 130
GAP_PX = 6
LABEL_FROM_PX = 1060  # of the whole line: below, the button alone says it in its tip
KINDS: tuple[ListFilter, ...] = (
    "all",
    "installed",
    "tiny",
    "small",
    "medium",
    "large",
    "vision",
    "embedding",
    "fits",
)


class ListTools(QWidget):
    """`narrowed` tells of another kind or other words, `context_chosen` of another context in tokens."""

    narrowed = Signal()
    context_chosen = Signal(int)

    def __init__(self, context_tokens: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind: ListFilter = "all"
        self.chips = {kind: pill(_word(kind), _tip(kind)) for kind in KINDS}
        for kind, chip in self.chips.items():
            chip.setCheckable(True)
            chip.clicked.connect(lambda _checked=False, kind=kind: self.choose(kind))
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setAccessibleName(self.tr("Search the models"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(theme.scaled(SEARCH_PX))
        self.search.textChanged.connect(lambda _text: self.narrowed.emit())
        self._label = plain_label(self.tr("Context for the estimate"))
        self._label.setProperty("role", "muted")
        self.context = QPushButton()
        self.context.setToolTip(self.tr("Context for the estimate"))
        self.context.setMenu(self._context_menu())
        self.set_context(context_tokens)
        self._lay_out()
        self.choose("all")

    def choose(self, kind: ListFilter) -> None:
        """Show only this kind."""
        self.kind = kind
        for each, chip in self.chips.items():
            chip.setChecked(each == kind)
        self.narrowed.emit()

    def set_context(self, tokens: int) -> None:
        """Show the context that the table reckons with."""
        self.context.setText(self.tr("{0} ▾").format(context_words(tokens)))
        self.context.setAccessibleName(self.tr("Context for the estimate: {0}").format(context_words(tokens)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow line becomes two."""
        super().resizeEvent(event)
        width = event.size().width()
        self._label.setVisible(width >= theme.scaled(LABEL_FROM_PX))
        needed = self._chips.sizeHint().width() + self._fields.sizeHint().width() + self._line.spacing()
        is_wide = width >= needed
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        if self._line.direction() != direction:
            self._line.setDirection(direction)

    def _lay_out(self) -> None:
        self._chips = FlowLayout(GAP_PX)
        for chip in self.chips.values():
            self._chips.addWidget(chip)
        chips = QWidget()
        chips.setLayout(self._chips)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        chips.setSizePolicy(policy)
        self._fields = QHBoxLayout()
        self._fields.setSpacing(10)
        for widget, stretch in ((self.search, 1), (self._label, 0), (self.context, 0)):
            self._fields.addWidget(widget, stretch)
        self._line = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(8)
        self._line.addWidget(chips)
        self._line.addLayout(self._fields, 1)

    def _context_menu(self) -> QMenu:
        menu = QMenu(self)
        for tokens in CONTEXTS:
            action = QAction(self.tr("{0} tokens").format(context_words(tokens)), menu)
            action.triggered.connect(lambda _checked=False, tokens=tokens: self.context_chosen.emit(tokens))
            menu.addAction(action)
        return menu


def _word(kind: ListFilter) -> str:
    return {
        "all": tr("All"),
        "installed": tr("Installed"),
        "tiny": tr("Tiny"),
        "small": tr("Small"),
        "medium": tr("Medium"),
        "large": tr("Large"),
        "vision": tr("Vision"),
        "embedding": tr("Embedding"),
        "fits": tr("Fits this machine"),
    }[kind]


def _tip(kind: ListFilter) -> str:
    """What a size class means, so that nobody has to know."""
    return {
        "tiny": tr("Below 1B parameters, 0.2 to 1 GB: labels, short extractions, trying things out"),
        "small": tr("1B to 3B parameters, 1 to 3 GB: summaries, rewriting, simple questions, drafts"),
        "medium": tr("3B to 9B parameters, 3 to 8 GB: chat, code, extraction from longer texts, translation"),
        "large": tr("13B parameters and more, 9 GB and more: reasoning, difficult code, careful writing"),
        "vision": tr("Models that see pictures"),
        "embedding": tr("Models that turn texts into numbers, for searching"),
        "fits": tr("What can be loaded with the memory that is free now"),
    }.get(kind, "")
