"""`slmdesk models show`: all facts of one model, or two to four side by side."""

import shutil
from collections.abc import Iterator

from slmdesk.cli.models.choosing import card_json, context_of, measured_here
from slmdesk.cli.parser import Arguments
from slmdesk.cli.table import side_by_side, table
from slmdesk.cli.terminal import Terminal
from slmdesk.features.catalog.cards import Card, card_of
from slmdesk.features.catalog.comparing import compared
from slmdesk.features.catalog.facts import (
    UNKNOWN,
    architecture_words,
    context_words,
    country_name,
    language_words,
    licence_words,
    parameter_words,
)
from slmdesk.features.catalog.listed import source_of
from slmdesk.features.catalog.size_classes import advice_on
from slmdesk.services import Services


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0; an unknown name raises BadInput."""
    catalogue = services.catalogue.current
    entries = [catalogue.named(name) for name in chosen.models]
    machine, context_tokens = await services.machine.ask(), context_of(chosen, services)
    cards = [card_of(catalogue, entry, machine, context_tokens) for entry in entries]
    lines = compared(cards) if len(cards) > 1 else ()
    if chosen.json:
        terminal.write_json({"models": [card_json(card) for card in cards]})
    elif lines:
        rows = [(line.name, *line.values) for line in lines]
        terminal.write(side_by_side(rows, shutil.get_terminal_size().columns))
    else:
        measured = await measured_here(cards[0].entry, services)
        terminal.write(table([*_facts(cards[0]), *(("measured here", one.words) for one in measured)]))
    return 0


def _facts(card: Card) -> Iterator[tuple[str, str]]:
    entry = card.entry
    countries = ", ".join(map(country_name, entry.countries)) or UNKNOWN
    yield "name", entry.name
    yield "Ollama", ", ".join(entry.ollama) or "not in its library"
    yield "Hugging Face", entry.hugging_face or UNKNOWN
    yield "maker", f"{entry.maker} ({countries})"
    yield "released", entry.released or UNKNOWN
    yield "parameters", parameter_words(entry)
    if card.size_class:
        advice = advice_on(card.size_class)
        yield "class", f"{advice.size_class} ({advice.parameters}): about {advice.memory}, for {advice.use}"
    yield "architecture", architecture_words(entry)
    yield "context", f"{context_words(entry.context_tokens)} tokens"
    yield "can", ", ".join(entry.capabilities) or UNKNOWN
    yield "good for", ", ".join(entry.tasks) or UNKNOWN
    yield "languages", language_words(entry)
    yield "licence", licence_words(card.licence)
    for condition in card.licence.conditions:
        yield "", condition
    yield "openness", card.openness.words
    for part in card.openness.parts:
        yield "", f"{part.points} of {part.most}: {part.reason}"
    for choice in card.choices:
        mark = " (recommended)" if choice is card.best else ""
        source = source_of(card, choice) or "not to be had for the engines here"
        speed = f", {choice.speed.words}" if choice.speed else ""
        yield choice.quantization.name, f"{choice.words}{speed}; {source}{mark}"
