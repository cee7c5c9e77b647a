"""Sets of columns with a name: kept, taken up again, renamed, deleted."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from slmdesk.features.compare.plan import LaneSpec
from slmdesk.features.compare.setups import Setup, SetupColumn, setup_from_stored, setup_to_plain
from slmdesk.store.setups import Setups, StoredSetup
from slmdesk.ui import notify
from slmdesk.ui.labels import plain_button_text
from slmdesk.ui.widgets.compare.compare_face import CompareFace
from slmdesk.ui.widgets.compare.name_dialog import ask_name
from slmdesk.ui.widgets.compare.verdict import Start
from slmdesk.ui.widgets.prompt.generation_settings import Generation


class SetupMenu(QObject):
    """Opens below its button, read afresh each time; `start` runs a job of the pane."""

    def __init__(self, face: CompareFace, setups: Setups, start: Start) -> None:
        super().__init__(face)
        self._face = face
        self._setups = setups
        self._start = start
        self.menu = QMenu(face)
        face.setups_button.clicked.connect(lambda: start("compare:setups", self._open))

    async def _open(self) -> None:
        stored = await self._setups.list()
        self._fill(stored)
        button = self._face.setups_button
        self.menu.popup(button.mapToGlobal(QPoint(0, button.height() + 4)))

    def _fill(self, stored: Sequence[StoredSetup]) -> None:
        self.menu.clear()
        save = self.menu.addAction(self.tr("Save these columns as…"))
        save.triggered.connect(lambda: self._start("compare:setup:save", self._save))
        self.menu.addSeparator()
        for setup in stored:
            action = self.menu.addAction(plain_button_text(setup.name))
            action.triggered.connect(partial(self._take_up, setup))
        if not stored:
            self.menu.addAction(self.tr("No set-up yet")).setEnabled(False)
            return
        self.menu.addSeparator()
        renaming, deleting = self.menu.addMenu(self.tr("Rename")), self.menu.addMenu(self.tr("Delete"))
        for setup in stored:
            name = plain_button_text(setup.name)
            rename, delete = partial(self._rename, setup), partial(self._delete, setup)
            renaming.addAction(name).triggered.connect(
                lambda _checked, work=rename: self._start("compare:setup:rename", work)
            )
            deleting.addAction(name).triggered.connect(
                lambda _checked, work=delete: self._start("compare:setup:delete", work)
            )

    def _take_up(self, stored: StoredSetup, _is_checked: bool = False) -> None:
        setup = setup_from_stored(stored)
        self._face.settings.set_value(_generation(setup.shared))
        self._face.columns.replace_all(
            [(column.model_ref, _generation(column.own) if column.own else None) for column in setup.columns]
        )

    async def _save(self) -> None:
        name = await ask_name(
            self._face,
            self.tr("Save these columns"),
            self.tr("The models with their settings, to be taken up again with one click."),
        )
        if name:
            await self._setups.save(name, setup_to_plain(self._shown()))
            notify.toast(self._face, self.tr("“{0}” is kept.").format(name))

    def _shown(self) -> Setup:
        shared = self._face.settings.value()
        columns = [
            SetupColumn(ref, _spec(ref, own) if own else None) for ref, own in self._face.columns.wanted()
        ]
        return Setup(tuple(columns), _spec("", shared))

    async def _rename(self, stored: StoredSetup) -> None:
        name = await ask_name(self._face, self.tr("Rename"), stored.name, stored.name)
        if name:
            await self._setups.rename(stored.id, name)

    async def _delete(self, stored: StoredSetup) -> None:
        async def undo() -> None:
            await self._setups.save(stored.name, stored.content)

        await self._setups.delete(stored.id)
        notify.toast(
            self._face,
            self.tr("“{0}” is deleted.").format(stored.name),
            action=self.tr("Undo"),
            callback=lambda: self._start("compare:setup:undo", undo),
        )


def _spec(model_ref: str, value: Generation) -> LaneSpec:
    return LaneSpec(model_ref, value.options, value.system_prompt, value.is_thinking)


def _generation(spec: LaneSpec) -> Generation:
    return Generation(spec.options, spec.system_prompt, spec.is_thinking)
