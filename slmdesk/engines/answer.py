"""One generation as it happens: phase, clock, text, figures. Chat, Compare and the terminal share it."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from slmdesk.base.errors import EngineError, Interrupted
from slmdesk.base.events import Event
from slmdesk.base.words import say
from slmdesk.engines.base import (
    Chunk,
    Delta,
    Done,
    Engine,
    Phase,
    Progress,
    Request,
    StopReason,
    Timings,
    ToolCall,
)
from slmdesk.engines.token_trail import PlacedToken, TokenTrail

QUIET_AFTER_S = 5.0  # from then on a speed would hide that nothing comes
STALL_AFTER_S = 120.0


class AnswerState(StrEnum):
    """How an answer stands; the stored word, too."""

    WRITING = "writing"
    DONE = "done"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class AnswerSink(Protocol):
    """Where the text is kept while it comes (see store.journal)."""

    async def append(self, text: str, thinking: str) -> None: ...


class NoSink:
    """For an answer that is kept once it is whole, or not at all."""

    async def append(self, text: str, thinking: str) -> None:
        del text, thinking


@dataclass(frozen=True, slots=True)
class Estimate:
    """For want of the server's figures: its count or else the chunks, and our seconds from first to last."""

    tokens: int
    seconds: float

    @property
    def tokens_per_s(self) -> float | None:
        return (self.tokens - 1) / self.seconds if self.tokens > 1 and self.seconds > 0 else None


