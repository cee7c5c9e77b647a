"""`slmdesk models pull`: gets a model, or goes on with what was begun."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.features.pulls.pasted import Pasted, understand
from slmdesk.features.pulls.progress import SILENT_AFTER_S, amount
from slmdesk.features.pulls.puller import BUILTIN
from slmdesk.features.pulls.queue import Pull, PullState
from slmdesk.services import Services

_TOLD_EVERY_PERCENT = 10


def ask_first(chosen: Arguments, terminal: Terminal) -> None:
    """Ask what must be answered with yes before anybody else is asked; raises BadInput for a no."""
    question = understand(" ".join(chosen.what)).question if chosen.what else ""
    if not question or chosen.yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise BadInput(question, next_step="Add --yes if so.")
    terminal.invite(f"{question} [y/N] ")
    if input().strip().lower() not in ("y", "yes"):
        raise BadInput("Nothing was fetched.")


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when every model is there."""
    queue = services.keeper.queue
    await queue.load()
    pasted: Pasted | None = understand(" ".join(chosen.what)) if chosen.what else None
    wanted = [await queue.add(pasted, chosen.engine)] if pasted else await _unfinished(services)
    if not wanted:
        terminal.say("Nothing is left to be fetched.")
        return 0
    if chosen.drop:
        return await _drop(wanted, chosen, services, terminal)
    shown = _Shown(terminal)
    leave = queue.changed.subscribe(shown.take)
    queue.start([pull.id for pull in wanted])
    try:
        ended = [await queue.ended(pull.id) for pull in wanted]
    except asyncio.CancelledError:
        command = "“slmdesk models pull”" if services.lock else "the same command"
        terminal.say(f"What has come is kept: {command} goes on from there.")
        raise
    finally:
        leave()
    await services.refresh_engines([f"{pull.engine_id}/" for pull in ended])
    return await _report(ended, chosen, services, terminal)


async def _unfinished(services: Services) -> Sequence[Pull]:
    queue = services.keeper.queue
    found = [pull for pull in queue.pulls if pull.state != PullState.DONE]
    for pull in found:
        await queue.resume(pull.id)
    return found


async def _drop(wanted: Sequence[Pull], chosen: Arguments, services: Services, terminal: Terminal) -> int:
    freed = 0
    for pull in wanted:
        freed += await services.keeper.queue.cancel(pull.id, is_part_kept=False)
        theirs = "" if pull.engine_id == BUILTIN else " Its server drops the part itself when it starts anew."
        terminal.say(f"{pull.name} is forgotten.{theirs}")
    if chosen.json:
        terminal.write_json({"freed_bytes": freed})
    elif freed:
        terminal.say(f"{amount(freed)} are free again.")
    return 0


async def _report(ended: Sequence[Pull], chosen: Arguments, services: Services, terminal: Terminal) -> int:
    for pull in ended:
        if pull.state != PullState.DONE:
            terminal.say(f"{pull.name}: {pull.error}")
    refs = {
        pull.id: await services.keeper.ref_of_pull(pull) for pull in ended if pull.state == PullState.DONE
    }
    if chosen.json:
        terminal.write_json({"pulls": [_to_json(pull, refs.get(pull.id)) for pull in ended]})
    else:
        for ref in refs.values():
            terminal.write(f"{ref}\n")
    return 0 if len(refs) == len(ended) else 1


def _to_json(pull: Pull, ref: str | None) -> dict[str, Any]:
    return {
        "name": pull.name,
        "model": ref,
        "state": pull.state.value,
        "error": pull.error or None,
        "received_bytes": pull.progress.done_bytes,
        "total_bytes": pull.progress.total_bytes,
        "files": [
            {"path": str(one.path), "size_bytes": one.size_bytes, "sha256": one.sha256} for one in pull.pulled
        ],
    }


class _Shown:
    """Progress on stderr: one line that changes where somebody looks, else a line every ten per cent."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._told: dict[str, tuple[int, bool, str]] = {}

    def take(self, pull: Pull) -> None:
        if pull.state != PullState.RUNNING:
            return
        if self._terminal.has_status:
            self._terminal.status(f"{pull.name}: {pull.progress.words}")
            return
        tenths = int(100 * (pull.progress.fraction or 0)) // _TOLD_EVERY_PERCENT
        is_silent = pull.progress.silent_s >= SILENT_AFTER_S
        mark = (tenths, is_silent, pull.progress.note)
        if self._told.get(pull.id) != mark:
            self._told[pull.id] = mark
            self._terminal.say(f"{pull.name}: {pull.progress.words}")
