"""The guide: a few questions, then three models that fit, each with its reasons."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from slmdesk.base.machine import Machine
from slmdesk.base.memory import gigabytes
from slmdesk.base.words import counted, later, say
from slmdesk.features.catalog.cards import Card, Wanted, cards, matching
from slmdesk.features.catalog.catalogue import Catalogue
from slmdesk.features.catalog.estimate import recommended
from slmdesk.features.catalog.speed import SLOW_TOKENS_PER_S
from slmdesk.features.catalog.terms import term

Role: TypeAlias = Literal["best", "lighter", "most open", "another"]

RECOMMENDED = 3
_BILLION = 1_000_000_000
_FIRST_YEAR = 2023
_WITHOUT_WORDS = "search"  # the one task of models that answer with vectors


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered. `task` is one of `tasks_of`; `memory_bytes` caps what a model may take.

    `uses_gpu` False leaves the graphics card to other programs; countries are two-letter codes, licences
    ids or names.
    """

    task: str
    must_stay_here: bool = True
    uses_gpu: bool = True
    memory_bytes: int | None = None
    countries_refused: Collection[str] = ()
    licences_refused: Collection[str] = ()
    is_commercial: bool = False
    context_tokens: int = 4096


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One model and the role it has among the three; `reasons` are phrases."""

    card: Card
    role: Role
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """Up to three recommendations; `remarks` say what else is to know, such as why there are fewer."""

    recommendations: tuple[Recommendation, ...]
    remarks: tuple[str, ...]


def tasks_of(catalogue: Catalogue) -> Sequence[str]:
    """Every task that an entry is good for, in alphabetical order."""
    return sorted({task for entry in catalogue.entries for task in entry.tasks})


def advise(catalogue: Catalogue, machine: Machine, answers: Answers) -> Advice:
    """Three models for these answers; only such as fit, and none where none does."""
    usable = machine if answers.uses_gpu else replace(machine, free_video_bytes=0)
    suited = matching(
        cards(catalogue, usable, answers.context_tokens),
        Wanted(
            tasks=(answers.task,),
            capabilities=() if answers.task == _WITHOUT_WORDS else ("chat",),  # not what only fills gaps
            countries_refused=answers.countries_refused,
            licences_refused=answers.licences_refused,
            is_commercial=answers.is_commercial,
        ),
    )
    fitting = [card for one in suited if (card := _within(one, answers.memory_bytes))]
    chosen = _three(sorted(fitting, key=_worth, reverse=True))
    remarks = (*_shortage(suited, fitting, answers), *_elsewhere(answers))
    reasoned = [Recommendation(card, role, _reasons(card, role, answers.task)) for card, role in chosen]
    return Advice(tuple(reasoned), remarks)


def _within(card: Card, most_bytes: int | None) -> Card | None:
    """The card with the best form that fits and takes no more than this; None where none does."""
    fitting = [
        choice
        for choice in card.choices
        if choice.is_possible and (most_bytes is None or (choice.fit.needed_bytes or 0) <= most_bytes)
    ]
    return replace(card, best=recommended(card.entry, fitting)) if fitting else None


def _worth(card: Card) -> float:
    """How able a model is, as far as size, age and purpose tell; to be slow or tight costs."""
    entry = card.entry
    total = entry.parameters or _BILLION
    size = math.log2(math.sqrt(total * (entry.active_parameters or total)) / _BILLION)
    age = (_months(entry.released) - _FIRST_YEAR * 12) / 12
    speed = card.best.speed.most_tokens_per_s if card.best.speed else SLOW_TOKENS_PER_S
    slowness = max(0.0, math.log2(SLOW_TOKENS_PER_S / speed))
    is_tight = card.best.fit.kind == "tight"
    is_special = len(entry.tasks) == 1
    return size + 0.6 * age + 0.5 * is_special - 1.5 * slowness - 0.5 * is_tight


def _months(released: str | None) -> int:
    if released is None:
        return _FIRST_YEAR * 12
    year, _, month = released.partition("-")
    return int(year) * 12 + int(month)


def _three(fitting: Sequence[Card]) -> Sequence[tuple[Card, Role]]:
    """The best, the best of those half as large, the most open of the rest; of different makers."""
    if not fitting:
        return []
    best = fitting[0]
    chosen: list[tuple[Card, Role]] = [(best, "best")]
    half = (best.best.fit.needed_bytes or 0) / 2
    if light := [card for card in fitting[1:] if (card.best.fit.needed_bytes or 0) <= half]:
        chosen.append((_of_another_maker(light, chosen), "lighter"))
    opener = [card for card in _not_of(chosen, fitting) if card.openness.points > best.openness.points]
    if opener:
        most = max(card.openness.points for card in opener)
        chosen.append((next(card for card in opener if card.openness.points == most), later("most open")))
    while len(chosen) < RECOMMENDED and len(chosen) < len(fitting):
        rest = [card for card in fitting if all(card is not taken for taken, _role in chosen)]
        chosen.append((_of_another_maker(rest, chosen), "another"))
    return chosen


def _not_of(chosen: Sequence[tuple[Card, Role]], some: Sequence[Card]) -> Sequence[Card]:
    """Those of other makers."""
    taken = {card.entry.maker for card, _role in chosen}
    return [card for card in some if card.entry.maker not in taken]


def _of_another_maker(some: Sequence[Card], chosen: Sequence[tuple[Card, Role]]) -> Card:
    return next(iter(_not_of(chosen, some)), some[0])


def _reasons(card: Card, role: Role, task: str) -> tuple[str, ...]:
    reasons = {
        "best": say("the most able one for {task} that fits here", task=term(task)),
        "lighter": say("good for {task} with half the memory or less", task=term(task)),
        later("most open"): say(
            "more of it is published: openness {points} of 100", points=card.openness.points
        ),
        "another": say("good for {task}, too", task=term(task)),
    }
    found = [reasons[role], say("{words} as {name}", words=card.best.words, name=card.best.quantization.name)]
    if card.best.speed:
        found.append(say("{words} to expect on this processor", words=card.best.speed.words))
    found.append(
        say(
            "{name}, commercial use: {commercial}",
            name=card.licence.name,
            commercial=term(card.licence.commercial),
        )
    )
    return tuple(found)


def _shortage(suited: Sequence[Card], fitting: Sequence[Card], answers: Answers) -> Sequence[str]:
    """Why there are fewer than three."""
    if not suited:
        return [
            say(
                "No model of the catalogue is good for {task} under these conditions.",
                task=term(answers.task),
            )
        ]
    if fitting:
        return (
            []
            if len(fitting) >= RECOMMENDED
            else [say("Only {fitting} of {suited} fit here.", fitting=len(fitting), suited=len(suited))]
        )
    sizes = [card.best.fit.needed_bytes for card in suited if card.best.fit.needed_bytes]
    shortage = counted(
        len(suited),
        "Nothing fits: {count} model is good for {task}, too large now.",
        "Nothing fits: {count} models are good for {task}, all too large now.",
        task=term(answers.task),
    )
    if not sizes:
        return [shortage]
    return [f"{shortage} {say('The smallest needs {least} GB.', least=gigabytes(min(sizes)))}"]


def _elsewhere(answers: Answers) -> Sequence[str]:
    if answers.must_stay_here:
        return []
    return [
        say("Since it need not stay on this machine: a server can be added in Settings, with larger models.")
    ]
