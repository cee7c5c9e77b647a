"""Looks through the pack after every edit, in a thread, and knows what is wrong with it in words."""

import asyncio
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, Signal

from slmdesk.base.jobs import JobRunner
from slmdesk.features.evaluate.checking import Problem, problems
from slmdesk.features.evaluate.open_pack import OpenPack
from slmdesk.features.evaluate.pack import ExpectedKey, Pack
from slmdesk.ui.labels import tr

JOB = "evaluate:check"
CHECK_AFTER_S = 0.3  # not at every key


class PackCheck(QObject):
    """`changed` tells of other problems than before."""

    changed = Signal()

    def __init__(self, book: OpenPack, jobs: JobRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._book = book
        self._jobs = jobs
        self._checked: Pack | None = None
        self.found: Sequence[Problem] = ()
        self.destroyed.connect(book.changed.subscribe(lambda _none: self._on_book_changed()))

    async def blocking(self) -> Problem | None:
        """The first problem that keeps the pack of now from being run."""
        found = await asyncio.to_thread(problems, self._book.pack)
        return next((problem for problem in found if problem.is_blocking), None)

    def of_answers(self) -> Mapping[ExpectedKey, str]:
        """What is wrong with single expected answers."""
        return {
            (each.document, each.question_id): said(each)
            for each in self.found
            if each.document and each.question_id
        }

    def of_question(self, question_id: str) -> str:
        """What is wrong with a question itself, "" for nothing."""
        return _first([each for each in self.found if each.question_id == question_id and not each.document])

    def of_document(self, name: str) -> str:
        """What is wrong with a document itself, "" for nothing."""
        return _first([each for each in self.found if each.document == name and not each.question_id])

    def words_of_answers(self) -> str:
        """How many answers are to be looked at, and the first of them."""
        return _first([each for each in self.found if each.document and each.question_id])

    def _on_book_changed(self) -> None:
        if self._book.is_open and not self._jobs.is_running(JOB):
            self._jobs.start(JOB, self._check)

    async def _check(self) -> None:
        """Until the pack that was looked at is the one of now."""
        while self._checked is not self._book.pack:
            await asyncio.sleep(CHECK_AFTER_S)
            pack = self._book.pack
            found = await asyncio.to_thread(problems, pack)
            self._checked = pack
            if found != self.found:
                self.found = found
                self.changed.emit()


def _first(found: Sequence[Problem]) -> str:
    """The first of them, and how many more there are; "" for none."""
    if not found:
        return ""
    more = tr("(and {0} more)").format(len(found) - 1) if len(found) > 1 else ""
    return f"{said(found[0])} {more}".strip()


def said(problem: Problem) -> str:
    """What it is and what to do."""
    return f"{problem.words} {problem.next_step}".strip()
