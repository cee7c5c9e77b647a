"""Why a child ended, in plain words: from its last lines on stderr and its exit code."""

import re
from collections.abc import Sequence

from slmdesk.base.errors import EngineError, Interrupted, LoadFailed, OutOfMemory
from slmdesk.base.memory import gigabytes
from slmdesk.base.words import later, say

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
            later("the file is damaged or was not downloaded whole"),
        ),
        ("No such file", later("the file is not there any more")),
        ("Permission denied", later("the file may not be read")),
        ("invalid magic", later("it is no GGUF file")),
        (
            "unknown model architecture: '?([^']*)'?",
            later(r"this engine does not know the architecture “\1”"),
        ),
        (
            "unknown pre-tokenizer type: '?([^']*)'?",
            later(r"this engine does not know the tokenizer “\1”"),
        ),
        ("missing tensor '([^']*)'", later(r"the file lacks the tensor “\1”")),
        ("invalid ggml type", later("it has weights of a type that this engine does not know")),
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
        what = say(
            "The engine process was killed while it loaded {model}{amounts}.", model=model, amounts=amounts
        )
        if _is_room_left(needed_bytes, free_bytes):
            return LoadFailed(what, next_step=say("Press Again: it is started anew."))
        return OutOfMemory(what, needed_bytes=needed_bytes, free_bytes=free_bytes)
    if has_said_so:
        what = say("There is not enough memory to load {model}{amounts}.", model=model, amounts=amounts)
        return OutOfMemory(what, needed_bytes=needed_bytes, free_bytes=free_bytes)
    return LoadFailed(
        say(
            "{model} could not be loaded: {reason}.",
            model=model,
            reason=reason(lines) or exit_words(exit_code),
        )
    )


def crash_error(exit_code: int | None, needed_bytes: int, free_bytes: int | None) -> Interrupted:
    """The error for an answer whose child ended under it."""
    is_memory = exit_code == -_SIGKILL and not _is_room_left(needed_bytes, free_bytes)
    guess = say(": out of memory?") if is_memory else ""
    return Interrupted(
        say(
            "The engine process ended ({how}{guess}){amounts}.",
            how=exit_words(exit_code),
            guess=guess,
            amounts=_amounts(needed_bytes, free_bytes),
        ),
        next_step=say("What came is kept. Press Again: the model is loaded anew."),
    )


def exit_words(exit_code: int | None) -> str:
    """How the process ended, for a sentence."""
    if exit_code is None:
        return say("exit code unknown")
    if exit_code >= 0:
        return say("exit code {exit_code}", exit_code=exit_code)
    return say("signal {number}", number=-exit_code)


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
                return match.expand(say(words))
    last = errors[0] if errors else next((line for line in reversed(lines) if line.strip()), "")
    return " ".join(last.split()).rstrip(".")[:_MAX_REASON_CHARS]


def _is_room_left(needed_bytes: int, free_bytes: int | None) -> bool:
    """So much that whoever killed the process did not do it for the memory."""
    return free_bytes is not None and free_bytes > 2 * needed_bytes


def _amounts(needed_bytes: int, free_bytes: int | None) -> str:
    if free_bytes is None:
        return say(": about {needed} GB were needed", needed=gigabytes(needed_bytes))
    return say(
        ": about {needed} GB were needed and {free} GB were free",
        needed=gigabytes(needed_bytes),
        free=gigabytes(free_bytes),
    )
