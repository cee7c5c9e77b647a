"""Notes in the log of activity which answers failed: where, why, and what can be done about it."""

from collections.abc import Sequence
from typing import Protocol

from slmdesk.base.events import Event
from slmdesk.base.words import say
from slmdesk.engines.answer import Answer
from slmdesk.features.activity.log import ActivityLog


class FailingLane(Protocol):
    """A column of a comparison."""

    @property
    def name(self) -> str: ...
    @property
    def is_running(self) -> bool: ...
    @property
    def answer(self) -> Answer | None: ...


class HidesNames(Protocol):
    """What may be shown of a comparison."""

    @property
    def shows_names(self) -> bool: ...


class RunsLanes(Protocol):
    """What is needed of a comparison."""

    @property
    def lane_changed(self) -> Event[int]: ...
    @property
    def lanes(self) -> Sequence[FailingLane]: ...
    @property
    def view(self) -> HidesNames: ...


class RunsPrompts(Protocol):
    """What is needed of a list of prompts."""

    @property
    def changed(self) -> Event[None]: ...
    @property
    def is_running(self) -> bool: ...
    @property
    def failed_count(self) -> int: ...
    @property
    def words(self) -> str: ...


class Failures:
    """Follows answers for as long as who gives them is there."""

    def __init__(self, log: ActivityLog) -> None:
        self._log = log

    def note_answer(self, chat_title: str, model_ref: str, answer: Answer) -> None:
        """The answer of a chat has ended."""
        if answer.error is not None:
            title = chat_title or say("New chat")
            self._log.add(
                "error",
                say(
                    "In “{title}”, {model}: {sentence}",
                    title=title,
                    model=model_ref,
                    sentence=answer.error.sentence(),
                ),
            )

    def follow_comparison(self, comparison: RunsLanes) -> None:
        """A line for each column that fails; without its name and reason while those are hidden."""

        def on_lane_changed(index: int) -> None:
            lane = comparison.lanes[index]
            if lane.is_running or lane.answer is None or lane.answer.error is None:
                return
            if comparison.view.shows_names:
                self._log.add(
                    "error",
                    say(
                        "In a comparison, {name}: {sentence}",
                        name=lane.name,
                        sentence=lane.answer.error.sentence(),
                    ),
                )
            else:
                words = say(
                    "In a blind comparison, a column failed. Vote to see which and why, then retry it."
                )
                self._log.add("error", words)

        comparison.lane_changed.subscribe(on_lane_changed)

    def follow_batch(self, batch: RunsPrompts) -> None:
        """One line at the end of a list in which answers failed."""
        was_running = False

        def on_changed(_none: None) -> None:
            nonlocal was_running
            has_ended, was_running = was_running and not batch.is_running, batch.is_running
            if has_ended and batch.failed_count:
                self._log.add(
                    "error",
                    say("A list of prompts: {words}. “Retry failed” asks those again.", words=batch.words),
                )

        batch.changed.subscribe(on_changed)
