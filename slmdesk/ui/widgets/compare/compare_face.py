"""What a comparison looks like: head with the votes, plan, columns, and one prompt for all."""

from collections.abc import Callable
from itertools import pairwise

from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from slmdesk.features.catalog.fit import Fit
from slmdesk.ui.widgets.chip import Chip
from slmdesk.ui.widgets.compare.lane_columns import LaneColumns
from slmdesk.ui.widgets.compare.plan_card import PlanCard
from slmdesk.ui.widgets.compare.run_list import RunList
from slmdesk.ui.widgets.models.model_picker import KnowsModels, ModelPicker
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.prompt.generation_settings import GenerationSettings
from slmdesk.ui.widgets.prompt.prompt_box import PromptBox
from slmdesk.ui.widgets.prompt.type_anywhere import TypeAnywhere


class CompareFace(QWidget):
    """The widgets in their places; knows no comparison.

    `fit` tells whether a model fits with so many tokens of context.
    """

    def __init__(
        self,
        registry: KnowsModels,
        fit: Callable[[str, int], Fit | None],
        scheduler: PaintScheduler,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._fit_with = fit
        self.count_chip = Chip()
        self.runs = RunList()
        self.add_button = QPushButton(self.tr("+ Add model"))
        self.picker = ModelPicker(registry, self._fit, self)
        self.picker.hide()  # only its list is wanted
        self.tie_button = QPushButton(self.tr("Tie"))
        self.none_button = QPushButton(self.tr("None good"))
        self.plan_card = PlanCard()
        self.columns = LaneColumns(registry, self._fit, scheduler)
        self.settings = GenerationSettings()
        self.prompt = PromptBox(has_own_stop=True)
        self.stop_button = QPushButton(self.tr("Stop all"))
        self._lay_out()
        self._order_tabs()
        TypeAnywhere(self, self.prompt.edit)

    def choose_another(self) -> None:
        """Open the list of models below the button that adds one."""
        self.picker.setGeometry(self.add_button.geometry())
        self.picker.open_list()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.prompt.setFocus(event.reason())

    def _fit(self, ref: str) -> Fit | None:
        return self._fit_with(ref, self.settings.value().options.context_tokens)

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Compare"))
        title.setProperty("role", "title")
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(title)
        head.addWidget(self.count_chip)
        head.addStretch(1)
        for button in (self.tie_button, self.none_button, self.runs, self.add_button):
            head.addWidget(button)
        for button in (self.tie_button, self.none_button):
            button.setCheckable(True)
        self.prompt.add_tool(self.settings)
        self.prompt.add_button(self.stop_button)
        self.prompt.edit.setPlaceholderText(self.tr("One prompt for all columns — Enter sends it"))
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self.plan_card)
        column.addWidget(self.columns, 1)
        column.addWidget(self.prompt)

    def _order_tabs(self) -> None:
        order: tuple[QWidget, ...] = (
            self.tie_button,
            self.none_button,
            self.runs,
            self.add_button,
            self.plan_card.button,
            self.columns,
            self.prompt.edit,
            self.settings.system_chip,
            self.settings.options_chip,
            self.stop_button,
            self.prompt.send_button,
        )
        for before, after in pairwise(order):
            self.setTabOrder(before, after)
