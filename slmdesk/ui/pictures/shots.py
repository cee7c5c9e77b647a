"""The list of the pictures: each pane in each state. A new pane or state is a new line here."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from slmdesk.engines.base import Delta, Phase, Progress
from slmdesk.ui.pictures import stage
from slmdesk.ui.pictures.set import Set
from slmdesk.ui.pictures.stage import Line

SIZE = (1440, 900)
SMALL = (1024, 700)


@dataclass(frozen=True, slots=True)
class Shot:
    """`prepare` brings the window into the state; it stays until the next shot."""

    name: str
    prepare: Callable[[Set], Awaitable[None]]
    size: tuple[int, int] = SIZE


async def _chat_empty(on: Set) -> None:
    on.new_chat()


async def _chat_loading(on: Set) -> None:
    await on.ask(Progress(Phase.LOADING, 42, 100), None)


async def _chat_streaming(on: Set) -> None:
    await on.ask(Delta(stage.ANSWER[:250]), None)


async def _chat_thinking(on: Set) -> None:
    await on.ask(Delta(thinking=stage.THOUGHT), None)


async def _chat_formulas(on: Set) -> None:
    await on.ask(Delta(thinking=stage.THOUGHT), Delta(stage.FORMULAS), stage.DONE)


async def _chat_done(on: Set) -> None:
    await on.ask(*stage.WRITES)


async def _chat_unsure(on: Set) -> None:
    await on.ask(*stage.weighed())


async def _chat_probabilities(on: Set) -> None:
    await on.ask(*stage.weighed())
    on.show_of_answer("probabilities")


async def _chat_cut(on: Set) -> None:
    await on.ask(Delta(stage.ANSWER[:220]), stage.CUT)


async def _chat_failed(on: Set) -> None:
    await on.ask(stage.MEMORY)


async def _chat_deleted(on: Set) -> None:
    await on.ask(*stage.WRITES)
    on.run("delete_chat")


async def _activity(on: Set) -> None:
    await on.ask(*stage.WRITES)
    on.run("activity")


async def _compare_ready(on: Set) -> None:
    on.columns("qwen3:4b", "llama3.2:3b")


async def _compare_running(on: Set) -> None:
    lines: dict[str, Sequence[Line]] = {
        "qwen3:4b": (Delta(stage.ANSWER[:250]), None),
        "llama3.2:3b": (Progress(Phase.READING, 12, 48), None),
    }
    await on.compare(lines)


async def _compare_voted(on: Set) -> None:
    await on.compare({"qwen3:4b": stage.WRITES, "gemma3:1b": (Delta(stage.SHORT), stage.DONE)})
    on.run("vote_2")


async def _compare_failed(on: Set) -> None:
    await on.compare({"qwen3:4b": stage.WRITES, "mistral-small:24b": (stage.MEMORY,)})


async def _compare_four(on: Set) -> None:
    names = ("qwen3:4b", "llama3.2:3b", "gemma3:1b", "phi4-mini")
    await on.compare(dict.fromkeys(names, stage.WRITES))


async def _settings(on: Set) -> None:
    on.open("settings")


async def _palette(on: Set) -> None:
    on.open("chat")
    on.run("palette")


async def _menu(on: Set) -> None:
    on.open("chat")
    on.press("Menu")


async def _shortcuts(on: Set) -> None:
    on.open("chat")
    on.run("help")


async def _picker(on: Set) -> None:
    on.new_chat().header.set_model(f"example/{stage.LONG}")
    on.run("choose_model")


SHOTS: Sequence[Shot] = (
    Shot("chat-empty", _chat_empty),
    Shot("chat-loading", _chat_loading),
    Shot("chat-streaming", _chat_streaming),
    Shot("chat-thinking", _chat_thinking),
    Shot("chat-formulas", _chat_formulas),
    Shot("chat-done", _chat_done),
    Shot("chat-unsure", _chat_unsure),
    Shot("chat-probabilities", _chat_probabilities),
    Shot("chat-cut", _chat_cut),
    Shot("chat-failed", _chat_failed),
    Shot("chat-deleted", _chat_deleted),
    Shot("chat-small", _chat_done, SMALL),
    Shot("compare-ready", _compare_ready),
    Shot("compare-running", _compare_running),
    Shot("compare-voted", _compare_voted),
    Shot("compare-failed", _compare_failed),
    Shot("compare-four", _compare_four),
    Shot("compare-small", _compare_voted, SMALL),
    Shot("settings", _settings),
    Shot("settings-small", _settings, SMALL),
    Shot("palette", _palette),
    Shot("menu", _menu),
    Shot("shortcuts", _shortcuts),
    Shot("picker", _picker),
    Shot("activity", _activity),
)
