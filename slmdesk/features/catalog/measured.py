"""What was measured here of a published model: how fast it wrote, and what it took in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from slmdesk.base.memory import size_words
from slmdesk.base.words import counted, say
from slmdesk.engines.base import ModelInfo
from slmdesk.features.catalog.catalogue import Catalogue
from slmdesk.features.catalog.entry import Entry
from slmdesk.features.catalog.facts import context_words
from slmdesk.features.catalog.memory_seen import MemorySeen
from slmdesk.store.speeds import WritingSpeed


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one model that an engine offers; None where it was not measured.

    `memory_tokens` is the context with which it took `memory_bytes`, None where that is not known.
    """

    model_ref: str
    quantization: str | None
    speed: WritingSpeed | None
    memory_bytes: int | None
    memory_tokens: int | None = None

    @property
    def words(self) -> str:
        """ "ollama/qwen2.5:7b, Q4_K_M: 11.2 tok/s (median of 4 answers), 5.1 GB in memory at 8K" """
        parts = []
        if self.speed:
            parts.append(
                counted(
                    self.speed.answer_count,
                    "{speed:.1f} tok/s (median of {count} answer)",
                    "{speed:.1f} tok/s (median of {count} answers)",
                    speed=self.speed.tokens_per_s,
                )
            )
        if self.memory_bytes:
            parts.append(self.memory_words)
        return f"{self.model_ref}, {self.quantization or say('quantization unknown')}: {', '.join(parts)}"

    @property
    def memory_words(self) -> str:
        """ "5.1 GB in memory at 8K" """
        size = size_words(self.memory_bytes or 0)
        if self.memory_tokens is None:
            return say("{size} in memory", size=size)
        return say("{size} in memory at {context}", size=size, context=context_words(self.memory_tokens))


def measured_of(
    entry: Entry,
    catalogue: Catalogue,
    models: Iterable[ModelInfo],
    seen: Mapping[str, MemorySeen],
    speeds: Mapping[str, WritingSpeed],
) -> Sequence[Measured]:
    """For each of the engines' models that is this entry, if something was measured."""
    own = (measured(model, seen, speeds) for model in models if catalogue.entry_of(model) == entry)
    return [one for one in own if one is not None]


def measured(
    model: ModelInfo, seen: Mapping[str, MemorySeen], speeds: Mapping[str, WritingSpeed]
) -> Measured | None:
    """What was measured of a model that an engine offers; None if nothing was."""
    memory, speed = seen.get(model.ref), speeds.get(model.ref)
    if memory is None and speed is None:
        return None
    size, tokens = (memory.size_bytes, memory.context_tokens) if memory else (None, None)
    return Measured(model.ref, model.quantization, speed, size, tokens)