class Answer:
    """Folds the chunks of one generation; `changed` tells after each, and at the end with None.

    `phase_started_at` and `started_at` are monotonic seconds, for clocks on the screen.
    `chunk_count` estimates tokens until the server gives its own count in `timings`.
    `trail` has the probabilities of the tokens, None where none came.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.changed: Event[Chunk | None] = Event()
        self.state = AnswerState.WRITING
        self.phase = Phase.WAITING
        self.progress = Progress(Phase.WAITING)
        self.started_at = clock()
        self.phase_started_at = self.started_at
        self.first_token_at: float | None = None
        self.first_text_at: float | None = None
        self.last_chunk_at = self._last_token_at = self.started_at
        self.ended_at: float | None = None
        self.phase_seconds: dict[Phase, float] = {}
        self.chunk_count = 0
        self.text_parts: list[str] = []
        self.thinking_parts: list[str] = []
        self.tool_calls: list[ToolCall] = []
        self.stop_reason: StopReason | None = None
        self.left_out: tuple[str, ...] = ()
        self.timings = Timings()
        self.trail: TokenTrail | None = None
        self._counted: Timings | None = None
        self.error: EngineError | None = None

    @property
    def text(self) -> str:
        return "".join(self.text_parts)

    @property
    def thinking(self) -> str:
        return "".join(self.thinking_parts)

    @property
    def thinking_s(self) -> float:
        """Seconds spent thinking so far."""
        return self._phase_s(Phase.THINKING)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the request, until the end if it has ended."""
        return (self.ended_at or self._clock()) - self.started_at

    @property
    def is_running(self) -> bool:
        return self.state is AnswerState.WRITING

    @property
    def is_stalled(self) -> bool:
        """Text had begun, and nothing has come for two minutes: the user decides what to do."""
        return self.silence_s > STALL_AFTER_S

    @property
    def is_quiet(self) -> bool:
        """Text had begun, and nothing has come for some seconds: its speed is one of the past."""
        return self.silence_s > QUIET_AFTER_S

    @property
    def silence_s(self) -> float:
        """Seconds since the last chunk of a running answer whose text has begun, else 0."""
        has_begun = self.first_token_at is not None and self.is_running
        return self._clock() - self.last_chunk_at if has_begun else 0.0

    @property
    def tokens_per_s(self) -> float | None:
        """The server's writing speed, or an estimate while it writes or where it gave no time."""
        return self.estimate.tokens_per_s if self.estimate else self.timings.output_tokens_per_s

    @property
    def estimate(self) -> Estimate | None:
        """What we counted and measured; None if nothing has come, or once the server has told all of it."""
        timings = self.timings
        if self.first_token_at is None or not self.chunk_count or timings.output_s is not None:
            return None
        tokens = self.chunk_count
        if timings.output_tokens is not None:
            unseen = 0 if self.thinking_parts else timings.thinking_tokens or 0
            tokens = max(0, timings.output_tokens - unseen)  # what was thought in silence took other seconds
        return Estimate(tokens, self._last_token_at - self.first_token_at)

    def begin_with(self, text: str, thinking: str, tokens: Sequence[PlacedToken] = ()) -> None:
        """What an earlier answer had, from which this one goes on; no part of its figures."""
        self.trail = TokenTrail(len(text), tokens) if tokens else None
        self.text_parts += [text] if text else []
        self.thinking_parts += [thinking] if thinking else []

    async def receive(self, engine: Engine, request: Request, sink: AnswerSink) -> None:
        """Run the request to its end. Known errors end up in `error`; a cancel means stopped."""
        try:
            async with contextlib.aclosing(engine.stream(request)) as chunks:
                async for chunk in chunks:
                    self._take(chunk)
                    if isinstance(chunk, Delta):
                        await sink.append(chunk.text, chunk.thinking)
                    self.changed.emit(chunk)
            if self.stop_reason is None:
                raise Interrupted(say("The answer ended without its end mark."))
            self._end(AnswerState.DONE)
        except asyncio.CancelledError:
            self._end(AnswerState.STOPPED)
            raise
        except EngineError as error:
            self.error = error
            self._end(AnswerState.FAILED if self.first_token_at is None else AnswerState.INTERRUPTED)
        finally:
            self.changed.emit(None)

    def abandon(self, state: AnswerState, error: EngineError | None = None) -> None:
        """End it from outside of `receive`: refused before it was sent, stopped while waiting."""
        self.error = error
        self._end(state)
        self.changed.emit(None)

    def _take(self, chunk: Chunk) -> None:
        self.last_chunk_at = self._clock()
        match chunk:
            case Progress():
                self.progress = chunk
                self._enter(chunk.phase)
            case Delta():
                self._take_delta(chunk)
            case ToolCall():
                self.tool_calls.append(chunk)
            case Done():
                self.stop_reason = chunk.stop_reason
                self.timings, self._counted = chunk.timings, None
                self.left_out = chunk.left_out

    def _take_delta(self, delta: Delta) -> None:
        self._last_token_at = self.last_chunk_at
        if self.first_token_at is None:
            self.first_token_at = self.last_chunk_at
        self.chunk_count += 1
        self._counted = delta.counted or self._counted
        if delta.logprobs or self.trail is not None:
            self._follow_tokens(delta)
        if delta.thinking:
            self.thinking_parts.append(delta.thinking)
            self._enter(Phase.THINKING)
        if delta.text:
            if self.first_text_at is None:
                self.first_text_at = self.last_chunk_at
            self.text_parts.append(delta.text)
            self._enter(Phase.WRITING)

    def _follow_tokens(self, delta: Delta) -> None:
        """Of the answer alone: thoughts are not read word by word."""
        if self.trail is None:
            self.trail = TokenTrail(len(self.text))
        self.trail.feed(delta.text, delta.logprobs if not delta.thinking else ())

    def _enter(self, phase: Phase) -> None:
        if phase is self.phase:
            return
        now = self._clock()
        self.phase_seconds[self.phase] = self.phase_seconds.get(self.phase, 0.0) + now - self.phase_started_at
        self.phase, self.phase_started_at = phase, now

    def _phase_s(self, phase: Phase) -> float:
        running = (self.ended_at or self._clock()) - self.phase_started_at if phase is self.phase else 0.0
        return self.phase_seconds.get(phase, 0.0) + running

    def _end(self, state: AnswerState) -> None:
        self.ended_at = self._clock()
        self.state = state
        self.timings = replace(
            self._counted or self.timings,  # what was stopped or broke off has no figures of its end
            ttft_s=self._since_start(self.first_token_at),
            answer_ttft_s=self._since_start(self.first_text_at),
            total_s=self.ended_at - self.started_at,
        )

    def _since_start(self, moment: float | None) -> float | None:
        return None if moment is None else moment - self.started_at
