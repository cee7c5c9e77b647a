"""One column of a comparison: head, answer, footer, and the buttons to judge, copy and ask again."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from slmdesk.base.errors import OutOfMemory
from slmdesk.engines.answer import Answer
from slmdesk.engines.answer_words import answer_figures
from slmdesk.engines.base import Chunk, Delta
from slmdesk.engines.registry import Registry
from slmdesk.features.compare.lane import Lane
from slmdesk.features.compare.plan import LaneSpec
from slmdesk.ui import notify, theme
from slmdesk.ui.widgets.answer_words import StatusWords, clock, figure_rows, waiting_words
from slmdesk.ui.widgets.compare.lane_head import LaneHead
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.models.model_list import FitOf
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.prompt.generation_settings import Generation, GenerationSettings
from slmdesk.ui.widgets.transcript import BlockView

LEAST_WIDTH_PX = 420
LEAST_HEIGHT_PX = 260  # some lines of an answer; a lower window scrolls
MESSAGE = "answer"
NO_FIGURES = "–"


class LaneColumn(QFrame):
    """Follows one lane; `own` are settings of this column alone, None where it shares the others'."""

    changed = Signal()
    stop_pressed = Signal()
    again_pressed = Signal(bool)
    best_pressed = Signal()
    remove_pressed = Signal()
    duplicate_pressed = Signal()
    go_on_pressed = Signal()
    add_file_requested = Signal()

    def __init__(
        self,
        registry: Registry,
        fit: FitOf,
        scheduler: PaintScheduler,
        model_ref: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setMinimumSize(theme.scaled(LEAST_WIDTH_PX), theme.scaled(LEAST_HEIGHT_PX))
        self.model_ref = model_ref
        self.own: Generation | None = None
        self.lane: Lane | None = None
        self._answer: Answer | None = None
        self._question = ""
        self._status = ""
        self._shows_text = self._shows_figures = True
        self._unsubscribe: Callable[[], None] | None = None
        self.head = LaneHead(registry, fit)
        self.view = BlockView(scheduler, is_card=False)
        self.view.setFrameShape(QFrame.Shape.StyledPanel)
        self.view.setProperty("role", "framed")  # the style sheet shows the focus there
        self.view.link_clicked.connect(partial(notify.open_link, self))
        self.history_button = QPushButton()
        self.history_button.setProperty("role", "link")
        self.history_button.setCheckable(True)
        self.history_button.hide()
        self.own_settings = GenerationSettings()
        self._own_row = QWidget()
        self.footer = ElidedLabel(NO_FIGURES, mode=Qt.TextElideMode.ElideRight)
        self.footer.setProperty("role", "figures")
        self.best_button = QPushButton()
        self.best_button.setCheckable(True)
        self.copy_button = QPushButton(self.tr("Copy"))
        self.again_button = QPushButton(self.tr("Again"))
        self.go_on_button = QPushButton(self.tr("Go on"))
        self.go_on_button.setToolTip(self.tr("Go on with this one in a chat"))
        self.anyway_button = QPushButton(self.tr("Load anyway"))
        self._lay_out()
        self._connect()
        self._fill_menu()
        self._show_buttons()

    # what it asks

    def spec(self, shared: Generation) -> LaneSpec:
        """What this column asks for with its own settings, or with those of all."""
        value = self.own or shared
        return LaneSpec(self.model_ref, value.options, value.system_prompt, value.is_thinking)

    def set_own(self, value: Generation | None) -> None:
        """Settings of this column alone; None shares the others' again."""
        self.own = value
        self._own_row.setVisible(value is not None and self._shows_figures)
        if value is not None:
            self.own_settings.set_value(value)

    def set_model(self, ref: str) -> None:
        """Another model: the text of the one before goes, for it is not this one's."""
        if ref != self.model_ref:
            self.model_ref = ref
            self._clear()
            self.changed.emit()

    def set_position(self, position: int) -> None:
        """The number on the screen, which is also the key for Best."""
        self.best_button.setText(self.tr("{0} Best").format(position + 1))
        self.best_button.setAccessibleName(self.tr("Column {0} is best").format(position + 1))

    # what it shows

    def obey(self, *, shows_text: bool, shows_figures: bool) -> None:
        """Show no more than the rules of a blind run allow now."""
        if (shows_text, shows_figures) == (self._shows_text, self._shows_figures):
            return
        self._shows_text, self._shows_figures = shows_text, shows_figures
        self.set_own(self.own)
        self._bind(self._answer)
        if self._answer is not None and not self.is_running:
            self._finish(self._answer)
        self._show_buttons()

    def follow(self, lane: Lane, question: str = "") -> None:
        """Show this lane from now on: queued, running, or ended.

        `question` stands above the answer where others went before it.
        """
        if lane is not self.lane:
            self.lane = lane
            self._question = question
            self._clear()
        if self.is_current:  # else another model was chosen meanwhile
            self._show_lane(lane)
        self._show_buttons()

    def _show_lane(self, lane: Lane) -> None:
        if lane.answer is not self._answer:
            self._bind(lane.answer)
        if lane.answer is not None and not lane.is_running:
            self._finish(lane.answer)

    def forget(self) -> None:
        """Show no lane: what it was asked and answered is gone."""
        self.lane, self._question = None, ""
        self._clear()

    def tick(self, scale_s: float) -> None:
        """Let the clock go on; `scale_s` is the width of the phase bar, the same for all."""
        lane = self.lane
        if not self._shows_figures:
            words = self.tr("answered") if self._shows_text else self.tr("hidden")
            self.head.show_hidden(StatusWords(words, "plain"))
            return
        answer = lane.answer if lane is not None and self.is_current else None
        is_queued = lane is not None and self.is_current and lane.is_queued
        self.head.show_answer(answer, is_queued=is_queued, scale_s=scale_s)
        if answer is not None and answer.is_running and not is_queued:
            self._show_figures(answer)
            words = waiting_words(answer) if answer.first_token_at is None else ""
            if words != self._status:
                self._status = words
                self.view.set_status(MESSAGE, words)

    def set_best(self, is_best: bool) -> None:
        self.best_button.setChecked(is_best)
        if self.property("is_best") != is_best:
            self.setProperty("is_best", is_best)
            for widget in (self, self.best_button):  # the style sheet knows the button by its column
                widget.style().polish(widget)

    @property
    def is_current(self) -> bool:
        """What it shows is of the model it names."""
        return self.lane is not None and self.lane.spec.model_ref == self.model_ref

    @property
    def can_be_judged(self) -> bool:
        """It holds a text of the model it names, and that has ended."""
        return self.is_current and self._shows_text and bool(self.text()) and not self.is_running

    @property
    def is_running(self) -> bool:
        return self.lane is not None and self.lane.is_running

    def text(self) -> str:
        return self._answer.text if self._answer else ""

    def leave(self) -> None:
        """Stop following; nothing of the lane is stopped."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def _clear(self) -> None:
        self.leave()
        self._answer = None
        self._status = ""
        self.view.clear()
        self.footer.set_full_text(NO_FIGURES)
        self.footer.setToolTip("")
        self.set_best(False)
        self._show_buttons()

    def _bind(self, answer: Answer | None) -> None:
        self._clear()
        self._answer = answer
        self._add_history()
        if answer is None or not self._shows_text:
            return
        if answer.is_running:
            self.view.begin_answer(MESSAGE)
            self.view.append(MESSAGE, answer.text, answer.thinking)
            self._unsubscribe = answer.changed.subscribe(self._on_answer_changed)
        else:
            thinking = answer.thinking if self._shows_figures else ""
            self.view.add_message(MESSAGE, "assistant", answer.text, thinking)

    def _add_history(self) -> None:
        """What this column was asked and answered before, folded until the reader wants it."""
        history = self.lane.history if self.lane is not None and self._shows_figures else ()
        self.history_button.setVisible(bool(history))
        if not history:
            return
        is_open = self.history_button.isChecked()
        count = sum(message.role == "user" for message in history)
        self.history_button.setText(
            f"{'▾' if is_open else '▸'} {self.tr('Earlier questions: {0}').format(count)}"
        )
        for number, message in enumerate(history if is_open else ()):
            self.view.add_message(f"before:{number}", message.role, message.text)
        self.view.add_message("question", "user", self._question)

    def _on_history_toggled(self) -> None:
        self._bind(self._answer)
        if self._answer is not None and not self.is_running:
            self._finish(self._answer)
        self.changed.emit()  # the vote is shown again

    def _finish(self, answer: Answer) -> None:
        if self._unsubscribe is not None:
            self.leave()
            self.view.end_answer(MESSAGE)
            if answer.thinking:
                words = self.tr("Thought for {0}").format(clock(answer.thinking_s))
                self.view.set_thinking_label(MESSAGE, words)
        if not self._shows_figures:
            return
        if answer.error is not None:
            self.view.set_note(MESSAGE, answer.error.sentence(), is_error=True)
        self._show_figures(answer)
        self.footer.setToolTip("\n".join(f"{name}: {value}" for name, value in figure_rows(answer.timings)))

    def _on_answer_changed(self, chunk: Chunk | None) -> None:
        if isinstance(chunk, Delta):
            self.view.append(MESSAGE, chunk.text, chunk.thinking)

    def _show_figures(self, answer: Answer) -> None:
        words = answer_figures(answer) or NO_FIGURES
        self.footer.set_full_text(words)

    def _show_buttons(self) -> None:
        answer = self._answer
        self.best_button.setEnabled(self.can_be_judged)
        self.copy_button.setEnabled(self._shows_text and bool(self.text()))
        is_free = self.lane is not None and not self.is_running and self._shows_figures
        self.again_button.setEnabled(is_free)
        self.go_on_button.setEnabled(is_free and self.can_be_judged)
        is_refused = answer is not None and isinstance(answer.error, OutOfMemory)
        self.anyway_button.setVisible(is_refused and is_free)

    # building

    def _connect(self) -> None:
        self.head.model_chosen.connect(self._on_model_chosen)
        self.head.stop_pressed.connect(self.stop_pressed)
        self.head.add_file_requested.connect(self.add_file_requested)
        self.own_settings.changed.connect(self._on_own_settings_changed)
        self.history_button.toggled.connect(lambda _is_open: self._on_history_toggled())
        self.best_button.clicked.connect(self._on_best_clicked)
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        self.again_button.clicked.connect(partial(self.again_pressed.emit, False))
        self.go_on_button.clicked.connect(self.go_on_pressed)
        self.anyway_button.clicked.connect(partial(self.again_pressed.emit, True))

    def _on_model_chosen(self, ref: str) -> None:
        """Nobody waits for the answer of the model that goes."""
        if self.is_running and ref != self.model_ref:
            self.stop_pressed.emit()
        self.set_model(ref)

    def _on_own_settings_changed(self, value: Generation) -> None:
        self.own = value
        self.changed.emit()

    def _on_best_clicked(self) -> None:
        self.best_button.setChecked(bool(self.property("is_best")))  # the vote decides, once it is stored
        self.best_pressed.emit()

    def _fill_menu(self) -> None:
        menu = self.head.menu
        self.own_action = menu.addAction(self.tr("Settings of its own"))
        self.own_action.setCheckable(True)
        self.own_action.toggled.connect(self._on_own_action_toggled)
        menu.addAction(self.tr("Duplicate with other settings")).triggered.connect(self.duplicate_pressed)
        menu.addSeparator()
        self.remove_action = menu.addAction(self.tr("Remove"))
        self.remove_action.triggered.connect(self.remove_pressed)
        menu.aboutToShow.connect(self._on_menu_about_to_show)

    def _on_menu_about_to_show(self) -> None:
        self.own_action.blockSignals(True)
        self.own_action.setChecked(self.own is not None)
        self.own_action.blockSignals(False)

    def _on_own_action_toggled(self, is_own: bool) -> None:
        self.set_own(self.own_settings.value() if is_own else None)
        self.changed.emit()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setContentsMargins(12, 8, 12, 8)
        buttons.setSpacing(8)
        for button in (
            self.best_button, self.copy_button, self.again_button, self.go_on_button, self.anyway_button,
        ):  # fmt: skip
            buttons.addWidget(button)
        buttons.addStretch(1)
        own_row = QHBoxLayout(self._own_row)
        own_row.setContentsMargins(12, 0, 12, 8)
        own_row.addWidget(self.own_settings)
        own_row.addStretch(1)
        self._own_row.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self._own_row)
        column.addWidget(_line())
        column.addWidget(self.history_button)
        column.addWidget(self.view, 1)
        column.addWidget(_line())
        column.addWidget(self.footer)
        column.addWidget(_line())
        column.addLayout(buttons)


def _line() -> QLabel:
    line = QLabel()
    line.setFixedHeight(1)
    line.setProperty("role", "line")
    return line
