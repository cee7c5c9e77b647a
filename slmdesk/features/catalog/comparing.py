"""Two to four models side by side, a line for each thing that tells them apart."""

from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.base.errors import BadInput
from slmdesk.base.memory import size_words
from slmdesk.features.catalog.cards import Card
from slmdesk.features.catalog.facts import (
    UNKNOWN,
    architecture_words,
    context_words,
    language_words,
    maker_words,
    parameter_words,
)

LEAST, MOST = 2, 4


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """One thing, with a value for each model in their order; `is_same` where all agree."""

    name: str
    values: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return len(set(self.values)) == 1


def compared(chosen: Sequence[Card]) -> Sequence[ComparedLine]:
    """The table of these models; raises BadInput for fewer than two, more than four, or one twice."""
    ids = [card.entry.id for card in chosen]
    if not LEAST <= len(ids) <= MOST:
        raise BadInput(f"From {LEAST} to {MOST} models can be compared, not {len(ids)}.")
    if len(set(ids)) < len(ids):
        raise BadInput("A model stands there twice.")
    columns = [_column(card) for card in chosen]
    return [ComparedLine(name, tuple(column[name] for column in columns)) for name in columns[0]]


def _column(card: Card) -> dict[str, str]:
    entry, licence = card.entry, card.licence
    return {
        "model": entry.name,
        "maker": maker_words(entry),
        "released": entry.released or UNKNOWN,
        "class": card.size_class or UNKNOWN,
        "parameters": parameter_words(entry),
        "architecture": architecture_words(entry),
        "context": context_words(entry.context_tokens),
        "licence": licence.name,
        "commercial use": licence.commercial,
        "openness": card.openness.words,
        "can": ", ".join(entry.capabilities) or UNKNOWN,
        "good for": ", ".join(entry.tasks) or UNKNOWN,
        "languages": language_words(entry),
        "quantization": card.best.quantization.name,
        "download": _download(card),
        "this machine": card.best.words,
        "speed to expect": card.best.speed.words if card.best.speed else UNKNOWN,
    }


def _download(card: Card) -> str:
    if not card.best.fit.weights_bytes:
        return UNKNOWN
    about = "" if card.best.quantization.size_bytes is not None else "about "
    return f"{about}{size_words(card.best.fit.weights_bytes)}"
