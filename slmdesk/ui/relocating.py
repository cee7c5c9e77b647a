"""The data folder is moved while everything in it is closed: progress, time left, and Cancel."""

import asyncio
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDialogButtonBox, QProgressBar, QWidget

from slmdesk.base.errors import SlmdeskError
from slmdesk.base.memory import amount
from slmdesk.config.folder_copy import MoveCancelled
from slmdesk.config.relocation import DataPlace, go_back, move_data
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.notify import Dialog, tell, toast

LOOK_EVERY_MS = 100
STEPS = 1_000
ESTIMATE_AFTER_S = 2.0  # before, the first figures of a disk say little about it


@dataclass(frozen=True, slots=True)
class Relocation:
    """What was asked for: to move to `target`, or back to the folder from before where that is None."""

    target: Path | None


@dataclass(frozen=True, slots=True)
class Seat:
    """The open chat, whose draft is stored with it, and what is written in the comparison."""

    chat_id: str
    compare_prompt: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: with where the data is now, or with what was in the way."""

    place: DataPlace | None = None
    problem: SlmdeskError | None = None

    def tell(self, window: QWidget) -> None:
        """Say it in the window that is open again."""
        if self.place is not None:
            toast(window, tr("The data is in the folder {0} now.").format(self.place.folder.name))
        elif isinstance(self.problem, MoveCancelled):
            toast(window, self.problem.sentence())
        elif self.problem is not None:
            tell(window, tr("The data was not moved"), self.problem.message, self.problem.next_step)


async def relocate(window: QWidget, wanted: Relocation, is_ending: threading.Event) -> Outcome:
    """Do it over the empty frame of the window; nothing may be open in the folder but its lock.

    `is_ending`, set by the system's wish to end the program, stops a move as Cancel does.
    """
    target = wanted.target
    try:
        if target is None:
            return Outcome(await asyncio.to_thread(go_back, is_held=True))
        dialog = MoveDialog(window, target, is_ending)
        dialog.open()
        try:
            return Outcome(await asyncio.to_thread(dialog.run_move))
        finally:
            dialog.end()
    except SlmdeskError as error:
        return Outcome(problem=error)


class MoveDialog(Dialog):
    """Shows how far `run_move` is, which runs in a thread; it closes with it and not before."""

    def __init__(self, parent: QWidget, target: Path, is_stopped: threading.Event) -> None:
        super().__init__(parent, tr("Moving the data folder"), tr("To {0}").format(target))
        self._target = target
        self._is_stopped = is_stopped
        self._progress = (0, 0)
        self._started_s = time.monotonic()
        self.bar = QProgressBar()
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress"))
        self.words = plain_label()
        self.body.addWidget(self.bar)
        self.body.addWidget(self.words)
        self.cancel_button = self.add_button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        timer = QTimer(self)
        timer.timeout.connect(self._show)
        timer.start(LOOK_EVERY_MS)
        self._show()

    def run_move(self) -> DataPlace:
        """Blocks; raises what `move_data` raises."""
        return move_data(
            self._target,
            on_progress=self._on_progress,
            is_cancelled=self._is_stopped.is_set,
            is_held=True,
        )

    def end(self) -> None:
        """The move has ended: so does the dialog."""
        super().reject()

    def reject(self) -> None:
        """Cancel, Esc or the close button: stop, and stay until all is as it was."""
        self._is_stopped.set()
        self._show()

    def _on_progress(self, done: int, total: int) -> None:
        self._progress = (done, total)

    def _show(self) -> None:
        done, total = self._progress
        if total:
            self.bar.setValue(STEPS * done // total)
        self.cancel_button.setEnabled(not self._is_stopped.is_set())
        self.words.setText(self._words(done, total))

    def _words(self, done: int, total: int) -> str:
        if self._is_stopped.is_set():
            return tr("Stopping. The data stays where it was.")
        if not total:
            return tr("Looking at the files…")
        half = total // 2
        text = tr("{0} of {1} copied") if done < half else tr("All copied, {0} of {1} verified")
        words = [text.format(amount(done if done < half else done - half), amount(half))]
        spent_s = time.monotonic() - self._started_s
        if spent_s > ESTIMATE_AFTER_S and done:
            words.append(tr("{0} left").format(duration_words(spent_s * (total - done) / done)))
        return " · ".join(words)


def duration_words(seconds: float) -> str:
    """About how long: what a person plans with."""
    if seconds < 10:
        return tr("a few seconds")
    if seconds < 90:
        return tr("about {0} seconds").format(10 * round(seconds / 10))
    if seconds < 90 * 60:
        return tr("about {0} minutes").format(round(seconds / 60))
    return tr("about {0} hours").format(round(seconds / 3600))
