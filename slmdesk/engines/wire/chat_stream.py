"""OpenAI chat-completion events to chunks: for llama.cpp's own server and every compatible one."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass

from slmdesk.base.errors import BadReply, EngineError, Interrupted
from slmdesk.base.words import later, say
from slmdesk.engines.base import (
    Chunk,
    Delta,
    Done,
    Phase,
    Progress,
    StopReason,
    Timings,
    TokenLogprob,
    ToolCall,
)
from slmdesk.engines.wire.frames import Frame, sse_frames
from slmdesk.engines.wire.logprobs import read_logprobs
from slmdesk.engines.wire.server_errors import stream_error
from slmdesk.engines.wire.think_tags import ThinkTags
from slmdesk.engines.wire.values import count, items, mapping, seconds, text

_STOP_REASONS = {
    "length": StopReason.LENGTH,
    "max_tokens": StopReason.LENGTH,
    "tool_calls": StopReason.TOOL,
    "function_call": StopReason.TOOL,
}
_BROKEN_OFF = {
    "content_filter": later("The server's content filter ended the answer."),
    "abort": later("The server aborted the answer."),
    "error": later("The server failed in the middle of the answer."),
}


_ENDS_WITHIN_S = 2.0  # after the reason why it stopped only figures and the end mark can come


async def chat_chunks(data: AsyncIterator[bytes]) -> AsyncGenerator[Chunk, None]:
    """Read a stream of `chat.completion.chunk` events; ends in one Done or raises EngineError.

    Closing `data` is the caller's part: it stops the server.
    """
    reader = ChatReader()
    try:
        async with (
            contextlib.aclosing(_until_overdue(data, reader)) as timely,
            contextlib.aclosing(sse_frames(timely)) as frames,
        ):
            async for frame in frames:
                for chunk in reader.take(frame):
                    yield chunk
    except EngineError:
        for chunk in reader.held_back():
            yield chunk
        raise
    for chunk in reader.finish():
        yield chunk


async def _until_overdue(data: AsyncIterator[bytes], reader: "ChatReader") -> AsyncGenerator[bytes, None]:
    """The body, ended by us where the server has said why it stopped and then leaves it open."""
    iterator = aiter(data)
    loop = asyncio.get_running_loop()
    overdue_at: float | None = None
    with contextlib.suppress(TimeoutError):
        while True:
            if overdue_at is None and reader.has_finished:
                overdue_at = loop.time() + _ENDS_WITHIN_S
            async with asyncio.timeout_at(overdue_at):
                try:
                    chunk = await anext(iterator)
                except StopAsyncIteration:
                    return
            yield chunk


class ChatReader:
    """Folds frames to chunks and keeps what only counts at the end: tool calls, reason, timings."""

    def __init__(self) -> None:
        self._tags = ThinkTags()
        self._calls: dict[int, _PartialCall] = {}
        self._has_begun = False
        self._finish_reason: str | None = None
        self._usage: Frame = {}
        self._timings: Frame = {}

    @property
    def has_finished(self) -> bool:
        """The server has said why the answer stops; figures may follow."""
        return self._finish_reason is not None

    def take(self, frame: Frame) -> Iterator[Chunk]:
        """The chunks that this frame brings."""
        if error := frame.get("error"):
            raise stream_error(error, has_begun=self._has_begun)
        if progress := mapping(frame.get("prompt_progress")):
            yield Progress(Phase.READING, count(progress.get("processed")), count(progress.get("total")))
        self._usage = mapping(frame.get("usage")) or self._usage
        self._timings = mapping(frame.get("timings")) or self._timings
        counted = read_timings(self._usage, self._timings) if self._is_counting(frame) else None
        for choice in map(mapping, items(frame.get("choices"))):
            if not choice.get("index"):
                yield from self._take_choice(choice, counted)

    def held_back(self) -> Iterator[Chunk]:
        """Text that looked like the beginning of a tag when the stream ended."""
        answer, thinking = self._tags.finish()
        if answer or thinking:
            yield Delta(answer, thinking)

    def finish(self) -> Iterator[Chunk]:
        """The end of the body: complete only if the server said why it stopped."""
        yield from self.held_back()
        if self._finish_reason is None:
            raise Interrupted(say("The connection ended before the answer did."))
        if reason := _BROKEN_OFF.get(self._finish_reason):
            raise Interrupted(reason)
        for call in self._calls.values():
            yield call.whole()
        yield Done(self._stop_reason(), read_timings(self._usage, self._timings))

    @staticmethod
    def _is_counting(frame: Frame) -> bool:
        """Some servers count along the way, which is all there is to know of an answer that is stopped."""
        return bool(mapping(frame.get("timings")) or mapping(frame.get("usage")))

    def _take_choice(self, choice: Frame, counted: Timings | None) -> Iterator[Chunk]:
        # A server that does not stream answers with one whole message.
        delta = mapping(choice.get("delta") or choice.get("message"))
        yield from self._take_text(delta, read_logprobs(choice.get("logprobs")), counted)
        for part in map(mapping, items(delta.get("tool_calls"))):
            self._take_call(part)
        if isinstance(reason := choice.get("finish_reason"), str) and reason:
            self._finish_reason = reason

    def _take_text(
        self, delta: Frame, logprobs: tuple[TokenLogprob, ...], counted: Timings | None
    ) -> Iterator[Chunk]:
        answer = text(delta.get("content")) or text(delta.get("refusal"))
        thinking = text(delta.get("reasoning_content")) or text(delta.get("reasoning"))
        answer, thinking = self._tags.separate(answer, thinking)
        if answer or thinking or logprobs:
            self._has_begun = True
            yield Delta(answer, thinking, logprobs, counted)

    def _take_call(self, part: Frame) -> None:
        self._has_begun = True
        function = mapping(part.get("function"))
        name = text(function.get("name"))
        index = count(part.get("index"))
        if index is None:  # some servers send whole calls without numbering them
            index = len(self._calls) if name or not self._calls else len(self._calls) - 1
        call = self._calls.setdefault(index, _PartialCall())
        call.name += name
        arguments = function.get("arguments")
        call.arguments += json.dumps(arguments) if isinstance(arguments, dict) else text(arguments)

    def _stop_reason(self) -> StopReason:
        if self._calls:
            return StopReason.TOOL
        return _STOP_REASONS.get(self._finish_reason or "", StopReason.END)


@dataclass
class _PartialCall:
    name: str = ""
    arguments: str = ""

    def whole(self) -> ToolCall:
        try:
            arguments = json.loads(self.arguments or "{}")
        except (ValueError, RecursionError):
            arguments = None
        if not isinstance(arguments, dict):
            raise BadReply(
                say("The model called “{name}” with arguments that are not a JSON object.", name=self.name)
            )
        return ToolCall(self.name, arguments)


def read_timings(usage: Frame, timings: Frame) -> Timings:
    """Counters of the server: llama.cpp's own `timings` first, they tell cached tokens apart."""
    cached = count(mapping(usage.get("prompt_tokens_details")).get("cached_tokens"))
    prompt_tokens = count(usage.get("prompt_tokens"))
    computed = count(timings.get("prompt_n"))
    if computed is not None:
        cached = count(timings.get("cache_n"))
        prompt_tokens = computed + cached if cached is not None else prompt_tokens
    output_tokens = count(timings.get("predicted_n"))
    return Timings(
        prompt_tokens=prompt_tokens,
        prompt_tokens_cached=cached,
        prompt_s=seconds(timings.get("prompt_ms"), 1e-3),
        output_tokens=count(usage.get("completion_tokens")) if output_tokens is None else output_tokens,
        output_s=seconds(timings.get("predicted_ms"), 1e-3),
        thinking_tokens=count(mapping(usage.get("completion_tokens_details")).get("reasoning_tokens")),
    )
