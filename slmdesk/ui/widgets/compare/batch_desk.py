"""Runs lists of prompts beside the comparison: a new one, an earlier one, pause and go on."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu

from slmdesk.features.compare.batch import Batch
from slmdesk.features.compare.report import report_of_batch
from slmdesk.services import Services
from slmdesk.store.batches import BatchSummary
from slmdesk.ui import notify
from slmdesk.ui.labels import plain_button_text
from slmdesk.ui.widgets.compare.batch_page import BatchPage
from slmdesk.ui.widgets.compare.compare_face import CompareFace
from slmdesk.ui.widgets.compare.export_menu import ExportMenu
from slmdesk.ui.widgets.compare.list_sheet import ListSheet
from slmdesk.ui.widgets.compare.name_dialog import ask_name
from slmdesk.ui.widgets.compare.verdict import Start
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler

JOB = "compare:list"
MOST_EARLIER = 20


class BatchDesk(QObject):
    """Makes its page when it is first needed; `columns_wanted` carries the run of one line.

    `progressed` carries a line for the status bar, "" once the list has ended.
    """

    columns_wanted = Signal(str)
    progressed = Signal(str)

    def __init__(
        self, face: CompareFace, services: Services, scheduler: PaintScheduler, start: Start
    ) -> None:
        super().__init__(face)
        self._face = face
        self._services = services
        self._scheduler = scheduler
        self._start = start
        self._batch: Batch | None = None
        self.page: BatchPage | None = None

    def open_sheet(self) -> None:
        """Ask for a list; the columns of the moment answer it."""
        if self._is_running:
            self._show_page()
            return
        sheet = ListSheet(self._face, len(self._face.columns.columns))
        sheet.wanted.connect(self._on_wanted)
        sheet.open()

    def open_earlier(self) -> None:
        """A menu of the lists there are."""
        self._start("compare:lists", self._open_earlier)

    def forget(self) -> None:
        """All lists were deleted, and so is the page of the one that was shown."""
        self._services.jobs.cancel(JOB)
        if self.page is not None:
            self._face.show_columns()
            self.page.deleteLater()
            self.page = self._batch = None

    @property
    def _is_running(self) -> bool:
        return self._services.jobs.is_running(JOB)

    def _on_wanted(self, prompts: Sequence[str], name: str) -> None:
        self._start(JOB, lambda: self._run_new(prompts, name))

    async def _run_new(self, prompts: Sequence[str], name: str) -> None:
        specs = self._face.columns.specs(self._face.settings.value())
        plan = self._services.plan(specs)
        batch = self._made()
        await batch.create(name, prompts, specs, plan)
        self._show_page()
        await batch.run(plan)

    async def _rename(self) -> None:
        batch = self._made()
        name = await ask_name(self._face, self.tr("Rename this list"), batch.name, batch.name)
        if name:
            await batch.rename(name)

    async def _go_on(self, with_failed: bool) -> None:
        batch = self._made()
        plan = self._services.plan(batch.specs, is_sequential=batch.is_sequential or None)
        await batch.run(plan, with_failed=with_failed)

    async def _open_earlier(self) -> None:
        menu = QMenu(self._face)
        menu.aboutToHide.connect(menu.deleteLater)
        summaries = (await self._services.batches.list())[:MOST_EARLIER]
        for summary in summaries:
            words = self.tr("{0} — {1} of {2} answers")
            text = words.format(summary.name, summary.done_count, summary.lane_count)
            open_one = partial(self._open, summary)
            menu.addAction(plain_button_text(text)).triggered.connect(open_one)
        if not summaries:
            menu.addAction(self.tr("No list of prompts yet")).setEnabled(False)
        button = self._face.more_button
        menu.popup(button.mapToGlobal(QPoint(0, button.height() + 4)))

    def _open(self, summary: BatchSummary, _is_checked: bool = False) -> None:
        async def work() -> None:
            await self._made().open(summary.id)
            self._show_page()

        if self._is_running and self._batch is not None and self._batch.id == summary.id:
            self._show_page()
        else:
            self._start("compare:list:open", work)

    def _delete(self) -> None:
        batch = self._made()
        batch_id, batches = batch.id, self._services.batches
        self._start("compare:list:delete", lambda: batches.delete(batch_id))
        self._face.show_columns()
        notify.toast(
            self._face,
            self.tr("List deleted."),
            action=self.tr("Undo"),
            callback=lambda: self._start("compare:list:undelete", lambda: batches.undelete(batch_id)),
        )

    def _made(self) -> Batch:
        if self._batch is None:
            self._batch = self._services.batch()
            for unsubscribe in (
                self._batch.cell_changed.subscribe(lambda _place: self._tell()),
                self._batch.changed.subscribe(lambda _none: self._tell()),
            ):
                self.destroyed.connect(unsubscribe)
        return self._batch

    def _tell(self) -> None:
        batch = self._made()
        self.progressed.emit(self.tr("List: {0}").format(batch.words) if batch.is_running else "")

    def _show_page(self) -> None:
        if self.page is None:
            self.page = self._make_page()
        self.page.refresh()
        self._face.show_page(self.page)

    def _make_page(self) -> BatchPage:
        batch = self._made()
        page = BatchPage(batch, self._scheduler)
        page.left.connect(self._face.show_columns)
        page.paused.connect(lambda: self._services.jobs.cancel(JOB))
        page.resumed.connect(lambda with_failed: self._start(JOB, lambda: self._go_on(with_failed)))
        page.columns_wanted.connect(self.columns_wanted)
        ExportMenu(page, page.menu, lambda: report_of_batch(batch), self._start)
        page.menu.addSeparator()
        self.rename_action = page.menu.addAction(self.tr("Rename this list…"))
        self.rename_action.triggered.connect(lambda: self._start("compare:list:rename", self._rename))
        self.delete_action = page.menu.addAction(self.tr("Delete this list"))
        self.delete_action.triggered.connect(lambda: self._delete())
        page.menu.aboutToShow.connect(lambda: self.delete_action.setEnabled(not batch.is_running))
        return page
