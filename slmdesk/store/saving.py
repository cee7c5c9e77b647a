"""Whether all that has come is on the disk, and the sentences that tell of it, one at a time."""

import asyncio
from collections.abc import Callable

from slmdesk.base.errors import StoreError
from slmdesk.base.events import Event
from slmdesk.base.jobs import call_in
from slmdesk.base.words import later, say
from slmdesk.store.refusal import Refusal

SAVED = later("The disk takes what is written again: everything is saved.")


class Saving:
    """`changed` tells, on the loop, that `problem` has begun or ended; `said` has the sentence for it,
    and `withdrawn` the one that it takes the place of: a disk that comes and goes is told of once.
    """

    def __init__(self, *refusals: Refusal) -> None:
        self.changed: Event[StoreError | None] = Event()
        self.said: Event[str] = Event()
        self.withdrawn: Event[str] = Event()
        self._refusals = refusals
        self._unsubscribe: list[Callable[[], None]] = []
        self._told: StoreError | None = None
        self._sentence = ""

    @property
    def problem(self) -> StoreError | None:
        """Why something that has come is kept in memory alone; None while all of it is on the disk."""
        return next((refusal.problem for refusal in self._refusals if refusal.problem), None)

    def follow(self) -> None:
        """Tell of it from now on, on the loop that runs."""
        loop = asyncio.get_running_loop()
        self._unsubscribe = [
            refusal.changed.subscribe(lambda _none: call_in(loop, self._tell)) for refusal in self._refusals
        ]
        self._tell()

    def stop(self) -> None:
        """The program ends: nobody is told any more."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def _tell(self) -> None:
        problem = self.problem
        if (problem is None) == (self._told is None):
            return
        self._told = problem
        before, self._sentence = self._sentence, problem.sentence() if problem else say(SAVED)
        if before:
            self.withdrawn.emit(before)
        self.said.emit(self._sentence)
        self.changed.emit(problem)
