"""What model servers say when something fails, read from any of their shapes and mapped to our errors."""

import json
import re
from dataclasses import dataclass
from typing import Any

from slmdesk.base.errors import (
    BadReply,
    ContextOverflow,
    EngineBusy,
    EngineError,
    EngineOffline,
    Interrupted,
    LoadFailed,
    ModelMissing,
    NotAuthorised,
    OutOfMemory,
    RequestRefused,
)
from slmdesk.base.words import say
from slmdesk.engines.wire.frames import excerpt
from slmdesk.engines.wire.values import count

_MAX_MESSAGE_CHARS = 400
_MAX_NESTING = 4

_OVERFLOW = re.compile(
    r"exceed_context_size|context_length_exceeded|exceeds? the (available |model'?s )?(maximum )?context"
    r"|maximum context length|longer than the context|too large to process",
    re.IGNORECASE,
)
_MEMORY = re.compile(
    r"more (system )?memory|out of memory|out-of-memory|cannot allocate|unable to allocate|failed to allocate"
    r"|cudaMalloc failed|insufficient memory",
    re.IGNORECASE,
)
_LOAD = re.compile(
    r"(runner|server) process (has|no longer)|(error|failed|failure|unable)( to)? load|timed out waiting for",
    re.IGNORECASE,
)
_KEY = re.compile(r"authentication|invalid_api_key|permission_denied|unauthori[sz]ed", re.IGNORECASE)
_BUSY = re.compile(r"overloaded|rate_limit|unavailable_error|server busy|loading model", re.IGNORECASE)
_QUOTA = re.compile(r"insufficient_quota|billing", re.IGNORECASE)
_MODEL = re.compile(r"model_not_found|model\b.*not (found|exist)|no such model|unknown model", re.IGNORECASE)
_GIB = re.compile(r"([\d.]+)\s*([KMGT]i?B)", re.IGNORECASE)
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


@dataclass(frozen=True, slots=True)
class ServerError:
    """A failure in the server's own words; `kind` joins its type and code."""

    message: str
    kind: str = ""
    prompt_tokens: int | None = None
    context_tokens: int | None = None
    is_structured: bool = True


def read_error(value: object) -> ServerError:
    """Read `{"error": ...}` in every shape seen: text, object, JSON as a string inside either."""
    for _ in range(_MAX_NESTING):
        if isinstance(value, str):
            inner = _json_object(value)
            if inner is None:
                return ServerError(_short(value))
            value = inner
        elif isinstance(value, dict) and value.get("error"):
            value = value["error"]
        else:
            break
    if not isinstance(value, dict):
        return ServerError(_short(str(value)))
    inner = value.get("message")
    if isinstance(inner, str) and _json_object(inner) is not None:
        return read_error(inner)
    text = inner or value.get("detail") or value.get("msg") or json.dumps(value)
    return ServerError(
        _short(text if isinstance(text, str) else json.dumps(text)),
        f"{value.get('type') or ''} {value.get('code') or ''}".strip(),
        count(value.get("n_prompt_tokens")),
        count(value.get("n_ctx")),
    )


def read_body(body: bytes) -> ServerError:
    """Read the body of a response whose status is not 200."""
    found = _json_object(body.decode(errors="replace"))
    if found is not None:
        return read_error(found)
    return ServerError(
        say("It answered {body}.", body=excerpt(body)) if body.strip() else say("It gave no reason."),
        is_structured=False,
    )


def stream_error(value: object, *, has_begun: bool) -> EngineError:
    """The error for a failure reported inside a stream that began with status 200."""
    error = read_error(value)
    known = _by_words(error)
    if known is not None:
        return known
    if has_begun:
        return Interrupted(say("The server broke off: {message}", message=error.message))
    return RequestRefused(say("The server failed: {message}", message=error.message))


def status_error(status: int, error: ServerError, *, model: str = "") -> EngineError:
    """The error for a response with this status."""
    if status in (401, 403):
        return NotAuthorised(say("The server refused the key: {message}", message=error.message))
    if status in (502, 504):
        return EngineOffline(
            say("A gateway answered, but no model server behind it ({status}).", status=status)
        )
    if not error.is_structured and status in (404, 405):
        return BadReply(
            say("What answers is no model server ({status}): {message}", status=status, message=error.message)
        )
    if status == 404 and model:
        return ModelMissing(
            say("The server has no model “{model}”: {message}", model=model, message=error.message)
        )
    known = _by_words(error)
    if known is not None:
        return known
    if status in (429, 503):
        return EngineBusy(say("The server takes no more requests now: {message}", message=error.message))
    if status >= 500:
        next_step = say("Try again; if it stays so, look into the log of the server.")
        return RequestRefused(
            say("The server failed ({status}): {message}", status=status, message=error.message),
            next_step=next_step,
        )
    return RequestRefused(
        say("The server refused the request ({status}): {message}", status=status, message=error.message)
    )


def _by_words(error: ServerError) -> EngineError | None:
    words = f"{error.kind} {error.message}"
    if _OVERFLOW.search(words):
        return _overflow(error)
    if _MEMORY.search(words):
        return _out_of_memory(error)
    if _QUOTA.search(error.kind):
        return RequestRefused(say("The account cannot be used: {message}", message=error.message))
    if _KEY.search(error.kind):
        return NotAuthorised(say("The server refused the key: {message}", message=error.message))
    if _BUSY.search(words):
        return EngineBusy(say("The server takes no more requests now: {message}", message=error.message))
    if _LOAD.search(error.message):
        return LoadFailed(say("The model could not be loaded: {message}", message=error.message))
    if _MODEL.search(words):
        return ModelMissing(say("The server does not have this model: {message}", message=error.message))
    return None


def _overflow(error: ServerError) -> ContextOverflow:
    if error.prompt_tokens is None or error.context_tokens is None:
        return ContextOverflow(say("The prompt is longer than the context: {message}", message=error.message))
    return ContextOverflow(
        say(
            "The prompt has {prompt_tokens:,} tokens, the context holds {context_tokens:,}.",
            prompt_tokens=error.prompt_tokens,
            context_tokens=error.context_tokens,
        ),
        prompt_tokens=error.prompt_tokens,
        context_tokens=error.context_tokens,
    )


def _out_of_memory(error: ServerError) -> OutOfMemory:
    """Ollama says: model requires more system memory (5.6 GiB) than is available (3.2 GiB)."""
    sizes = [round(float(number) * _UNITS[unit[0].upper()]) for number, unit in _GIB.findall(error.message)]
    needed, free = sizes if len(sizes) == 2 else (None, None)
    return OutOfMemory(
        say("Not enough memory: {message}", message=error.message), needed_bytes=needed, free_bytes=free
    )


def _json_object(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_MESSAGE_CHARS else f"{line[:_MAX_MESSAGE_CHARS]}…"
