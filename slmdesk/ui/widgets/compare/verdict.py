"""What is said of a run once it has ended, and how it is voted on."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject

from slmdesk.features.compare.blind import costs
from slmdesk.features.compare.comparison import Comparison
from slmdesk.features.compare.differences import Differences, differences
from slmdesk.features.compare.fairness import facts_of, judge
from slmdesk.services import Services
from slmdesk.store.runs import VoteKind
from slmdesk.ui.known_errors import InTurn
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.compare.ballot import Ballot
from slmdesk.ui.widgets.compare.compare_face import CompareFace
from slmdesk.ui.widgets.compare.lane_column import MESSAGE, LaneColumn
from slmdesk.ui.widgets.compare.run_card import revealed_words, shortened

Start = Callable[[str, Callable[[], Coroutine[Any, Any, None]]], None]


class Verdict(QObject):
    """Fills the run's card; `start` runs a job of the pane and tells its known errors."""

    def __init__(
        self, face: CompareFace, comparison: Comparison, services: Services, ballot: Ballot, start: Start
    ) -> None:
        super().__init__(face)
        self._face = face
        self._comparison = comparison
        self._services = services
        self._ballot = ballot
        self._start = start
        self._votes = InTurn(services.jobs, "compare:vote", lambda error: face.prompt.say(error.sentence()))
        self._compared: tuple[str, ...] = ()
        self._differences: Differences | None = None
        self._is_open = False
        ballot.cast.connect(self._vote)

    def show(self, *, is_running: bool) -> None:
        """The vote, the costs, the fairness, and what the answers do not share."""
        comparison, view = self._comparison, self._comparison.view
        columns = self._face.columns.columns
        is_there = any(column.lane in comparison.lanes for column in columns)  # a set-up may have come since
        self._is_open = view.can_vote and not is_running and is_there
        kind, best = comparison.vote or (None, None)
        self._ballot.show(kind, best, is_open=self._is_open)
        self._compare()
        told, fairness = [], None
        if self._is_open and view.shows_figures:
            facts = facts_of([comparison.lanes[index] for index in view.order])
            fairness = judge(facts, is_sequential=comparison.is_sequential, machine=comparison.machine)
        if view.is_blind and view.shows_names and is_there:
            shown = [comparison.lanes[index] for index in view.order]
            told.append(revealed_words(costs(shown, self._services.memory_bytes)))
        if self._differences is not None:
            told.append(self._differences.words)
            if any(answer.spans for answer in self._differences.answers):
                told.append(_legend(len(self._differences.answers)))
        failed_count = sum(lane.has_failed for lane in comparison.lanes)
        self._face.run_card.show_run("\n".join(told), fairness, failed_count, is_open=self._is_open)

    def _vote(self, kind: VoteKind, column: LaneColumn | None = None) -> None:
        if (
            not self._is_open
            or not self._face.is_showing_columns
            or (column is not None and not column.can_be_judged)
        ):
            return
        index = column.lane.index if column is not None and column.lane is not None else None
        self._votes.start(lambda: self._comparison.cast_vote(kind, index))

    # what the answers do not share

    def _compare(self) -> None:
        """Mark it in the texts while that layout is chosen; worked out in a thread."""
        is_wanted = self._face.columns.layout_kind == "differences" and self._is_open
        columns = [column for column in self._face.columns.columns if column.can_be_judged]
        names = [shortened(column.head.name) for column in columns]
        texts = [column.view.highlights.text_of(MESSAGE) for column in columns] if is_wanted else []
        wanted = (*names, *texts) if len(texts) > 1 else ()
        if wanted != self._compared:
            self._compared, self._differences = wanted, None
            for column in self._face.columns.columns:
                column.view.highlights.set(MESSAGE, ())
            if wanted:
                self._start(
                    f"compare:differences:{hash(wanted)}", lambda: self._mark(wanted, names, texts, columns)
                )

    async def _mark(
        self, wanted: tuple[str, ...], names: list[str], texts: list[str], columns: list[LaneColumn]
    ) -> None:
        found = await asyncio.to_thread(differences, names, texts)
        if wanted != self._compared:
            return  # other answers stand there by now
        self._differences = found
        for column, answer in zip(columns, found.answers, strict=True):
            column.view.highlights.set(MESSAGE, answer.spans)
        self.show(is_running=False)


def _legend(count: int) -> str:
    """What the marks in the texts mean."""
    if count == 2:
        return tr("Underlined: the other answer does not have it.")
    return tr("Underlined: no other answer has it. Tinted: some others have it, not all.")
