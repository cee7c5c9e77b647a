"""`slmdesk models import`, `create`, `copy`, `details`, `check` and `rm`: the models that are there."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slmdesk.base.errors import BadInput, SlmdeskError
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.features.pulls.progress import Meter, amount
from slmdesk.services import Services

_MAX_SYSTEM_BYTES = 1_000_000
_TICK_S = 0.2


async def run_import(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when the file is on offer; raises BadInput with the reason why it cannot be."""
    found = await services.keeper.examine(chosen.file)
    if chosen.look:
        facts = dict(found.facts)
        if chosen.json:
            terminal.write_json(facts)
        else:
            terminal.write("".join(f"{label}: {value}\n" for label, value in facts.items()))
        return 0
    for label, value in found.facts:
        terminal.say(f"{label}: {value}")
    place = await _imported(chosen, services, terminal)
    ref = await services.keeper.ref_of(place)
    if chosen.json:
        terminal.write_json({"model": ref, "path": str(place), "is_copied": chosen.copy})
    else:
        terminal.write(f"{ref}\n")
    return 0


async def _imported(chosen: Arguments, services: Services, terminal: Terminal) -> Path:
    if services.lock is None and not chosen.copy:
        raise BadInput(
            "SLM Desk is open with this data folder, whose settings would change.",
            next_step="Drop the file on its window, or add --copy.",
        )
    meter = Meter()

    async def tell() -> None:
        while True:
            terminal.status(meter.progress().words)
            await asyncio.sleep(_TICK_S)

    async with asyncio.TaskGroup() as group:
        telling = group.create_task(tell())
        place = await services.keeper.import_file(chosen.file, is_copied=chosen.copy, meter=meter)
        telling.cancel()
    return place


async def run_create(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when the custom model is there; raises BadInput and EngineError."""
    system = await asyncio.to_thread(_read_text, chosen.system_file) if chosen.system_file else chosen.system
    adapter = None if chosen.adapter is None else await asyncio.to_thread(chosen.adapter.resolve)
    ref = await services.keeper.make(
        chosen.new_name,
        chosen.base,
        system,
        _parameters(chosen.parameters),
        adapter,
        on_status=terminal.status,
    )
    _print_ref(ref, chosen, terminal)
    return 0


async def run_copy(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when the copy is there."""
    _print_ref(await services.keeper.copy(chosen.model, chosen.new_name), chosen, terminal)
    return 0


async def run_details(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0; raises ModelMissing."""
    if chosen.modelfile:
        text = await services.keeper.modelfile(chosen.model)
        if chosen.json:
            terminal.write_json({"modelfile": text})
        else:
            terminal.write(text)
        return 0
    details = await services.keeper.details(chosen.model)
    told = {
        "base": details.base,
        "system": details.system,
        "parameters": details.parameters,
        "licence": details.license,
        "template": details.template,
    }
    if chosen.json:
        terminal.write_json({key: value or None for key, value in told.items()})
    else:
        terminal.write("\n".join(f"── {key} ──\n{value}\n" for key, value in told.items() if value))
    return 0


async def run_check(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0, whatever is found."""
    await services.keeper.queue.load()
    is_newer = await services.keeper.has_update(chosen.model)
    if chosen.json:
        terminal.write_json({"model": chosen.model, "has_update": is_newer})
    elif is_newer is None:
        terminal.write("It cannot be known from here.\n")
    else:
        terminal.write(
            "Its source has another version now.\n" if is_newer else "It is what its source has.\n"
        )
    return 0


async def run_rm(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when all of them are gone; the others are said and the rest is deleted all the same."""
    await services.keeper.queue.load()
    gone: list[dict[str, Any]] = []
    for ref in chosen.models:
        try:
            deleted = await services.keeper.delete(ref)
        except SlmdeskError as error:
            terminal.say(error.sentence())
            continue
        gone.append({"model": deleted.ref, "freed_bytes": deleted.freed_bytes})
        if deleted.kept is not None:
            terminal.say(f"{deleted.ref} is off the list; its file {deleted.kept} is yours and stays.")
        elif deleted.freed_bytes:
            terminal.say(f"{deleted.ref} is deleted: {amount(deleted.freed_bytes)} are free again.")
        else:
            terminal.say(f"{deleted.ref} is deleted.")
    if chosen.json:
        terminal.write_json({"deleted": gone})
    return 0 if len(gone) == len(chosen.models) else 1


def _parameters(typed: Sequence[str]) -> dict[str, Any]:
    """`key=value`, values as JSON where they are it, else as text; a key that comes again makes a list."""
    found: dict[str, Any] = {}
    for pair in typed:
        key, equals, text = pair.partition("=")
        if not equals or not key.strip():
            raise BadInput(f"“{pair}” is not written as key=value.")
        value = _value(text)
        if key in found:
            before = found[key]
            value = [*(before if isinstance(before, list) else [before]), value]
        found[key.strip()] = value
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_SYSTEM_BYTES + 1)
        if len(content) > _MAX_SYSTEM_BYTES:
            raise BadInput(f"{path.name} is too long for a system prompt.")
        return content.decode("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} cannot be read as a text ({error}).") from error


def _print_ref(ref: str, chosen: Arguments, terminal: Terminal) -> None:
    if chosen.json:
        terminal.write_json({"model": ref})
    else:
        terminal.write(f"{ref}\n")
