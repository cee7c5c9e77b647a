"""The disk takes no more for now: who keeps text in memory says so, and says when it was caught up."""

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.base.events import Event


class Refusal:
    """`problem` is why something waits in memory, None while nothing does.

    `changed` tells of its beginning and its end, in the thread that met it.
    """

    def __init__(self) -> None:
        self.problem: DataFolderUnusable | None = None
        self.changed: Event[None] = Event()

    def report(self, problem: DataFolderUnusable | None) -> None:
        """What the last attempt to write has met; called by one thread alone."""
        has_changed = (problem is None) != (self.problem is None)
        self.problem = problem
        if has_changed:
            self.changed.emit(None)
