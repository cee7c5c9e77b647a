"""What was measured here of a model: the speed of stored answers, the memory that it takes now."""

from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.base.errors import StoreError
from slmdesk.base.memory import gigabytes
from slmdesk.features.catalog.entry import Entry
from slmdesk.services import Services
from slmdesk.store.speeds import WritingSpeed, writing_speeds


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one model that an engine offers; `memory_bytes` is None while it is not in memory."""

    model_ref: str
    quantization: str | None
    speed: WritingSpeed | None
    memory_bytes: int | None


async def measured_of(entry: Entry, services: Services) -> Sequence[Measured]:
    """For each engine's model that is this entry, if something was measured."""
    catalogue = services.catalogue.current
    try:
        speeds = await writing_speeds(services.database)
    except StoreError:
        speeds = {}
    found = []
    for model in services.registry.models():
        if catalogue.entry_of(model) == entry:
            loaded = services.room.loaded.get(model.ref)
            memory = loaded.size_bytes if loaded else None
            if model.ref in speeds or memory:
                found.append(Measured(model.ref, model.quantization, speeds.get(model.ref), memory))
    return found


def measured_words(measured: Sequence[Measured]) -> Sequence[str]:
    """A phrase for each."""
    return [_words(one) for one in measured]


def _words(one: Measured) -> str:
    parts = []
    if one.speed:
        answers = f"{one.speed.answer_count} answer{'s' if one.speed.answer_count > 1 else ''}"
        parts.append(f"{one.speed.tokens_per_s:.1f} tok/s (median of {answers})")
    if one.memory_bytes:
        parts.append(f"{gigabytes(one.memory_bytes)} GB in memory now")
    return f"{one.model_ref}, {one.quantization or 'quantization unknown'}: {', '.join(parts)}"
