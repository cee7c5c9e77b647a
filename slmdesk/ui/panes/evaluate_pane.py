"""Evaluate: own documents, own questions, several models, and which is the smallest that is good enough."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from slmdesk.base.errors import BadInput, SlmdeskError
from slmdesk.features.evaluate.checking import Problem
from slmdesk.features.evaluate.open_pack import OpenPack
from slmdesk.features.evaluate.pack import Document, Pack
from slmdesk.features.evaluate.setup import Setup
from slmdesk.services import Services
from slmdesk.ui.actions import Actions
from slmdesk.ui.known_errors import InTurn, start_told
from slmdesk.ui.labels import short_name, tr
from slmdesk.ui.widgets.evaluate.documents_tab import DocumentsTab
from slmdesk.ui.widgets.evaluate.evaluate_face import EvaluateFace, Tab
from slmdesk.ui.widgets.evaluate.import_menu import ImportMenu
from slmdesk.ui.widgets.evaluate.models_tab import ModelsTab
from slmdesk.ui.widgets.evaluate.pack_check import PackCheck
from slmdesk.ui.widgets.evaluate.pack_menu import EXAMPLE, PackMenu
from slmdesk.ui.widgets.evaluate.questions_tab import QuestionsTab
from slmdesk.ui.widgets.evaluate.report_menu import ReportMenu

JOB_RUN, JOB_USE, JOB_PRICE = "evaluate:run", "evaluate:use", "evaluate:price"
USE_AFTER_S = 0.15  # a large pack takes its time: not at every key
LOOK_MS = 250  # a fast run changes cells more often than anybody reads


class EvaluatePane(EvaluateFace):
    """The pack is edited in `book`; `evaluation` follows it, and keeps what has an answer."""

    status_changed = Signal(str)
    add_file_requested = Signal()

    def __init__(self, services: Services, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.book = OpenPack(services.packs, services.jobs)
        self.evaluation = services.evaluation(Pack(""), Setup())
        self._turns = InTurn(services.jobs, "evaluate:pack", self._tell)
        start = self._turns.start
        self.packs = PackMenu(self, self.chip, self.book, services.packs, start, self._usual_setup)
        self._price = self.evaluation.price()
        self._is_used = True
        self._is_begun = self._is_pausing = False
        self._look_timer = QTimer(self)
        self._look_timer.setSingleShot(True)
        self._look_timer.setInterval(LOOK_MS)
        self._look_timer.timeout.connect(self._look)
        self.exports = ReportMenu(services, self.evaluation, self.export_menu, self, self._tell)
        self.check = PackCheck(self.book, services.jobs, self)
        self.documents = DocumentsTab(self.book, self.check, services.jobs)
        self.questions = QuestionsTab(self.book, self.check, services.registry, services.fit)
        self.models = ModelsTab(self.book, services.registry, services.fit)
        self.imports = ImportMenu(
            self,
            self.import_menu,
            self.book,
            services.jobs,
            start,
            self._add_documents,
            self.packs.take_file,
        )
        self.add_page(Tab.DOCUMENTS, lambda: self.documents)
        self.add_page(Tab.QUESTIONS, lambda: self.questions)
        self.add_page(Tab.MODELS, lambda: self.models)
        self.add_page(Tab.RESULTS, self._make_results)
        self.add_page(Tab.VERDICT, self._make_verdict)
        self._connect()
        self._add_actions(actions)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_begun:
            self._is_begun = True
            self.packs.begin()

    @property
    def is_running(self) -> bool:
        """From the press on, when the evaluation itself has not begun yet."""
        return self.evaluation.is_running or self._services.jobs.is_running(JOB_RUN)

    def run_or_pause(self) -> None:
        """Ask what has no answer yet, or stop asking: nothing that was answered is lost."""
        if self.is_running:
            self._is_pausing = True
            self._services.jobs.cancel(JOB_RUN)
            return
        pack, setup = self.book.pack, self.book.setup
        for is_missing, tab in (
            (not pack.documents, Tab.DOCUMENTS),
            (not pack.questions, Tab.QUESTIONS),
            (not setup.model_refs, Tab.MODELS),
        ):
            if is_missing:
                self.open_tab(tab)
                self.show_error(_missing_words(tab))
                return
        self.book.keep()
        self._start(JOB_RUN, self._run)
        self._look()

    def _usual_setup(self) -> Setup:
        """The default model to begin with, so that an example can be run at once."""
        default = self._services.default_model()
        return Setup(model_refs=(default,) if self._services.registry.info(default) else ())

    def _retry_failed(self) -> None:
        self._start(JOB_RUN, partial(self._run, with_failed=True))
        self._look()

    async def _run(self, *, with_failed: bool = False) -> None:
        if (problem := await self.check.blocking()) is not None:
            self._show_problem(problem)
            raise BadInput(problem.words, next_step=problem.next_step)
        await self.evaluation.use(self.book.pack, self.book.setup)
        await self.evaluation.run(with_failed=with_failed)
        stopped = [f"{short_name(ref)}: {why}" for ref, why in self.evaluation.problems.items()]
        self.show_error("\n".join(stopped))

    def _show_problem(self, problem: Problem) -> None:
        """Where it is to be mended."""
        if problem.question_id and not problem.document:
            self.open_tab(Tab.QUESTIONS)
            self.questions.list.choose(problem.question_id)
        else:
            self.open_tab(Tab.DOCUMENTS)
            self.documents.list.choose(problem.document)

    # what follows the pack

    def _on_book_changed(self) -> None:
        self.show_error("")
        self._show()
        self._is_used = False
        self._start(JOB_USE, self._catch_up)

    async def _catch_up(self) -> None:
        """Give the evaluation the pack and the setup of now; edits that come meanwhile as well."""
        while not self._is_used:
            self._is_used = True
            await asyncio.sleep(USE_AFTER_S)
            if not self._is_used:  # still typing
                continue
            await self.evaluation.use(self.book.pack, self.book.setup)
            await self._reckon()

    async def _reckon(self) -> None:
        """What is still to be asked, and what that takes."""
        self._price = await asyncio.to_thread(self.evaluation.price)
        self.models.show_price(self._price)
        self._look()

    def _show(self) -> None:
        self.show_open(self.book.pack, self.book.setup, is_open=self.book.is_open)
        for page in (self.documents, self.questions, self.models):
            page.refresh()
        self._undo.setEnabled(self.book.can_undo)

    # the run

    def _look(self) -> None:
        """Progress, buttons and the status line, after something began, ended or was answered."""
        progress, is_running = self.evaluation.progress, self.is_running
        if self.book.is_open:
            self.strip.show_progress(
                progress, self._price, is_running=is_running, failed=self.evaluation.failed_count
            )
        is_begun = 0 < progress.done < progress.total
        self.run_button.setText(
            self.tr("Pause") if is_running else self.tr("Go on") if is_begun else self.tr("Run")
        )
        words = ""
        if is_running:
            words = self.tr("Evaluating: {0} of {1} answers").format(progress.done, progress.total)
            if progress.model_ref:
                words = self.tr("Evaluating: {0}, {1}").format(
                    short_name(progress.model_ref), progress.document
                )
        self.status_changed.emit(words)

    def _on_forgotten(self) -> None:
        """Delete all: nothing of it stays on the screen, nor comes back with the next edit."""
        self.book.forget()
        self._turns.start(self.evaluation.forget)

    def _on_cell_changed(self) -> None:
        if not self._look_timer.isActive():
            self._look_timer.start()

    def _start(self, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = start_told(self._services.jobs, key, work, self._tell)
        if task is not None:
            task.add_done_callback(lambda done: self._on_job_ended(key, is_cut=done.cancelled()))

    def _on_job_ended(self, key: str, *, is_cut: bool) -> None:
        """After a run what is still to be asked costs something else; not when the program ends."""
        if key == JOB_RUN and (self._is_pausing or not is_cut):
            self._is_pausing = False
            self._start(JOB_PRICE, self._reckon)
        self._look()

    def _tell(self, error: SlmdeskError) -> None:
        self.show_error(error.sentence())

    # made when they are first seen

    def _make_results(self) -> QWidget:
        from slmdesk.ui.widgets.evaluate.results_view import ResultsView

        return ResultsView(self._services, self.evaluation)

    def _make_verdict(self) -> QWidget:
        from slmdesk.ui.widgets.evaluate.verdict_view import VerdictView

        view = VerdictView(self._services, self.evaluation)
        view.setup_wanted.connect(self.book.set_up)
        return view

    def _connect(self) -> None:
        self.models.picker.add_file_requested.connect(self.add_file_requested)
        self.documents.files_dropped.connect(self.imports.take)
        self.documents.import_wanted.connect(self.imports.ask_documents)
        self.run_button.clicked.connect(self.run_or_pause)
        self.strip.retry_wanted.connect(self._retry_failed)
        self.strip.skip_wanted.connect(self.evaluation.cancel_model)
        self.start_page.example_wanted.connect(lambda: self.packs.open_starter(EXAMPLE))
        self.start_page.new_wanted.connect(self.packs.make)
        self.start_page.open_wanted.connect(self.packs.open_file)
        for unsubscribe in (
            self.book.changed.subscribe(lambda _none: self._on_book_changed()),
            self.evaluation.changed.subscribe(lambda _none: self._on_cell_changed()),
            self.evaluation.cell_changed.subscribe(lambda _key: self._on_cell_changed()),
            self._services.forgotten.subscribe(lambda _none: self._on_forgotten()),
        ):
            self.destroyed.connect(unsubscribe)

    def _add_actions(self, actions: Actions) -> None:
        def add(action_id: str, text: str, callback: Callable[[], object], shortcut: str = "") -> Any:
            return actions.add(action_id, text, callback, shortcut=shortcut, owner=self)

        add("evaluate_run", self.tr("Run or pause the evaluation"), self.run_or_pause, "F5")
        self._undo = add(
            "evaluate_undo", self.tr("Undo the last change of the pack"), self.book.undo, "Ctrl+Z"
        )
        add("evaluate_new", self.tr("New pack"), self.packs.make)
        add("evaluate_open", self.tr("Open a pack from a file…"), self.packs.open_file)
        add("evaluate_add_document", self.tr("Add a document"), self._add_document)
        add("evaluate_add_question", self.tr("Add a question"), self._add_question)
        add("evaluate_add_model", self.tr("Add a model"), self._add_model)
        save = add("evaluate_save_as", self.tr("Save the pack as a file…"), self.packs.save_as)
        self.export_menu.addSeparator()
        self.export_menu.addAction(save)
        self.export_menu.addSeparator()
        self.reports = ReportMenu(self._services, self.evaluation, self.export_menu, self, self._tell)

    def _add_documents(self, documents: Sequence[Document]) -> None:
        self.open_tab(Tab.DOCUMENTS)
        self.documents.add(documents)

    def _add_document(self) -> None:
        self.open_tab(Tab.DOCUMENTS)
        self.documents.add_empty()

    def _add_question(self) -> None:
        self.open_tab(Tab.QUESTIONS)
        self.questions.add()

    def _add_model(self) -> None:
        self.open_tab(Tab.MODELS)
        self.models.choose_another()


def _missing_words(tab: Tab) -> str:
    return {
        Tab.DOCUMENTS: tr("There is no document yet: add one, paste one or import some."),
        Tab.QUESTIONS: tr("There is no question yet: add one."),
        Tab.MODELS: tr("Choose the models that answer: one to eight."),
    }[tab]
