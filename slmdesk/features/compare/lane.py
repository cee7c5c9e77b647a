"""One column of a comparison: what it asks, its answer, and how it stands in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from slmdesk.base.errors import EngineError
from slmdesk.base.words import say
from slmdesk.engines.answer import Answer, AnswerState
from slmdesk.engines.answer_words import phase_words
from slmdesk.engines.base import Message, Options, Request, StopReason
from slmdesk.engines.plain import (
    estimate_from_plain,
    left_out_from_plain,
    options_from_plain,
    options_to_plain,
    timings_from_plain,
)
from slmdesk.features.compare.plan import LaneSpec
from slmdesk.store.attachments import StoredAttachment
from slmdesk.store.runs import Exchange, NewLane, StoredLane


@dataclass(frozen=True, slots=True)
class LaneTurn:
    """What a lane was asked, with what is attached to it, or answered. `id` is the same for equal turns."""

    role: Literal["user", "assistant"]
    text: str
    attachments: tuple[StoredAttachment, ...] = ()
    id: str = ""


class Lane:
    """`answer` is None until the lane begins; `is_queued` while its group waits for its turn.

    `history` is what this lane alone was asked and answered in the turns before.
    """

    def __init__(
        self, index: int, spec: LaneSpec, name: str, stored: StoredLane, history: tuple[LaneTurn, ...] = ()
    ) -> None:
        self.index = index
        self.history = history
        self.spec = spec
        self.name = name
        self.stored = stored
        self.answer: Answer | None = None
        self.is_queued = False

    @property
    def state_word(self) -> str:
        """The phase or the end in words: "waiting for its turn", "reading 512/2,048", "done"."""
        if self.is_queued:
            return say("waiting for its turn")
        return say("ready") if self.answer is None else phase_words(self.answer)

    @property
    def is_running(self) -> bool:
        return self.is_queued or (self.answer is not None and self.answer.is_running)

    @property
    def is_done(self) -> bool:
        return self.answer is not None and self.answer.state is AnswerState.DONE

    @property
    def has_failed(self) -> bool:
        """It has no whole answer, and nobody stopped it; the program may have ended before its turn."""
        if self.answer is None:
            return not self.is_queued
        return self.answer.state in (AnswerState.FAILED, AnswerState.INTERRUPTED)

    def request(self, told: Sequence[Message], *, is_oversized_allowed: bool) -> Request:
        """Ask with these turns, the question last."""
        system = (Message("system", self.spec.system_prompt),) if self.spec.system_prompt.strip() else ()
        return Request(
            model="",
            messages=(*system, *told),
            options=self.spec.options,
            is_thinking=self.spec.is_thinking,
            is_oversized_allowed=is_oversized_allowed,
        )


def to_new_lane(spec: LaneSpec, previous_id: str | None = None) -> NewLane:
    """The lane as the store takes it."""
    return NewLane(spec.model_ref, settings_to_plain(spec), previous_id)


def settings_to_plain(spec: LaneSpec) -> dict[str, Any]:
    """How a lane is asked, without the model, as JSON values."""
    return {
        "options": options_to_plain(spec.options),
        "system_prompt": spec.system_prompt,
        "is_thinking": spec.is_thinking,
    }


def spec_from_plain(model_ref: str, settings: Mapping[str, Any]) -> LaneSpec:
    """What can be read of the settings; a damaged field falls back to its default."""
    options = settings.get("options")
    return LaneSpec(
        model_ref,
        options_from_plain(options) if isinstance(options, dict) else Options(),
        str(settings.get("system_prompt", "")),
        settings.get("is_thinking") is True,
    )


def spec_from_stored(stored: StoredLane) -> LaneSpec:
    return spec_from_plain(stored.model_ref, stored.settings)


def history_of(exchanges: Iterable[Exchange]) -> tuple[LaneTurn, ...]:
    """The turns as a model is told; a question without an answer is left out, as templates demand."""
    return tuple(
        turn
        for exchange in exchanges
        if exchange.answer.text.strip()
        for turn in (
            LaneTurn("user", exchange.prompt, exchange.attachments, exchange.answer.run_id),
            LaneTurn("assistant", exchange.answer.text),
        )
    )


def answer_from_stored(stored: StoredLane) -> Answer | None:
    """The stored answer as an ended one; None if the lane never began or cannot be read."""
    has_begun = bool(stored.text or stored.thinking or stored.error or stored.timings)
    if stored.state not in set(AnswerState) or not has_begun:
        return None
    answer, state = Answer(), AnswerState(stored.state)
    answer.text_parts, answer.thinking_parts = [stored.text], [stored.thinking]
    answer.timings = timings_from_plain(stored.timings)
    answer.left_out = left_out_from_plain(stored.timings)
    answer.error = EngineError(stored.error) if stored.error else None
    answer.stop_reason = StopReason(stored.stop_reason) if stored.stop_reason in set(StopReason) else None
    answer.state = AnswerState.INTERRUPTED if state is AnswerState.WRITING else state
    answer.ended_at = answer.started_at + (answer.timings.total_s or 0.0)
    if answer.timings.ttft_s is not None:
        answer.first_token_at = answer.started_at + answer.timings.ttft_s
        if estimate := estimate_from_plain(stored.timings):
            answer.chunk_count = estimate.tokens
            answer.last_chunk_at = answer.first_token_at + estimate.seconds
    return answer
