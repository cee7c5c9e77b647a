"""What a chat looks like: the list at the left, beside it head, conversation or start card, and prompt."""

from collections.abc import Callable
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from slmdesk.engines.registry import Registry
from slmdesk.features.catalog.fit import Fit
from slmdesk.ui import theme
from slmdesk.ui.widgets.chat.branch_line import BranchLine
from slmdesk.ui.widgets.chat.chat_header import ChatHeader
from slmdesk.ui.widgets.chat.chat_list import ChatList
from slmdesk.ui.widgets.chat.edit_card import EditCard
from slmdesk.ui.widgets.chat.find_bar import FindBar
from slmdesk.ui.widgets.chat.other_model import OtherModel
from slmdesk.ui.widgets.chat.start_card import StartCard
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.prompt.generation_settings import GenerationSettings
from slmdesk.ui.widgets.prompt.prompt_box import PromptBox
from slmdesk.ui.widgets.prompt.type_anywhere import TypeAnywhere
from slmdesk.ui.widgets.transcript import BlockView

LIST_PX = 228
NARROW_LIST_PX = 176
NARROW_PANE_PX = 820
NARROWEST_PANE_PX = 700


class ChatFace(QWidget):
    """The widgets in their places, and how they make room in a narrow window; knows no chat.

    `fit` tells whether a model fits with so many tokens of context.
    """

    def __init__(
        self,
        registry: Registry,
        fit: Callable[[str, int], Fit | None],
        scheduler: PaintScheduler,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._fit_with = fit
        self.settings = GenerationSettings(offers_probabilities=True)
        self.list = ChatList()
        self.header = ChatHeader(registry, self._fit)
        self.transcript = BlockView(scheduler)
        self.transcript.setFrameShape(QFrame.Shape.StyledPanel)
        self.transcript.setProperty("role", "framed")  # the style sheet shows the focus there
        self.start_card = StartCard(registry, self._fit)
        self.find_bar = FindBar(self.transcript)
        self.branch_line = BranchLine()
        self.edit_card = EditCard()
        self.other_model = OtherModel(registry, self._fit, self.transcript.viewport())
        self.prompt = PromptBox(takes_attachments=True)
        self.prompt.add_tool(self.settings)
        self._pages = QStackedWidget()
        self._column = QVBoxLayout()
        self._start = QScrollArea()
        self._lay_out()
        self._order_tabs()
        TypeAnywhere(self, self.prompt.edit)
        self.header.list_requested.connect(lambda: self.list.setVisible(self.list.isHidden()))

    def show_start(self, is_empty: bool) -> None:
        """The start card in the place of a conversation that has not begun."""
        self._pages.setCurrentWidget(self._start if is_empty else self.transcript)

    def add_tools(self, *buttons: QWidget) -> None:
        """Chips left of those for the generation, in the order of Tab."""
        for place, button in enumerate(buttons):
            self.prompt.add_tool(button, place)
        for before, after in pairwise((self.prompt.edit, *buttons, self.settings.system_chip)):
            self.setTabOrder(before, after)

    def add_last_tool(self, button: QWidget) -> None:
        """A chip right of those for the generation."""
        self.prompt.add_tool(button)
        self.setTabOrder(self.settings.options_chip, button)
        self.setTabOrder(button, self.prompt.send_button)

    def add_result(self, panel: QWidget) -> None:
        """What stands between the conversation and the prompt."""
        self._column.insertWidget(self._column.indexOf(self._pages) + 1, panel)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.prompt.setFocus(event.reason())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width, was_width = event.size().width(), event.oldSize().width()
        self.list.setFixedWidth(theme.scaled(LIST_PX if width >= NARROW_PANE_PX else NARROW_LIST_PX))
        is_narrow = width < NARROWEST_PANE_PX
        if is_narrow != (was_width < NARROWEST_PANE_PX) or was_width < 0:
            self.list.setVisible(not is_narrow)
            self.header.list_button.setVisible(is_narrow)

    def _fit(self, ref: str) -> Fit | None:
        return self._fit_with(ref, self.settings.value().options.context_tokens)

    def _lay_out(self) -> None:
        self._pages.addWidget(self.transcript)
        self._pages.addWidget(self._start)
        self._start.setWidget(self.start_card)
        self._start.setWidgetResizable(True)
        self._start.setFrameShape(QFrame.Shape.NoFrame)
        self._start.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the buttons of the card scroll it
        self._start.viewport().setAutoFillBackground(False)
        column = self._column
        column.setSpacing(10)
        column.addWidget(self.header)
        column.addWidget(self.branch_line)
        column.addWidget(self.find_bar)
        column.addWidget(self._pages, 1)
        column.addWidget(self.edit_card)
        column.addWidget(self.prompt)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 14, 14, 14)
        row.setSpacing(10)
        row.addWidget(self.list)
        row.addLayout(column, 1)
        self.list.setFixedWidth(theme.scaled(LIST_PX))

    def _order_tabs(self) -> None:
        order: tuple[QWidget, ...] = (
            self.list.search,
            self.list.view,
            self.list.new_button,
            self.header.list_button,
            self.header.picker,
            self.branch_line.button,
            self.find_bar.edit,
            self.find_bar.previous_button,
            self.find_bar.next_button,
            self.find_bar.close_button,
            self.transcript,
            self.edit_card.edit,
            self.edit_card.leave_button,
            self.edit_card.send_button,
            self.prompt.edit,
            self.settings.system_chip,
            self.settings.options_chip,
            self.prompt.send_button,
        )
        for before, after in pairwise(order):
            self.setTabOrder(before, after)
