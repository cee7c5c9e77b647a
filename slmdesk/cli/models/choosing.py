"""What the actions about the catalogue share: what was asked, what was measured, and the JSON of cards."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from slmdesk.base.errors import BadInput, StoreError
from slmdesk.cli.parser import Arguments
from slmdesk.features.catalog.cards import Card, Wanted
from slmdesk.features.catalog.catalogue import Catalogue
from slmdesk.features.catalog.entry import Entry
from slmdesk.features.catalog.estimate import Estimate
from slmdesk.features.catalog.guide import tasks_of
from slmdesk.features.catalog.measured import Measured, measured_of
from slmdesk.services import Services
from slmdesk.store.speeds import WritingSpeed, stored_speeds, writing_speeds


def wanted_of(chosen: Arguments) -> Wanted:
    """The filters of `models list`."""
    return Wanted(
        words=" ".join(chosen.words),
        families=tuple(chosen.family),
        size_classes=tuple(name.capitalize() for name in chosen.size_class),  # type: ignore[misc]  # choices
        capabilities=tuple(chosen.can),
        tasks=(chosen.task,) if chosen.task else (),
        countries_refused=tuple(chosen.not_from),
        licences_refused=tuple(chosen.not_under),
        is_commercial=chosen.commercial,
        is_possible=chosen.fits,
    )


def check_names(chosen: Arguments, catalogue: Catalogue) -> None:
    """A task, country or licence that no entry has is a slip: it would filter in silence. Raises BadInput."""
    countries = {code for entry in catalogue.entries for code in entry.countries}
    licences = {name for one in catalogue.licences.values() for name in (one.id, one.name.casefold())}
    known = (
        ("task", [chosen.task] if chosen.task else [], set(tasks_of(catalogue))),
        ("country", [code.upper() for code in chosen.not_from], countries),
        ("licence", [name.casefold() for name in chosen.not_under], licences),
    )
    for kind, names, all_names in known:
        for name in names:
            if name not in all_names:
                shown = sorted(catalogue.licences) if kind == "licence" else sorted(all_names)
                raise BadInput(f"The catalogue has no {kind} “{name}”. There are: {', '.join(shown)}.")


def context_of(chosen: Arguments, services: Services) -> int:
    """The context that the estimate is for."""
    return chosen.context or services.settings.default_context_tokens


async def measured_here(entry: Entry, services: Services) -> Sequence[Measured]:
    """What was measured of an entry; nothing where the store cannot be read."""
    models, seen = services.registry.models(), services.memory_seen.all()
    return measured_of(entry, services.catalogue.current, models, seen, await _speeds(services))


async def _speeds(services: Services) -> Mapping[str, WritingSpeed]:
    """By the answers that are stored, also where a window has the data folder, else by the tests."""
    tests = await asyncio.to_thread(services.speed_tests.speeds)
    with contextlib.suppress(StoreError):
        if services.lock is None:
            return {**tests, **await stored_speeds(services.paths.database)}
        return {**tests, **await writing_speeds(services.database)}
    return tests


def card_json(card: Card) -> dict[str, Any]:
    """All facts of an entry, and what was worked out of them."""
    return {
        **asdict(card.entry),
        "licence": asdict(card.licence),
        "size_class": card.size_class,
        "openness": {"points": card.openness.points, "parts": [asdict(part) for part in card.openness.parts]},
        "estimates": [estimate_json(choice) for choice in card.choices],
        "recommended": card.best.quantization.name,
    }


def estimate_json(choice: Estimate) -> dict[str, Any]:
    """One quantization with its sum; the range of speed is None where nothing measured speaks for it."""
    return {
        "quantization": choice.quantization.name,
        "context_tokens": choice.context_tokens,
        "cache_type": choice.cache_type,
        "verdict": choice.verdict,
        "place": choice.place,
        "needed_bytes": choice.fit.needed_bytes,
        "free_bytes": choice.fit.free_bytes,
        "lines": [asdict(line) for line in choice.lines],
        "tokens_per_s": None
        if choice.speed is None
        else [round(choice.speed.least_tokens_per_s, 1), round(choice.speed.most_tokens_per_s, 1)],
    }
