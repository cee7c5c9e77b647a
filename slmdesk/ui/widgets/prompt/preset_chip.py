"""Says which preset is in force, and whether a value was changed by hand; opens the sheet of presets."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from slmdesk.base.jobs import JobRunner
from slmdesk.features.prompts.presets import Preset, Presets
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.elided_button import ElidedButton
from slmdesk.ui.widgets.prompt.generation_settings import Generation
from slmdesk.ui.widgets.prompt.preset_sheet import PresetSheet

LEAST_WIDTH_PX = 56


class PresetChip(ElidedButton):
    """`used` comes with the settings that a chosen preset makes of those in force."""

    used = Signal(object)

    def __init__(
        self, presets: Presets, jobs: JobRunner, model_ref: Callable[[], str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, least_width_px=LEAST_WIDTH_PX)
        self._presets = presets
        self._jobs = jobs
        self._model_ref = model_ref
        self._value = Generation()
        self._chosen: Preset | None = None
        self.setProperty("role", "pill")
        self.setAutoDefault(False)
        self.setAccessibleName(self.tr("Preset"))
        self.clicked.connect(self.open_sheet)
        self.show_value(self._value)

    @property
    def is_changed(self) -> bool:
        """Whether a value was changed by hand since the preset was chosen."""
        return self._chosen is not None and not _is_in(self._chosen, self._value)

    def show_value(self, value: Generation) -> None:
        """Settings that came with another chat: which preset they are, if any."""
        self._chosen = next((each for each in self._presets.all() if _is_in(each, value)), None)
        self.follow(value)

    def follow(self, value: Generation) -> None:
        """Settings that were changed by hand."""
        self._value = value
        if self._chosen is None or self.is_changed:
            same = next((each for each in self._presets.all() if _is_in(each, value)), None)
            self._chosen = same or self._chosen
        words = self.tr("Preset")
        if self._chosen is not None:
            words = self._chosen.name if self._chosen.is_own else tr(self._chosen.name)
        if self.is_changed:
            words = self.tr("{0} (changed)").format(words)
        self.set_full_text(f"{words} ▾")
        self.setAccessibleDescription(words)

    def open_sheet(self) -> PresetSheet:
        """The sheet is open, not executed."""
        current = self._chosen.id if self._chosen else ""
        sheet = PresetSheet(self, self._presets, self._jobs, self._value, self._model_ref(), current)
        sheet.chosen.connect(self.use)
        sheet.open()
        return sheet

    def use(self, preset: Preset) -> None:
        """Set what the preset says; the context stays where it says none."""
        self._chosen = preset
        options = preset.applied_to(self._value.options)
        value = replace(
            self._value,
            options=options,
            system_prompt=preset.system_prompt,
            is_thinking=preset.is_thinking,
        )
        self.follow(value)
        self.used.emit(value)


def _is_in(preset: Preset, value: Generation) -> bool:
    return preset.is_in(value.options, value.system_prompt, value.is_thinking)
