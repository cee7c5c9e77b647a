"""Sentences for the user that came up by themselves and stay until they are read or true no more."""

from slmdesk.base.events import Event
from slmdesk.features.activity.log import ActivityLog


class Notices:
    """`current` has them in order; `came` tells of each as it comes, `withdrawn` of one that is past."""

    def __init__(self, log: ActivityLog) -> None:
        self._log = log
        self.current: list[str] = []
        self.came: Event[str] = Event()
        self.withdrawn: Event[str] = Event()

    def add(self, sentence: str) -> None:
        """Say this, unless it is empty or said already."""
        if sentence and sentence not in self.current:
            self.current.append(sentence)
            self._log.add("notice", sentence)
            self.came.emit(sentence)

    def withdraw(self, sentence: str) -> None:
        """It is true no more."""
        if sentence in self.current:
            self.current.remove(sentence)
            self.withdrawn.emit(sentence)
