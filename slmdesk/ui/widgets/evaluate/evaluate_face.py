"""What the evaluate pane looks like: head, tabs, the strip of the run, and a page for each tab."""

from collections.abc import Callable
from enum import IntEnum

from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.words import counted, say
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.setup import Setup
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.elided_button import ElidedButton
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.evaluate.run_strip import RunStrip
from slmdesk.ui.widgets.evaluate.start_page import StartPage

LEAST_CHIP_PX = 120
LEAST_PX = 440
ROOMY_PX = 900  # below, the counts have no room beside the buttons


class Tab(IntEnum):
    DOCUMENTS = 0
    QUESTIONS = 1
    MODELS = 2
    RESULTS = 3
    VERDICT = 4


class EvaluateFace(QWidget):
    """The widgets in their places; knows no pack. A page is made when its tab is first shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._makers: dict[Tab, Callable[[], QWidget]] = {}
        self._made: dict[Tab, QWidget] = {}
        self._title = plain_label(tr("Evaluate"))
        self._title.setProperty("role", "title")
        self.chip = ElidedButton(least_width_px=LEAST_CHIP_PX)
        self.chip.setProperty("role", "picker")
        self.counts = ElidedLabel()
        self.counts.setProperty("role", "muted")
        self.import_button = QPushButton(tr("Import…"))
        self.import_menu = QMenu(self)
        self.import_button.setMenu(self.import_menu)
        self.export_button = QPushButton(tr("Export report ▾"))
        self.export_button.setAccessibleName(tr("Export report"))
        self.export_menu = QMenu(self)
        self.export_button.setMenu(self.export_menu)
        self.run_button = QPushButton(tr("Run"))
        self.run_button.setProperty("role", "primary")
        self.tabs = QTabBar()
        self.tabs.setProperty("role", "lines")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName(tr("Parts of the evaluation"))
        for text in (tr("Documents"), tr("Questions"), tr("Models"), tr("Results"), tr("Verdict")):
            self.tabs.addTab(text)
        self._tab_line = QFrame()
        self._tab_line.setObjectName("tab_line")
        self.strip = RunStrip()
        self.error = plain_label()
        self.error.setProperty("role", "error")
        self.error.setWordWrap(True)
        self.error.hide()
        self._pages = QStackedWidget()
        self.start_page = StartPage()
        self._lay_out()
        self.tabs.currentChanged.connect(lambda index: self._show_page(Tab(index)))

    def add_page(self, tab: Tab, make: Callable[[], QWidget]) -> None:
        self._makers[tab] = make

    def page(self, tab: Tab) -> QWidget:
        """The page of a tab, made now if it was not."""
        if tab not in self._made:
            self._made[tab] = self._makers[tab]()
            self._pages.addWidget(self._made[tab])
        return self._made[tab]

    def open_tab(self, tab: Tab) -> QWidget:
        self.tabs.setCurrentIndex(tab)
        self._show_page(tab)
        return self.page(tab)

    def show_open(self, pack: Pack, setup: Setup, *, is_open: bool) -> None:
        """Name and counts of the pack, or the page to begin with."""
        self.chip.set_full_text(f"{pack.title or tr('No pack')} ▾")
        self.chip.setAccessibleName(tr("Pack: {0}").format(pack.title or tr("No pack")))
        self.counts.set_full_text(counts_words(pack, setup) if is_open else "")
        for widget in (self._tab_line, self._pages, self.import_button, self.export_button, self.run_button):
            widget.setVisible(is_open)
        had_focus = self.start_page.isAncestorOf(QApplication.focusWidget() or self)
        self.start_page.setVisible(not is_open)
        if is_open and had_focus:
            self.tabs.setFocus()
        if is_open:
            self._show_page(Tab(self.tabs.currentIndex()))
        else:
            self.strip.hide()

    def show_error(self, words: str) -> None:
        """What went wrong, until the next attempt; "" for nothing."""
        self.error.setText(words)
        self.error.setVisible(bool(words))

    def focusInEvent(self, event: QFocusEvent) -> None:
        shown: QWidget = self.tabs if self.tabs.isVisible() else self.start_page.example_button
        shown.setFocus(event.reason())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_roomy = self.width() >= theme.scaled(ROOMY_PX)
        self._head.setDirection(
            QHBoxLayout.Direction.LeftToRight if is_roomy else QHBoxLayout.Direction.TopToBottom
        )

    def _show_page(self, tab: Tab) -> None:
        self._pages.setCurrentWidget(self.page(tab))

    def _lay_out(self) -> None:
        self.setMinimumWidth(theme.scaled(LEAST_PX))
        names = QHBoxLayout()
        names.setSpacing(10)
        names.addWidget(self._title)
        names.addWidget(self.chip)
        names.addWidget(self.counts, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        for button in (self.import_button, self.export_button, self.run_button):
            buttons.addWidget(button)
        self._head = QHBoxLayout()
        self._head.setSpacing(10)
        self._head.addLayout(names, 1)
        self._head.addLayout(buttons)
        line = QHBoxLayout(self._tab_line)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.tabs)
        line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 14)
        layout.setSpacing(12)
        layout.addLayout(self._head)
        layout.addWidget(self._tab_line)
        layout.addWidget(self.error)
        layout.addWidget(self.strip)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.start_page, 1)


def counts_words(pack: Pack, setup: Setup) -> str:
    """ "6 documents × 9 questions × 3 models = 162 answers"."""
    documents, questions, models = len(pack.documents), len(pack.questions), len(setup.model_refs)
    parts = (
        counted(documents, "{count:,} document", "{count:,} documents"),
        counted(questions, "{count:,} question", "{count:,} questions"),
        counted(models, "{count:,} model", "{count:,} models"),
    )
    total = documents * questions * models
    return say(
        "{parts} = {answers}",
        parts=" × ".join(parts),
        answers=counted(total, "{count:,} answer", "{count:,} answers"),
    )
