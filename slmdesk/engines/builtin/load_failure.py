"""Why a child ended, in plain words: from its last lines on stderr and its exit code."""

import re
from collections.abc import Sequence

from slmdesk.base.errors import EngineError, Interrupted, LoadFailed, OutOfMemory
from slmdesk.base.memory import gigabytes

# 0.00.004.682 E gguf_init_from_reader: invalid magic characters: ...
_LOG_LINE = re.compile(r"^[\d.]+ (?P<level>[A-Z]) +(?:\w+ +)?\w[\w():]*: *(?P<text>.*)$")
_MEMORY = re.compile(
    r"insufficient memory|failed to allocate|out of memory|bad_alloc|MemoryError", re.IGNORECASE
)
_PLAIN_WORDS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (
            "corrupted or incomplete|not within the file bounds",
            "the file is damaged or was not downloaded whole",
        ),
        ("No such file", "the file is not there any more"),
        ("Permission denied", "the file may not be read"),
        ("invalid magic", "it is no GGUF file"),
        ("unknown model architecture: '?([^']*)'?", r"this engine does not know the architecture “\1”"),
        ("unknown pre-tokenizer type: '?([^']*)'?", r"this engine does not know the tokenizer “\1”"),
        ("missing tensor '([^']*)'", r"the file lacks the tensor “\1”"),
        ("invalid ggml type", "it has weights of a type that this engine does not know"),
    )
)
_MAX_REASON_CHARS = 300
_SIGKILL = 9


def load_error(
    model: str, exit_code: int | None, lines: Sequence[str], needed_bytes: int, free_bytes: int | None
) -> EngineError:
    """The error for a child that ended before it served."""
    amounts = _amounts(needed_bytes, free_bytes)
    has_said_so = any(_MEMORY.search(line) for line in lines)
    if exit_code == -_SIGKILL and not has_said_so:
        what = f"The engine process was killed while it loaded {model}{amounts}."
        if _is_room_left(needed_bytes, free_bytes):
            return LoadFailed(what, next_step="Press Again: it is started anew.")
        return OutOfMemory(what, needed_bytes=needed_bytes, free_bytes=free_bytes)
    if has_said_so:
        what = f"There is not enough memory to load {model}{amounts}."
        return OutOfMemory(what, needed_bytes=needed_bytes, free_bytes=free_bytes)
    return LoadFailed(f"{model} could not be loaded: {reason(lines) or exit_words(exit_code)}.")


def crash_error(exit_code: int | None, needed_bytes: int, free_bytes: int | None) -> Interrupted:
    """The error for an answer whose child ended under it."""
    is_memory = exit_code == -_SIGKILL and not _is_room_left(needed_bytes, free_bytes)
    guess = ": out of memory?" if is_memory else ""
    return Interrupted(
        f"The engine process ended ({exit_words(exit_code)}{guess}){_amounts(needed_bytes, free_bytes)}.",
        next_step="What came is kept. Press Again: the model is loaded anew.",
    )


def exit_words(exit_code: int | None) -> str:
    """How the process ended, for a sentence."""
    if exit_code is None:
        return "exit code unknown"
    if exit_code >= 0:
        return f"exit code {exit_code}"
    return f"signal {-exit_code}"


def reason(lines: Sequence[str]) -> str:
    """The first error in the log, in our words where we have some; "" if there is none."""
    errors = []
    for line in lines:
        match = _LOG_LINE.match(line)
        if match and match["level"] == "E":
            errors.append(match["text"])
    for pattern, words in _PLAIN_WORDS:
        for error in errors:
            if match := pattern.search(error):
                return match.expand(words)
    last = errors[0] if errors else next((line for line in reversed(lines) if line.strip()), "")
    return " ".join(last.split()).rstrip(".")[:_MAX_REASON_CHARS]


def _is_room_left(needed_bytes: int, free_bytes: int | None) -> bool:
    """So much that whoever killed the process did not do it for the memory."""
    return free_bytes is not None and free_bytes > 2 * needed_bytes


def _amounts(needed_bytes: int, free_bytes: int | None) -> str:
    if free_bytes is None:
        return f": about {gigabytes(needed_bytes)} GB were needed"
    return f": about {gigabytes(needed_bytes)} GB were needed and {gigabytes(free_bytes)} GB were free"
