"""Plain callbacks between layers, so that the core needs no Qt signals."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Event(Generic[T]):
    """Calls every subscriber, in order of subscription, in the emitter's thread."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[T], None]] = []

    def subscribe(self, callback: Callable[[T], None]) -> Callable[[], None]:
        """Call `callback` at every emit; returns the function that ends the subscription."""
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    def emit(self, value: T) -> None:
        """Hand `value` to all who are subscribed now; a subscriber may leave meanwhile."""
        for callback in tuple(self._subscribers):
            callback(value)
