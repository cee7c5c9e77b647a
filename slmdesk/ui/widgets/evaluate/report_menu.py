"""What an evaluation is taken out as: a report, tables, a dataset for training, a custom model."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from slmdesk.base.errors import SlmdeskError
from slmdesk.features.documents.tokens import estimate_tokens
from slmdesk.features.evaluate.asking import answers_schema
from slmdesk.features.evaluate.custom_model import make_from_pack
from slmdesk.features.evaluate.dataset import DatasetPlan, export_dataset
from slmdesk.features.evaluate.dataset_rows import pack_rows
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.report.making import report_of
from slmdesk.features.evaluate.report.writing import write_report
from slmdesk.features.evaluate.results import HasAnswers
from slmdesk.services import Services
from slmdesk.ui import notify
from slmdesk.ui.known_errors import start_told
from slmdesk.ui.labels import short_name, tr
from slmdesk.ui.widgets.chat.save_file import ask_folder, ask_path, file_name
from slmdesk.ui.widgets.evaluate.custom_model_dialog import CustomModelDialog

JOB = "evaluate:export"
MANY_CELLS = 5_000  # from here on it takes long enough to say that it is being written


class ReportMenu(QObject):
    """Adds its actions to `menu`; one thing is taken out at a time, and `tell` hears of what goes wrong."""

    def __init__(
        self,
        services: Services,
        evaluation: HasAnswers,
        menu: QMenu,
        home: QWidget,
        tell: Callable[[SlmdeskError], object],
    ) -> None:
        super().__init__(home)
        self._services = services
        self._evaluation = evaluation
        self._home = home
        self._tell = tell
        self.reports: list[QAction] = []
        for words, suffix in (
            (tr("Report as a web page…"), ".html"),
            (tr("Report as a workbook…"), ".xlsx"),
            (tr("Answers as CSV…"), ".csv"),
            (tr("Everything as JSON…"), ".json"),
        ):
            self.reports.append(menu.addAction(words, partial(self.start, partial(self.save, suffix))))
        menu.addSeparator()
        self.dataset = menu.addAction(tr("Instruction dataset…"), partial(self.start, self.save_dataset))
        self.model = menu.addAction(tr("Custom model from the pack…"), partial(self.start, self.make_model))
        menu.aboutToShow.connect(self._on_about_to_show)

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do it, unless something is being taken out already, which is said."""
        if start_told(self._services.jobs, JOB, work, self._tell) is None:
            notify.toast(self._home, tr("Something is being exported already."))

    async def save(self, suffix: str) -> None:
        """Ask where, and write the report there as it stands now."""
        evaluation = self._evaluation
        path = await ask_path(self._home, tr("Export"), f"{file_name(evaluation.pack.title)}{suffix}")
        if path is None:
            return
        if _cell_count(evaluation) >= MANY_CELLS:
            notify.toast(self._home, tr("Writing {0}…").format(path.name))
        report = await report_of(self._services, evaluation)
        await asyncio.to_thread(write_report, report, path)
        notify.toast(self._home, tr("Saved as {0}.").format(path.name))

    async def save_dataset(self) -> None:
        """Ask for a folder, and write training and test rows there; what was left out is said."""
        pack = self._evaluation.pack
        folder = await ask_folder(self._home, tr("Folder of the dataset"))
        if folder is not None:
            report = await asyncio.to_thread(_write_dataset, pack, folder)
            notify.tell(self._home, tr("The dataset is written"), "\n".join(report))

    async def make_model(self) -> None:
        """Ask for base and name, again where the engine refuses them, and make it."""
        services, pack = self._services, self._evaluation.pack
        base = next(iter(self._evaluation.setup.model_refs), services.default_model())
        name, refusal = "", None
        while True:
            dialog = CustomModelDialog(self._home, services.registry, services.fit, pack, base, name)
            if refusal is not None:
                dialog.show_error(refusal)
            if not await dialog.answer():
                return
            base, name = dialog.base_ref, dialog.wanted_name
            try:
                ref = await make_from_pack(services.keeper, pack, base, name)
            except SlmdeskError as error:
                refusal = error
                continue
            self._offer_schema(ref, pack)
            return

    def _offer_schema(self, ref: str, pack: Pack) -> None:
        """With it every answer has its form; the chat takes it in its JSON box."""
        schema = json.dumps(answers_schema(pack.questions), indent=1, ensure_ascii=False)
        notify.toast(
            self._home,
            tr("{0} is there now: send it a document alone.").format(short_name(ref)),
            action=tr("Copy its JSON schema"),
            callback=lambda: QGuiApplication.clipboard().setText(schema),
            is_undoing=False,
        )

    def _on_about_to_show(self) -> None:
        pack = self._evaluation.pack
        for action in self.reports:
            action.setEnabled(bool(pack.documents and pack.questions and self._evaluation.setup.model_refs))
        self.dataset.setEnabled(bool(pack.expected))
        self.model.setEnabled(bool(pack.questions))


def _cell_count(evaluation: HasAnswers) -> int:
    pack = evaluation.pack
    return len(pack.documents) * len(pack.questions) * len(evaluation.setup.model_refs)


def _write_dataset(pack: Pack, folder: Path) -> tuple[str, ...]:
    return tuple(export_dataset(lambda: pack_rows(pack), folder, DatasetPlan(), estimate_tokens).words)
