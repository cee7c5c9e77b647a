"""Decides which transcript of the window is drawn when: drawing must not take the machine from the model."""

import time
import weakref
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer
from shiboken6 import isValid

FOCUS_INTERVAL_S = 1 / 30
OTHER_INTERVAL_S = 1 / 15
FRAME_BUDGET_S = 0.006
COST_FACTOR = 8
LONGEST_PAUSE_S = 0.25
"""However dear one flush was: it may have loaded a highlighter, and never will again."""
ACTIVE_S = 0.5
"""How long a pane that asked counts among those that stream."""


def _pause(cost_s: float) -> float:
    return min(COST_FACTOR * cost_s, LONGEST_PAUSE_S)


class Paintable(Protocol):
    """A pane that shows a stream."""

    def flush(self) -> None:
        """Show what came since."""

    def isVisible(self) -> bool: ...


class _Pane:
    __slots__ = ("asked_s", "cost_s", "due_s", "flushed_s", "is_dirty", "reference")

    def __init__(self, pane: Paintable, forget: Callable[[int], None]) -> None:
        key = id(pane)
        self.reference = weakref.ref(pane, lambda _gone: forget(key))
        self.due_s = 0.0
        self.flushed_s = 0.0
        self.asked_s = 0.0
        self.cost_s = 0.0
        self.is_dirty = False

    def living(self) -> Paintable | None:
        """The pane, unless Qt has taken it down: a Python name may still hold on to what is left of it."""
        pane = self.reference()
        return pane if pane is not None and isValid(pane) else None


class PaintScheduler(QObject):
    """One for a window: 30 flushes a second for the pane in focus, 15 for others, 6 ms a frame, in turn."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panes: dict[int, _Pane] = {}
        self._focused = 0
        self._turn = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timer_timeout)
        self.flushes = 0

    def set_focused(self, pane: Paintable | None) -> None:
        """The pane the reader looks at; it is drawn twice as often."""
        self._focused = id(pane) if pane is not None else 0

    def request(self, pane: Paintable, is_first: bool = False) -> None:
        """`pane` has something new; the first token of an answer is shown at once."""
        entry = self._entry(pane)
        entry.is_dirty = True
        now = time.perf_counter()
        if not pane.isVisible():
            return
        entry.asked_s = now
        if is_first and entry.due_s <= now + OTHER_INTERVAL_S:
            self._flush(entry, pane, now)
        elif not self._timer.isActive():
            self._start(entry.due_s - now)

    def shown(self, pane: Paintable) -> None:
        """`pane` became visible: catch up."""
        entry = self._panes.get(id(pane))
        if entry and entry.is_dirty:
            entry.due_s = 0.0
            self._start(0.0)

    def add_cost(self, pane: Paintable, seconds: float) -> None:
        """What painting took after a flush counts as its cost too.

        It is told in elapsed time, since asking for CPU time costs as much as painting a line; the cap is for
        when the machine was given to somebody else meanwhile. It counts from the last flush on: a clock that
        ticks paints too, and would put off the next flush for ever.
        """
        entry = self._entry(pane)
        entry.cost_s += min(seconds, FRAME_BUDGET_S)
        entry.due_s = max(entry.due_s, entry.flushed_s + _pause(entry.cost_s))

    def _entry(self, pane: Paintable) -> _Pane:
        entry = self._panes.get(id(pane))
        if entry is None:
            entry = self._panes[id(pane)] = _Pane(pane, self._forget)
        return entry

    def _forget(self, key: int) -> None:
        self._panes.pop(key, None)

    def _start(self, delay_s: float) -> None:
        self._timer.start(max(0, round(delay_s * 1000)))

    def _interval(self, pane: Paintable) -> float:
        since = time.perf_counter() - ACTIVE_S
        is_alone = sum(entry.asked_s > since for entry in self._panes.values()) <= 1
        return FOCUS_INTERVAL_S if is_alone or id(pane) == self._focused else OTHER_INTERVAL_S

    def _flush(self, entry: _Pane, pane: Paintable, now: float) -> None:
        interval = self._interval(pane)
        entry.is_dirty = False
        began = time.thread_time()
        pane.flush()
        entry.cost_s = time.thread_time() - began
        entry.flushed_s = now
        entry.due_s = now + max(interval, _pause(entry.cost_s))
        self.flushes += 1

    def _on_timer_timeout(self) -> None:
        now = time.perf_counter()
        began = time.thread_time()
        keys = list(self._panes)
        waiting: list[float] = []
        is_spent = False
        for step in range(len(keys)):
            at = (self._turn + step) % len(keys)
            entry = self._panes.get(keys[at])
            pane = entry.living() if entry else None
            if entry is None or pane is None or not entry.is_dirty or not pane.isVisible():
                continue
            if entry.due_s > now + 0.001 or is_spent:
                waiting.append(max(entry.due_s, now))
                continue
            self._flush(entry, pane, now)
            if time.thread_time() - began > FRAME_BUDGET_S:
                is_spent = True
                self._turn = at + 1  # the next frame begins behind the last one drawn
            if entry.is_dirty:
                waiting.append(entry.due_s)
        if waiting:
            self._start(min(waiting) - now)
