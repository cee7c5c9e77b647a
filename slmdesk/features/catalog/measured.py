"""What was measured here of a published model: how fast it wrote, and what it takes in memory now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from slmdesk.base.memory import size_words
from slmdesk.base.words import counted, say
from slmdesk.engines.base import LoadedModel, ModelInfo
from slmdesk.features.catalog.catalogue import Catalogue
from slmdesk.features.catalog.entry import Entry
from slmdesk.store.speeds import WritingSpeed


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one model that an engine offers; `memory_bytes` is None while it is not in memory."""

    model_ref: str
    quantization: str | None
    speed: WritingSpeed | None
    memory_bytes: int | None

    @property
    def words(self) -> str:
        """ "ollama/qwen2.5:7b, Q4_K_M: 11.2 tok/s (median of 4 answers), 5.1 GB in memory now" """
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
            parts.append(say("{size} in memory now", size=size_words(self.memory_bytes)))
        return f"{self.model_ref}, {self.quantization or say('quantization unknown')}: {', '.join(parts)}"


def measured_of(
    entry: Entry,
    catalogue: Catalogue,
    models: Iterable[ModelInfo],
    loaded: Mapping[str, LoadedModel],
    speeds: Mapping[str, WritingSpeed],
) -> Sequence[Measured]:
    """For each of the engines' models that is this entry, if something was measured."""
    found = []
    for model in models:
        now = loaded.get(model.ref)
        memory_bytes = now.size_bytes if now else None
        if catalogue.entry_of(model) == entry and (model.ref in speeds or memory_bytes):
            found.append(Measured(model.ref, model.quantization, speeds.get(model.ref), memory_bytes))
    return found
