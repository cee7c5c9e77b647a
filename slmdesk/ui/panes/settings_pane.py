"""Settings: a form made from their descriptions, the servers, the model files, the data folder."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.errors import BadInput, SlmdeskError
from slmdesk.config.settings import SettingField, describe
from slmdesk.engines.wire.addresses import ollama_address
from slmdesk.services import Services
from slmdesk.ui import theme
from slmdesk.ui.actions import Actions
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.model_files import choose_model_file, import_model_file
from slmdesk.ui.widgets.models.model_picker import ModelPicker
from slmdesk.ui.widgets.settings.data_section import DataSection
from slmdesk.ui.widgets.settings.entry_list import Entry, EntryList
from slmdesk.ui.widgets.settings.keys_section import KeysSection
from slmdesk.ui.widgets.settings.server_section import ServerSection
from slmdesk.ui.widgets.settings.setting_row import SettingRow, error_label

JOB_SAVE = "settings:save"
JOB_FILES = "settings:files"
WIDTH = 760
PICKED = "default_model"
LOOKS = ("theme", "text_percent", "density")


class SettingsPane(QWidget):
    """Every change is kept at once; what cannot be kept is said at its field.

    `relocation_asked`: the data folder is to be somewhere else, which takes the window away for a moment.
    """

    relocation_asked = Signal(object)

    def __init__(self, services: Services, actions: Actions) -> None:
        super().__init__()
        self._services = services
        self._wanted = services.settings
        self._rows: dict[str, SettingRow] = {}
        self._files = EntryList(self.tr("None yet. The starter model is always there."))
        self._files.pressed.connect(self._on_files_pressed)
        self._files_error = error_label()
        self._servers = ServerSection(services)
        self._keys = KeysSection(actions, dict(services.settings.shortcuts))
        self._keys.changed.connect(self._on_keys_changed)
        self._save_error = error_label()
        self._data = DataSection(services)
        self._data.imported.connect(self._show_all)
        self._data.place.relocation_asked.connect(self.relocation_asked)
        self._lay_out()
        self.destroyed.connect(services.registry.changed.subscribe(lambda _none: self._show_files()))
        self._show_files()

    def row(self, name: str) -> SettingRow:
        """The line of one setting."""
        return self._rows[name]

    def show_data_folder(self) -> None:
        """Bring its card into view."""
        self._area.ensureWidgetVisible(self._data)

    def add_server(self) -> None:
        """Ask for a server, with the others in sight."""
        self._area.ensureWidgetVisible(self._servers)
        self._servers.add()

    def _lay_out(self) -> None:
        title = plain_label(self.tr("Settings"))
        title.setProperty("role", "title")
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(title)
        column.addWidget(self._save_error)
        for card in self._cards():
            column.addWidget(card)
        column.addStretch(1)
        inner = QWidget()
        inner.setObjectName("scrolled")
        inner.setLayout(column)
        inner.setMaximumWidth(theme.scaled(WIDTH))
        column.setContentsMargins(14, 14, 14, 14)
        self._area = area = QScrollArea()
        area.setWidgetResizable(True)
        area.setAccessibleName(self.tr("Settings"))
        area.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        area.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)

    def _cards(self) -> Iterator[QFrame]:
        """A setting that no card names stands in the first one, so that a new one is never forgotten."""
        fields = {field.name: field for field in describe() if field.is_in_form}
        engine = [fields.pop(name) for name in ("threads", "idle_unload_s")]
        ollama = [fields.pop(name) for name in ("ollama_host", "ollama_at_once")]
        files, servers = fields.pop("model_files"), fields.pop("openai_servers")
        keys = fields.pop("shortcuts")
        yield _card(self.tr("General"), *map(self._row, fields.values()))
        yield _card(self.tr("Built-in engine"), *map(self._row, engine))
        yield _card(tr(files.label), _help(files), self._files, self._files_error, self._add_button())
        yield _card(self.tr("Ollama"), *map(self._row, ollama))
        yield _card(tr(servers.label), _help(servers), self._servers)
        yield _card(tr(keys.label), _help(keys), self._keys)
        yield _card(self.tr("Data folder"), self._data)

    def _row(self, field: SettingField) -> SettingRow:
        value = getattr(self._wanted, field.name)
        row = SettingRow(field, value, self._model_picker(value) if field.name == PICKED else None)
        row.changed.connect(self._on_row_changed)
        self._rows[field.name] = row
        return row

    def _model_picker(self, ref: str) -> ModelPicker:
        picker = ModelPicker(self._services.registry, self._services.fit, empty=self.tr("The starter model"))
        picker.set_ref(ref)
        picker.chosen.connect(lambda chosen: self._on_row_changed(PICKED, chosen))
        picker.add_file_requested.connect(self._ask_for_file)
        return picker

    def _add_button(self) -> QWidget:
        add = QPushButton(self.tr("Add a model file…"))
        add.clicked.connect(self._ask_for_file)
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(add)
        row.addStretch(1)
        return line

    def _on_row_changed(self, name: str, value: Any) -> None:
        row = self._rows[name]
        try:
            if name == "ollama_host":
                ollama_address(value)  # a wrong address is said here, not at the next start
            self._wanted = self._wanted.with_value(name, value)
        except BadInput as error:
            row.set_error(error.sentence())
            return
        row.set_error("")
        if name in LOOKS:
            self._dress()
        self._start_save(name)

    def _on_keys_changed(self, own: dict[str, str]) -> None:
        self._wanted = self._wanted.with_value("shortcuts", own)
        self._start_save()

    def _start_save(self, name: str = "") -> None:
        if not self._services.jobs.is_running(JOB_SAVE):
            self._services.jobs.start(JOB_SAVE, lambda: self._save(name))

    def _dress(self) -> None:
        app, wanted = QApplication.instance(), self._wanted
        theme.set_sizes(wanted.text_percent, is_compact=wanted.density == "compact")
        if isinstance(app, QApplication):
            theme.choose(app, wanted.theme)  # type: ignore[arg-type]  # its description allows no other

    async def _save(self, name: str) -> None:
        """Until nothing has changed meanwhile; the servers and files of others are left as they are."""
        while (settings := self._merged()) != self._services.settings:
            try:
                await self._services.update_settings(settings)
            except SlmdeskError as error:
                self._show_all()
                self._say_of_save(error.sentence(), name)
                return

    def _show_all(self) -> None:
        """What is in force, whatever was wanted."""
        self._wanted = self._services.settings
        for row in self._rows.values():
            row.show_value(getattr(self._wanted, row.name))
        self._keys.show_own(dict(self._wanted.shortcuts))
        self._show_files()
        self._dress()

    def _say_of_save(self, text: str, name: str) -> None:
        """At the field of the setting; above all where it has none."""
        if name in self._rows:
            self._rows[name].set_error(text)
        else:
            self._save_error.setText(text)
            self._save_error.setVisible(bool(text))

    def _merged(self) -> Any:
        values = {name: getattr(self._wanted, name) for name in (*self._rows, "shortcuts")}
        return replace(self._services.settings, **values)

    def _show_files(self) -> None:
        remove = (("remove", self.tr("Remove")),)
        entries = [Entry(path, Path(path).name, path, remove) for path in self._services.settings.model_files]
        self._files.show_entries(entries)

    def _ask_for_file(self) -> None:
        self._start_files(self._add_file)

    def _on_files_pressed(self, _button: str, path: str) -> None:
        self._start_files(lambda: self._remove_file(path))

    def _start_files(self, work: Any) -> None:
        if not self._services.jobs.is_running(JOB_FILES):
            self._services.jobs.start(JOB_FILES, lambda: self._change_files(work))

    async def _change_files(self, work: Any) -> None:
        self._say_of_files("")
        try:
            await work()
        except SlmdeskError as error:
            self._say_of_files(error.sentence())
        self._show_files()

    async def _add_file(self) -> None:
        if path := await choose_model_file(self):
            await import_model_file(self._services, self, path)

    async def _remove_file(self, path: str) -> None:
        settings = self._services.settings
        left = tuple(one for one in settings.model_files if one != path)
        await self._services.update_settings(replace(settings, model_files=left))

    def _say_of_files(self, text: str) -> None:
        self._files_error.setText(text)
        self._files_error.setVisible(bool(text))


def _card(title: str, *parts: QWidget) -> QFrame:
    card = QFrame()
    card.setProperty("role", "card")
    heading = plain_label(title)
    heading.setProperty("role", "heading")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(16, 12, 16, 16)
    layout.setSpacing(14)
    layout.addWidget(heading)
    for part in parts:
        layout.addWidget(part)
    return card


def _help(field: SettingField) -> QWidget:
    words = plain_label(tr(field.help))
    words.setProperty("role", "small")
    words.setWordWrap(True)
    return words
