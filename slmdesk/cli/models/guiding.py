"""`slmdesk models guide`: a few questions, then three models that fit, each with its reasons."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TypeVar

from slmdesk.base.errors import BadInput
from slmdesk.cli.models.choosing import card_json, check_names, context_of
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.config.paths import Paths, default_data_dir
from slmdesk.features.catalog.catalogue_file import CatalogueFile
from slmdesk.features.catalog.facts import UNKNOWN
from slmdesk.features.catalog.guide import Advice, Answers, advise, tasks_of
from slmdesk.features.catalog.listed import source_of
from slmdesk.services import Services

T = TypeVar("T")


def ask_first(chosen: Arguments, terminal: Terminal) -> None:
    """Put what is answered in the place of arguments; asks only where someone can answer, else BadInput."""
    if chosen.task:
        return
    catalogue = CatalogueFile(Paths(chosen.data_dir or default_data_dir())).current
    tasks = tasks_of(catalogue)
    if chosen.json or sys.stdin is None or not sys.stdin.isatty():
        raise BadInput(f"Say what it is for: --for {' | '.join(tasks)}.")
    countries = {code for entry in catalogue.entries for code in entry.countries}
    _ask_all(chosen, terminal, tasks, countries, set(catalogue.licences))


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 with at least one recommendation, 1 with none."""
    catalogue = services.catalogue.current
    check_names(chosen, catalogue)
    answers = _typed(chosen, services)
    advice = advise(catalogue, await services.machine.ask(), answers)
    if chosen.json:
        terminal.write_json(_json(answers, advice))
    else:
        terminal.write(_words(advice))
        for remark in advice.remarks:
            terminal.say(remark)
    return 0 if advice.recommendations else 1


def _typed(chosen: Arguments, services: Services) -> Answers:
    return Answers(
        task=chosen.task,
        must_stay_here=not chosen.anywhere,
        uses_gpu=chosen.has_gpu,
        memory_bytes=None if chosen.memory is None else int(chosen.memory * 1e9),
        countries_refused=tuple(chosen.not_from),
        licences_refused=tuple(chosen.not_under),
        is_commercial=chosen.commercial,
        context_tokens=context_of(chosen, services),
    )


def _ask_all(
    chosen: Arguments, terminal: Terminal, tasks: Sequence[str], countries: set[str], licences: set[str]
) -> None:
    """The questions one by one; an empty line leaves things as they are."""
    what = f"What shall it do ({', '.join(tasks)})?"
    chosen.task = _ask(terminal, what, lambda text: _one_of(text, tasks)) or "chat"
    if _ask(terminal, "Must it stay on this machine (yes)?", _is_yes) is False:
        chosen.anywhere = True
    if _ask(terminal, "May it use the graphics card, if there is one (yes)?", _is_yes) is False:
        chosen.has_gpu = False
    memory = "How many GB of memory may it take at most (all that is free)?"
    chosen.memory = _ask(terminal, memory, _gigabytes) or chosen.memory
    where = "From which countries not, such as CN US (none)?"
    chosen.not_from += _ask(terminal, where, lambda text: _all_of(text.upper(), countries)) or []
    under = "Under which licences not, such as gemma llama3.2 (none)?"
    chosen.not_under += _ask(terminal, under, lambda text: _all_of(text.casefold(), licences)) or []


def _ask(terminal: Terminal, question: str, read: Callable[[str], T]) -> T | None:
    """The answer, asked again while it makes no sense; None for an empty line and at the end of input."""
    while True:
        terminal.invite(f"{question} ")
        text = sys.stdin.readline().strip()
        if not text:
            return None
        try:
            return read(text)
        except ValueError as error:
            terminal.say(str(error))


def _one_of(text: str, names: Sequence[str]) -> str:
    found = [name for name in names if name.startswith(text.casefold())]
    if len(found) != 1:
        raise ValueError(f"“{text}” is none of them.")
    return found[0]


def _is_yes(text: str) -> bool:
    match text.casefold():
        case "y" | "yes":
            return True
        case "n" | "no":
            return False
    raise ValueError("Please answer yes or no.")


def _gigabytes(text: str) -> float:
    try:
        number = float(text.casefold().removesuffix("gb"))
    except ValueError:
        number = 0
    if not 0 < number < 100_000:
        raise ValueError(f"“{text}” is not a number of gigabytes.")
    return number


def _all_of(text: str, known: set[str]) -> list[str]:
    names = text.replace(",", " ").split()
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"“{unknown[0]}” is none of {', '.join(sorted(known))}.")
    return names


def _words(advice: Advice) -> str:
    blocks = []
    for number, one in enumerate(advice.recommendations, 1):
        name = source_of(one.card, one.card.best) or UNKNOWN
        reasons = "".join(f"   {reason}\n" for reason in one.reasons)
        blocks.append(f"{number}. {one.card.entry.name} ({name})\n{reasons}")
    return "\n".join(blocks)


def _json(answers: Answers, advice: Advice) -> dict[str, object]:
    return {
        "answers": asdict(answers),
        "recommendations": [
            {"role": one.role, "reasons": list(one.reasons), "model": card_json(one.card)}
            for one in advice.recommendations
        ],
        "remarks": list(advice.remarks),
    }
