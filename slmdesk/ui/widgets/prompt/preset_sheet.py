"""Presets to choose from: each value with its reason; own ones saved, renamed and deleted."""

from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.errors import SlmdeskError
from slmdesk.base.jobs import JobRunner
from slmdesk.base.words import number
from slmdesk.features.prompts.presets import Preset, Presets, preset_of
from slmdesk.ui import theme
from slmdesk.ui.known_errors import InTurn
from slmdesk.ui.labels import plain_label, short_name, tr
from slmdesk.ui.notify import Dialog
from slmdesk.ui.widgets.prompt.generation_settings import Generation
from slmdesk.ui.widgets.settings.setting_row import error_label

JOB = "presets"
LIST_WIDTH_PX = 190
VALUES_SIZE_PX = (400, 300)


class PresetSheet(Dialog):
    """`chosen` comes with the preset to use.

    `value` is what is set now, `model_ref` the model whose default a preset may be.
    """

    chosen = Signal(object)

    def __init__(
        self,
        parent: QWidget,
        presets: Presets,
        jobs: JobRunner,
        value: Generation,
        model_ref: str,
        current_id: str,
    ) -> None:
        super().__init__(
            parent,
            self.tr("Presets"),
            self.tr("Settings that suit a kind of task. Each value can still be changed by hand."),
        )
        self._presets = presets
        self._turns = InTurn(jobs, JOB, self._say)
        self._is_gone = False
        self._value = value
        self._model_ref = model_ref
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Presets"))
        self.list.setFixedWidth(theme.scaled(LIST_WIDTH_PX))
        self._values = QScrollArea()
        self._values.setWidgetResizable(True)
        self._values.setMinimumSize(*map(theme.scaled, VALUES_SIZE_PX))
        self._values.setAccessibleName(self.tr("Values and reasons"))
        model = short_name(model_ref) or self.tr("this model")
        self.is_default = QCheckBox(self.tr("Begin new chats with {0} so").format(model))
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("Name of a preset of your own"))
        self.name.setAccessibleName(self.tr("Name"))
        self.save_button = QPushButton(self.tr("Save what is set now"))
        self.rename_button = QPushButton(self.tr("Rename"))
        self.delete_button = QPushButton(self.tr("Delete"))
        self.error = error_label()
        self.use_button = self.add_button(self.tr("Use"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.use_button.setProperty("role", "primary")
        self.use_button.setDefault(True)
        self.add_button(self.tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        self._lay_out()
        self.list.currentItemChanged.connect(lambda _now, _before: self._show())
        self.list.itemActivated.connect(lambda _item: self.accept())
        self.is_default.clicked.connect(self._keep_default)
        self.save_button.clicked.connect(lambda: self._start(self._save))
        self.rename_button.clicked.connect(lambda: self._start(self._rename))
        self.delete_button.clicked.connect(lambda: self._start(self._delete))
        self._fill(current_id)

    @property
    def preset(self) -> Preset | None:
        """The one that is marked in the list."""
        item = self.list.currentItem()
        return self._presets.get(item.data(Qt.ItemDataRole.UserRole)) if item else None

    def accept(self) -> None:
        if (preset := self.preset) is not None:
            self.chosen.emit(preset)
        super().accept()

    def done(self, result: int) -> None:
        self._is_gone = True  # a job that is still under way must not touch what is deleted
        super().done(result)

    def _lay_out(self) -> None:
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self._values, 1)
        right.addWidget(self.is_default)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.list)
        row.addLayout(right, 1)
        own = QHBoxLayout()
        own.addWidget(self.name, 1)
        for button in (self.save_button, self.rename_button, self.delete_button):
            button.setAutoDefault(False)
            own.addWidget(button)
        self.body.addLayout(row)
        self.body.addLayout(own)
        self.body.addWidget(self.error)

    def _fill(self, current_id: str) -> None:
        if self._is_gone:
            return
        self.list.clear()
        for preset in self._presets.all():
            item = QListWidgetItem(preset.name if preset.is_own else tr(preset.name))
            item.setData(Qt.ItemDataRole.UserRole, preset.id)
            self.list.addItem(item)
            if preset.id == current_id:
                self.list.setCurrentItem(item)
        if self.list.currentItem() is None:
            self.list.setCurrentRow(0)

    def _show(self) -> None:
        preset = self.preset
        self.error.hide()
        self.use_button.setEnabled(preset is not None)
        is_own = preset is not None and preset.is_own
        self.rename_button.setEnabled(is_own)
        self.delete_button.setEnabled(is_own)
        if preset is None:
            return
        default = self._presets.default_for(self._model_ref)
        self.is_default.setChecked(default is not None and default.id == preset.id)
        self.is_default.setEnabled(bool(self._model_ref))
        self.name.setText(preset.name if is_own else "")
        self._values.setWidget(_values_of(preset))

    def _keep_default(self, is_on: bool) -> None:
        preset = self.preset
        if preset is not None:
            chosen = preset.id if is_on else None
            self._start(partial(self._presets.set_default, self._model_ref, chosen))

    async def _save(self) -> None:
        value = self._value
        preset = preset_of(self.name.text(), value.options, value.system_prompt, value.is_thinking)
        self._fill((await self._presets.save(preset)).id)

    async def _rename(self) -> None:
        if (preset := self.preset) is not None:
            self._fill((await self._presets.rename(preset.id, self.name.text())).id)

    async def _delete(self) -> None:
        if (preset := self.preset) is not None:
            await self._presets.delete(preset.id)
            self._fill("")

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.error.hide()
        self._turns.start(work)

    def _say(self, error: SlmdeskError) -> None:
        if self._is_gone:
            return
        self.error.setText(error.sentence())
        self.error.show()


def _values_of(preset: Preset) -> QWidget:
    """The purpose and a line for each value."""
    inner = QWidget()
    inner.setObjectName("scrolled")
    grid = QGridLayout(inner)
    grid.setContentsMargins(4, 4, 8, 4)
    grid.setHorizontalSpacing(16)
    grid.setColumnStretch(1, 1)
    purpose = plain_label(preset.purpose if preset.is_own else tr(preset.purpose))
    purpose.setWordWrap(True)
    grid.addWidget(purpose, 0, 0, 1, 2)
    for row, (name, value, reason) in enumerate(_lines(preset), 1):
        caption = plain_label(name)
        caption.setProperty("role", "muted")
        words = plain_label(value)
        words.setWordWrap(True)
        why = plain_label(reason)
        why.setProperty("role", "small")
        why.setWordWrap(True)
        why.setVisible(bool(reason))
        cell = QVBoxLayout()
        cell.setSpacing(0)
        cell.addWidget(words)
        cell.addWidget(why)
        grid.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addLayout(cell, row, 1)
    grid.setRowStretch(grid.rowCount(), 1)
    return inner


def _lines(preset: Preset) -> Iterator[tuple[str, str, str]]:
    """Name, value and reason of each setting."""
    own, longest, context = tr("model's own"), preset.max_tokens, preset.context_tokens
    values = (
        ("system_prompt", tr("System prompt"), preset.system_prompt or tr("none")),
        (
            "temperature",
            tr("Temperature"),
            own if preset.temperature is None else number(preset.temperature, "g"),
        ),
        ("top_p", tr("Top-p"), own if preset.top_p is None else number(preset.top_p, "g")),
        ("max_tokens", tr("Longest answer"), number(longest) if longest else tr("no limit")),
        ("seed", tr("Seed"), tr("random") if preset.seed is None else str(preset.seed)),
        ("context_tokens", tr("Context"), number(context) if context else tr("as set")),
        ("is_thinking", tr("Thinking"), tr("on") if preset.is_thinking else tr("off")),
    )
    for name, label, value in values:
        reason = preset.reasons.get(name, "")
        yield label, value, reason if preset.is_own else tr(reason) if reason else ""
