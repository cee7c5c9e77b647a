"""`slmdesk models list --catalogue`: what can be had, with what each model needs here."""

from slmdesk.base.memory import size_words
from slmdesk.cli.models.choosing import card_json, check_names, context_of, wanted_of
from slmdesk.cli.parser import Arguments
from slmdesk.cli.table import table
from slmdesk.cli.terminal import Terminal
from slmdesk.features.catalog.cards import Card, cards, matching, ordered
from slmdesk.features.catalog.facts import UNKNOWN, context_words, maker_words, parameter_words
from slmdesk.services import Services

_HEADINGS = (
    "MODEL",
    "CLASS",
    "PARAMETERS",
    "SIZE",
    "QUANTIZATION",
    "CONTEXT",
    "LICENCE",
    "MAKER",
    "OPEN",
    "THIS MACHINE",
    "SPEED",
)


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when at least one entry is such."""
    catalogue = services.catalogue.current
    check_names(chosen, catalogue)
    priced = cards(catalogue, await services.machine.ask(), context_of(chosen, services))
    found = ordered(matching(priced, wanted_of(chosen)), chosen.sort, is_reversed=chosen.reverse)
    if chosen.json:
        terminal.write_json({"updated": catalogue.updated, "models": [card_json(card) for card in found]})
    elif found:
        terminal.write(table([_HEADINGS, *map(_row, found)]))
        terminal.say(f"{len(found)} of {len(priced)} models; facts of {catalogue.updated}.")
    else:
        terminal.say("No model of the catalogue is such. Leave out a filter.")
    return 0 if found else 1


def _row(card: Card) -> tuple[str, ...]:
    entry, best = card.entry, card.best
    about = "" if best.quantization.size_bytes is not None else "~"
    return (
        entry.id,
        card.size_class or UNKNOWN,
        parameter_words(entry),
        f"{about}{size_words(best.fit.weights_bytes)}" if best.fit.weights_bytes else UNKNOWN,
        best.quantization.name,
        context_words(entry.context_tokens),
        card.licence.name,
        maker_words(entry),
        str(card.openness.points),
        best.words,
        best.speed.words if best.speed else "",
    )
