"""Follows answers as they come: text to stdout in lane order, the phase as a status line."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from slmdesk.base.jobs import JobRunner
from slmdesk.cli.terminal import Terminal
from slmdesk.engines.answer import STALL_AFTER_S, Answer
from slmdesk.engines.answer_words import phase_words
from slmdesk.engines.base import Chunk, Delta

_TICK_S = 0.2


class Follower:
    """Writes one answer, first what had come before anyone followed."""

    def __init__(self, answer: Answer, terminal: Terminal, *, shows_thinking: bool = False) -> None:
        self._answer = answer
        self._terminal = terminal
        self._shows_thinking = shows_thinking
        self._last = "\n"
        self._is_thinking = False
        self._leave = answer.changed.subscribe(self._on_chunk)
        self._show(answer.text, answer.thinking)

    def finish(self) -> None:
        """Stop following, with the cursor at the beginning of a line."""
        self._leave()
        if self._last != "\n":
            self._terminal.write("\n")

    def _on_chunk(self, chunk: Chunk | None) -> None:
        if isinstance(chunk, Delta):
            self._show(chunk.text, chunk.thinking)

    def _show(self, text: str, thinking: str) -> None:
        if thinking and self._shows_thinking:
            self._terminal.think(thinking)
            self._is_thinking = True
        if text:
            if self._is_thinking:
                self._terminal.say("")
                self._is_thinking = False
            self._terminal.write(text)
            self._last = text[-1]


@contextlib.asynccontextmanager
async def status_line(
    jobs: JobRunner, terminal: Terminal, answers: Callable[[], list[tuple[str, Answer]]]
) -> AsyncIterator[None]:
    """While the block runs: what the named answers do before their text, and a word when one stalls."""
    ticking = jobs.start("status", lambda: _tick(terminal, answers))
    try:
        yield
    finally:
        ticking.cancel()
        await asyncio.wait((ticking,))
        terminal.clear_status()


async def _tick(terminal: Terminal, answers: Callable[[], list[tuple[str, Answer]]]) -> None:
    stalled: set[Answer] = set()
    while True:
        running = [(name, answer) for name, answer in answers() if answer.is_running]
        for name, answer in running:
            if answer.is_stalled and answer not in stalled:
                stalled.add(answer)
                terminal.say(
                    f"{name}: nothing has come for {STALL_AFTER_S:.0f} s. Waiting on; Ctrl+C stops it."
                )
        silent = [(name, answer) for name, answer in running if answer.first_token_at is None]
        if silent and len(silent) == len(running):
            terminal.status(
                " · ".join(
                    f"{name} {phase_words(answer)} {answer.elapsed_s:.1f} s" for name, answer in silent
                )
            )
        await asyncio.sleep(_TICK_S)
