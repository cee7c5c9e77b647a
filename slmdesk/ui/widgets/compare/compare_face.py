"""What a comparison looks like: head, plan, what the run was worth, columns, and one prompt for all."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from slmdesk.engines.registry import Registry
from slmdesk.features.catalog.fit import Fit
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_button_text
from slmdesk.ui.widgets.chip import Chip
from slmdesk.ui.widgets.compare.lane_columns import LaneColumns
from slmdesk.ui.widgets.compare.layout_switch import LayoutSwitch
from slmdesk.ui.widgets.compare.plan_card import PlanCard
from slmdesk.ui.widgets.compare.run_card import RunCard
from slmdesk.ui.widgets.compare.run_list import RunList
from slmdesk.ui.widgets.models.model_picker import ModelPicker
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.prompt.generation_settings import GenerationSettings
from slmdesk.ui.widgets.prompt.pill import pill
from slmdesk.ui.widgets.prompt.prompt_box import PromptBox
from slmdesk.ui.widgets.prompt.type_anywhere import TypeAnywhere

WIDE_PX = 1060  # from here on every layout has its own button
ROOMY_PX = 740  # below, the menu alone has the layouts and Blind
LEAST_PX = 440
LOW_PX = 400  # below, everything stands closer


class CompareFace(QWidget):
    """The widgets in their places; knows no comparison.

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
        self._pages = QStackedWidget()
        self.count_chip = Chip()
        self.layouts = LayoutSwitch()
        self.blind_button = QPushButton()
        self.blind_button.setCheckable(True)
        self.blind_button.setToolTip(self.tr("Hide names, speeds and order until you have voted"))
        self.runs = RunList()
        self.more_button = QPushButton(self.tr("More ▾"))
        self.more_button.setAccessibleName(self.tr("More"))
        self.more = QMenu(self)
        self.more_button.setMenu(self.more)
        self.setups_button = QPushButton("▾")
        self.setups_button.setAccessibleName(self.tr("Set-ups"))
        self.setups_button.setToolTip(self.tr("Sets of columns with a name"))
        self.add_button = QPushButton(self.tr("+ Add model"))
        self.add_button.setAccessibleName(self.tr("Add a model"))
        self.picker = ModelPicker(registry, self._fit, self)
        self.picker.hide()  # only its list is wanted
        self.plan_card = PlanCard()
        self.run_card = RunCard()
        self.tie_button, self.none_button = self.run_card.tie_button, self.run_card.none_button
        self.tabs = QTabBar()
        self.tabs.setAccessibleName(self.tr("Columns"))
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.hide()
        self.columns = LaneColumns(registry, self._fit, scheduler)
        self.settings = GenerationSettings()
        self.prompt = PromptBox(has_own_stop=True, takes_attachments=True)
        self.attach_button = pill("＋", self.tr("Attach files; they can be dropped or pasted, too"))
        self.attach_button.setAccessibleName(self.tr("Attach files"))
        self.stop_button = QPushButton(self.tr("Stop all"))
        self.follow_button = QPushButton(self.tr("Follow up"))
        self.follow_button.setCheckable(True)
        self.follow_button.setToolTip(self.tr("Ask each model again, with what it answered before"))
        self.follow_button.hide()
        self._show_blind(self.blind_button.isChecked())
        self.blind_button.toggled.connect(self._show_blind)
        self.setMinimumWidth(theme.scaled(LEAST_PX))  # else the whole head is the least, and never folds
        self._lay_out()
        self._order_tabs()
        TypeAnywhere(self, self.prompt.edit)

    def choose_another(self) -> None:
        """Open the list of models below the button that adds one."""
        self.picker.setGeometry(self.add_button.geometry())
        self.picker.open_list()

    def add_column(self, model_ref: str) -> None:
        """One more column, brought into sight: it stands behind the others."""
        self.columns.add(model_ref)
        self.tabs.setCurrentIndex(self.tabs.count() - 1)
        QTimer.singleShot(0, self.columns, self.columns.scroll_to_last)  # it has its place a turn later

    def show_room(self) -> None:
        """Whether a column can be added, and why not."""
        is_full = self.columns.is_full
        self.add_button.setEnabled(not is_full)
        self.add_button.setToolTip(self.tr("There is room for eight columns") if is_full else "")

    def show_tabs(self, names: Sequence[str]) -> None:
        """The names of the columns, while there is one at a time."""
        current = self.tabs.currentIndex()
        self.tabs.blockSignals(True)
        while self.tabs.count() > len(names):
            self.tabs.removeTab(self.tabs.count() - 1)
        for position, name in enumerate(names):
            if position == self.tabs.count():
                self.tabs.addTab("")
            self.tabs.setTabText(position, plain_button_text(name))
        self.tabs.setCurrentIndex(min(max(current, 0), len(names) - 1))
        self.tabs.blockSignals(False)
        self.tabs.setVisible(self.columns.layout_kind == "single")

    def show_page(self, page: QWidget) -> None:
        """Something else than the columns; `show_columns` is the way back."""
        if self._pages.indexOf(page) < 0:
            self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)

    def show_columns(self) -> None:
        self._pages.setCurrentWidget(self._single)
        self.prompt.setFocus()

    @property
    def is_showing_columns(self) -> bool:
        return self._pages.currentWidget() is self._single

    def _show_blind(self, is_blind: bool) -> None:
        self.blind_button.setText(self.tr("Blind {0}").format("☑" if is_blind else "☐"))
        self.blind_button.setAccessibleName(self.tr("Blind"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.layouts.set_narrow(self.width() < theme.scaled(WIDE_PX))
        is_roomy = self.width() >= theme.scaled(ROOMY_PX)
        for widget in (self._title, self.count_chip, self.layouts, self.blind_button):
            widget.setVisible(is_roomy)
        self.add_button.setText(self.tr("+ Add model") if is_roomy else "+")
        gap, margin = (6, 8) if self.height() < theme.scaled(LOW_PX) else (10, 14)
        self._column.setSpacing(gap)
        self._column.setContentsMargins(14, margin, 14, margin)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.prompt.setFocus(event.reason())

    def _fit(self, ref: str) -> Fit | None:
        return self._fit_with(ref, self.settings.value().options.context_tokens)

    def _lay_out(self) -> None:
        self._title = QLabel(self.tr("Compare"))
        self._title.setProperty("role", "title")
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._title)
        head.addWidget(self.count_chip)
        head.addStretch(1)
        for widget in (self.layouts, self.blind_button, self.runs, self.more_button):
            head.addWidget(widget)
        adding = QHBoxLayout()
        adding.setSpacing(4)
        adding.addWidget(self.add_button)
        adding.addWidget(self.setups_button)
        head.addLayout(adding)
        self.prompt.add_tool(self.attach_button)
        self.prompt.add_tool(self.settings)
        self.prompt.add_button(self.follow_button)
        self.prompt.add_button(self.stop_button)
        self.prompt.edit.setPlaceholderText(self.tr("One prompt for all columns — Enter sends it"))
        self._single = QWidget()
        self._pages.addWidget(self._single)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)
        column = self._column = QVBoxLayout(self._single)
        column.addLayout(head)
        column.addWidget(self.plan_card)
        column.addWidget(self.run_card)
        column.addWidget(self.tabs)
        column.addWidget(self.columns, 1)
        column.addWidget(self.prompt)

    def _order_tabs(self) -> None:
        order: tuple[QWidget, ...] = (
            self.layouts.menu_button,
            *self.layouts.buttons.values(),
            self.blind_button,
            self.runs,
            self.more_button,
            self.add_button,
            self.setups_button,
            self.plan_card.button,
            self.run_card.fairness_button,
            self.run_card.retry_button,
            self.tie_button,
            self.none_button,
            self.tabs,
            self.columns,
            self.prompt.edit,
            self.attach_button,
            self.settings.system_chip,
            self.settings.options_chip,
            self.follow_button,
            self.stop_button,
            self.prompt.send_button,
        )
        for before, after in pairwise(order):
            self.setTabOrder(before, after)
