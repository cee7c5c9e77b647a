"""Ollama's own chat protocol: requests to its JSON, frames of its stream to chunks."""

import contextlib
import math
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from slmdesk.base.errors import EngineError, Interrupted
from slmdesk.base.words import say
from slmdesk.engines.base import Chunk, Delta, Done, Message, Request, StopReason, Timings, ToolCall
from slmdesk.engines.wire.chat_body import encoded_image, output_limit, wire_message
from slmdesk.engines.wire.frames import Frame, drain, ndjson_frames
from slmdesk.engines.wire.logprobs import read_logprobs
from slmdesk.engines.wire.server_errors import stream_error
from slmdesk.engines.wire.think_tags import ThinkTags
from slmdesk.engines.wire.values import count, items, mapping, seconds, text

USUAL_KEEP_ALIVE = "5m"
_NANOSECOND = 1e-9
# A model that was in memory all the time needs a millisecond or two; more was a load or a wait.
_NO_LOAD_S = 0.1


@dataclass(frozen=True, slots=True)
class Residence:
    """What `ps` said before a request: decides the first phase and whether `load_duration` is true."""

    is_known: bool = False
    is_loaded: bool = False
    is_alone: bool = False

    def load_s(self, reported_s: float | None) -> float | None:
        """The time to load, None where the figure may hold the wait for another model to leave."""
        if not self.is_known or reported_s is None:
            return None
        if self.is_loaded:
            return 0.0 if reported_s < _NO_LOAD_S else None
        return reported_s if self.is_alone else None


def base_body(model: str, context_tokens: int) -> dict[str, Any]:
    """What every chat request carries, always alike: a change of `num_ctx` or `shift` reloads the model.

    Without `truncate: false` the server cuts a long prompt and answers as if nothing had happened.
    Other runner options are left to the server's defaults, which do not change between requests.
    """
    return {
        "model": model,
        "truncate": False,
        "shift": False,
        "options": {"num_ctx": context_tokens},
    }


def keep_alive(seconds: float | None) -> str | int:
    """How long a model stays, as the server wants to be told: None is the usual time, -1 has no end."""
    if seconds is None:
        return USUAL_KEEP_ALIVE
    return -1 if seconds == math.inf else round(seconds)


def ollama_body(request: Request, keep_s: float | None = None) -> dict[str, Any]:
    """The JSON of `/api/chat`. `think` is explicit: left out it means *on* for a model that can."""
    options = request.options
    body = base_body(request.model, options.context_tokens)
    chosen = {
        "num_predict": output_limit(options),
        "temperature": options.temperature,
        "top_p": options.top_p,
        "seed": options.seed,
        "stop": list(options.stop) or None,
    }
    body["options"] |= {key: value for key, value in chosen.items() if value is not None}
    body |= {
        "messages": [_ollama_message(message) for message in request.messages],
        "stream": True,
        "think": request.is_thinking,
        "keep_alive": keep_alive(keep_s),
    }
    if request.schema is not None:
        body["format"] = dict(request.schema)
    if request.tools:
        body["tools"] = [dict(tool) for tool in request.tools]
    if request.top_logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
    return body


def _ollama_message(message: Message) -> dict[str, Any]:
    images = [encoded_image(image) for image in message.images]
    return wire_message(message) | ({"images": images} if images else {})


async def answer_chunks(data: AsyncIterator[bytes], residence: Residence) -> AsyncGenerator[Chunk, None]:
    """Read the body of `/api/chat`; ends in one Done or raises EngineError."""
    reader = OllamaReader(residence)
    try:
        async with contextlib.aclosing(ndjson_frames(data)) as frames:
            async for frame in frames:
                for chunk in reader.take(frame):
                    if isinstance(chunk, Done):
                        await frames.aclose()
                        await drain(data)
                    yield chunk
                if reader.is_done:
                    return
        raise Interrupted(say("The connection ended before the answer did."))
    except EngineError:
        for chunk in reader.held_back():
            yield chunk
        raise


class OllamaReader:
    """Folds the frames of one answer; `is_done` after the frame that ends it."""

    def __init__(self, residence: Residence) -> None:
        self.is_done = False
        self._residence = residence
        self._tags = ThinkTags()
        self._has_begun = False
        self._has_called = False

    def take(self, frame: Frame) -> Iterator[Chunk]:
        """The chunks that this frame brings; the last one is Done."""
        if error := frame.get("error"):
            raise stream_error(error, has_begun=self._has_begun)
        message = mapping(frame.get("message"))
        yield from self._take_text(message, frame)
        for call in map(mapping, items(message.get("tool_calls"))):
            function = mapping(call.get("function"))
            self._has_begun = self._has_called = True
            yield ToolCall(text(function.get("name")), mapping(function.get("arguments")))
        if frame.get("done") is True:
            self.is_done = True
            yield from self.held_back()
            yield Done(self._stop_reason(frame), read_timings(frame, self._residence))

    def held_back(self) -> Iterator[Chunk]:
        """Text that looked like the beginning of a tag when the stream ended."""
        answer, thinking = self._tags.finish()
        if answer or thinking:
            yield Delta(answer, thinking)

    def _take_text(self, message: Frame, frame: Frame) -> Iterator[Chunk]:
        answer, thinking = text(message.get("content")), text(message.get("thinking"))
        logprobs = read_logprobs(frame["logprobs"]) if frame.get("logprobs") else ()
        answer, thinking = self._tags.separate(answer, thinking)
        if answer or thinking or logprobs:
            self._has_begun = True
            yield Delta(answer, thinking, logprobs)

    def _stop_reason(self, frame: Frame) -> StopReason:
        if self._has_called:  # the server says "stop" here, too
            return StopReason.TOOL
        return StopReason.LENGTH if frame.get("done_reason") == "length" else StopReason.END


def read_timings(frame: Frame, residence: Residence) -> Timings:
    """The server's counters, without those that lie.

    `prompt_eval_count` counts cached tokens and their share cannot be read, so it stays None and
    the prompt has no speed. A single output token is given 1 µs, which is no time.
    """
    output_tokens = count(frame.get("eval_count"))
    output_s = seconds(frame.get("eval_duration"), _NANOSECOND)
    return Timings(
        load_s=residence.load_s(seconds(frame.get("load_duration"), _NANOSECOND)),
        prompt_tokens=count(frame.get("prompt_eval_count")),
        prompt_s=seconds(frame.get("prompt_eval_duration"), _NANOSECOND),
        output_tokens=output_tokens,
        output_s=output_s if output_tokens is not None and output_tokens > 1 else None,
    )
