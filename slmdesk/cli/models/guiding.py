"""`slmdesk models guide`: a few questions, then three models that fit, each with its reasons."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import TypeVar

from slmdesk.base.errors import BadInput
from slmdesk.cli.models.choosing import card_json, check_names, context_of
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.features.catalog.catalogue import Catalogue
from slmdesk.features.catalog.guide import Advice, Answers, advise, tasks_of
from slmdesk.services import Services

T = TypeVar("T")


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 with at least one recommendation, 1 with none. Asks only where someone can answer."""
    catalogue = services.catalogue.current
    check_names(chosen, catalogue)
    answers = _typed(chosen, services)
    if not chosen.task:
        if chosen.json or sys.stdin is None or not sys.stdin.isatty():
            raise BadInput(f"Say what it is for: --for {' | '.join(tasks_of(catalogue))}.")
        answers = _asked(answers, catalogue, terminal)
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


def _asked(answers: Answers, catalogue: Catalogue, terminal: Terminal) -> Answers:
    """The questions one by one; an empty line leaves an answer as it is."""
    tasks = tasks_of(catalogue)
    task = _ask(terminal, f"What shall it do ({', '.join(tasks)})?", lambda text: _one_of(text, tasks))
    stays = _ask(terminal, "Must it stay on this machine (yes)?", _is_yes)
    uses_gpu = _ask(terminal, "May it use the graphics card, if there is one (yes)?", _is_yes)
    memory = _ask(terminal, "How many GB of memory may it take at most (all that is free)?", _memory)
    countries = _ask(terminal, "From which countries not, such as CN US (none)?", str.split)
    licences = _ask(terminal, "Under which licences not, such as gemma llama3.2 (none)?", str.split)
    return replace(
        answers,
        task=task or "chat",
        must_stay_here=answers.must_stay_here if stays is None else stays,
        uses_gpu=answers.uses_gpu if uses_gpu is None else uses_gpu,
        memory_bytes=answers.memory_bytes if memory is None else memory,
        countries_refused=(*answers.countries_refused, *(countries or ())),
        licences_refused=(*answers.licences_refused, *(licences or ())),
    )


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


def _memory(text: str) -> int:
    try:
        number = float(text.casefold().removesuffix("gb"))
    except ValueError:
        number = 0
    if not 0 < number < 100_000:
        raise ValueError(f"“{text}” is not a number of gigabytes.")
    return int(number * 1e9)


def _words(advice: Advice) -> str:
    blocks = []
    for number, one in enumerate(advice.recommendations, 1):
        name = one.card.best.quantization.ollama or one.card.entry.hugging_face or one.card.entry.id
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
