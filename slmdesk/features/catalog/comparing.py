"""Two to four models side by side, a line for each thing that tells them apart."""

from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.base.errors import BadInput
from slmdesk.base.memory import size_words
from slmdesk.base.words import later, say
from slmdesk.features.catalog.cards import Card
from slmdesk.features.catalog.facts import (
    UNKNOWN,
    architecture_words,
    context_words,
    language_words,
    maker_words,
    parameter_words,
)
from slmdesk.features.catalog.terms import term

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
        raise BadInput(
            say(
                "From {least} to {most} models can be compared, not {count}.",
                least=LEAST,
                most=MOST,
                count=len(ids),
            )
        )
    if len(set(ids)) < len(ids):
        raise BadInput(say("A model stands there twice."))
    columns = [_column(card) for card in chosen]
    return [ComparedLine(say(name), tuple(column[name] for column in columns)) for name in columns[0]]


def _column(card: Card) -> dict[str, str]:
    entry, licence = card.entry, card.licence
    return {
        later("model"): entry.name,
        later("maker"): maker_words(entry),
        later("released"): entry.released or say(UNKNOWN),
        later("class"): card.size_class or say(UNKNOWN),
        later("parameters"): parameter_words(entry),
        later("architecture"): architecture_words(entry),
        later("context"): context_words(entry.context_tokens),
        later("licence"): licence.name,
        later("commercial use"): term(licence.commercial),
        later("openness"): card.openness.words,
        later("can"): ", ".join(map(term, entry.capabilities)) or say(UNKNOWN),
        later("good for"): ", ".join(map(term, entry.tasks)) or say(UNKNOWN),
        later("languages"): language_words(entry),
        later("quantization"): card.best.quantization.name,
        later("download"): _download(card),
        later("this machine"): card.best.words,
        later("speed to expect"): card.best.speed.words if card.best.speed else say(UNKNOWN),
    }


def _download(card: Card) -> str:
    if not card.best.fit.weights_bytes:
        return say(UNKNOWN)
    size = size_words(card.best.fit.weights_bytes)
    is_known = card.best.quantization.size_bytes is not None
    return size if is_known else say("about {size}", size=size)
