"""`slmdesk eval run`: ask what is not answered yet, then say which model is good enough."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from slmdesk.base.errors import BadInput, SlmdeskError
from slmdesk.base.words import counted
from slmdesk.cli.evaluate.reporting import target_code
from slmdesk.cli.evaluate.setup_arguments import setup_of
from slmdesk.cli.evaluate.stored import pack_and_setup, stored_evaluation
from slmdesk.cli.parser import Arguments
from slmdesk.cli.table import table
from slmdesk.cli.terminal import Terminal
from slmdesk.features.evaluate.checking import problems
from slmdesk.features.evaluate.evaluation import Evaluation, RunProgress
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.report import figures
from slmdesk.features.evaluate.report.making import report_of
from slmdesk.features.evaluate.report.plain import to_plain
from slmdesk.features.evaluate.report.report import Report
from slmdesk.features.evaluate.report.writing import write_report, writer
from slmdesk.features.evaluate.unscored import unscored, waiting_words
from slmdesk.services import Services

FAILED = 1
_TICK_S = 0.2
_MOST_PROBLEMS = 5


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when all is answered; 1 when an answer failed, or has no score from the model that was to give it,
    or a typed target is missed. Raises SlmdeskError.

    Ctrl+C keeps what was answered.
    """
    evaluation = await _prepared(chosen, services, terminal)
    await _check(evaluation.pack, terminal)
    await _ask(evaluation, terminal)
    for ref, problem in evaluation.problems.items():
        terminal.say(f"{ref}: {problem}")
    if evaluation.failed_count:
        terminal.say(f"{evaluation.failed_count:,} requests failed; the same command asks them again.")
    waiting = Counter(waiting_words(one.question) for one in unscored(evaluation))
    for why, count in waiting.items():
        terminal.say(f"{count:,} without a score: {why}")
    report = await report_of(services, evaluation)
    if chosen.json:
        terminal.write_json(to_plain(report))
    else:
        terminal.write(_words(report))
    if chosen.html is not None:
        await asyncio.to_thread(write_report, report, chosen.html, writer(Path("report.html")))
        terminal.say(f"Saved as {chosen.html}.")
    is_whole = evaluation.progress.done == evaluation.progress.total and not waiting
    return target_code(chosen, report) if is_whole else FAILED


async def _prepared(chosen: Arguments, services: Services, terminal: Terminal) -> Evaluation:
    """With what is stored; says what is left and what that costs."""
    _require_engines(chosen.hosts, services)
    if chosen.resume and not chosen.model:
        return await stored_evaluation(chosen, services)
    pack, base = await pack_and_setup(chosen.pack, services)
    refs = [_ref(services, model) for model in chosen.model] or base.model_refs
    if not refs:
        raise BadInput("No model is chosen.", next_step="Name at least one with -m.")
    setup = setup_of(chosen, refs, base)
    evaluation = services.evaluation(pack, setup)
    await evaluation.use(pack, setup)
    progress = evaluation.progress
    if progress.done:
        terminal.say(f"{progress.done:,} of {progress.total:,} answers are there already.")
    elif chosen.resume:
        terminal.say("Nothing of this run is stored: it begins.")
    if progress.done < progress.total:
        price = evaluation.price()
        terminal.say(price.words)
        if chosen.asking is None and price.recommended is not setup.asking:
            terminal.say(f"{price.why} Add --{price.recommended.replace('_', '-')}.")
    return evaluation


async def _check(pack: Pack, terminal: Terminal) -> None:
    """Says what makes the scores less worth; raises BadInput for what keeps the pack from being run."""
    found = await asyncio.to_thread(problems, pack)
    for problem in found[:_MOST_PROBLEMS]:
        if problem.is_blocking:
            raise BadInput(problem.words, next_step=problem.next_step)
        terminal.say(f"{problem.words} {problem.next_step}")
    if more := len(found[_MOST_PROBLEMS:]):
        terminal.say(
            counted(more, "And {count} more problem of the pack.", "And {count:,} more problems of the pack.")
        )


async def _ask(evaluation: Evaluation, terminal: Terminal) -> None:
    async def tell() -> None:
        while True:
            terminal.status(_progress_words(evaluation.progress))
            await asyncio.sleep(_TICK_S)

    try:
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(tell())
            await evaluation.run()
            telling.cancel()
    except* SlmdeskError as errors:
        terminal.say(_sentence(errors))
    finally:
        terminal.clear_status()


def _sentence(errors: BaseExceptionGroup[SlmdeskError]) -> str:
    """Of the first: the answers are kept, and what is there is told all the same."""
    first = errors.exceptions[0]
    return _sentence(first) if isinstance(first, BaseExceptionGroup) else first.sentence()


def _progress_words(progress: RunProgress) -> str:
    parts = [f"{progress.done:,} of {progress.total:,} answers"]
    if progress.model_ref:
        parts.append(f"{progress.model_ref}, {progress.document}")
    if progress.seconds_left is not None:
        parts.append(f"about {progress.seconds_left:,.0f} s left")
    return " · ".join(parts)


def _words(report: Report) -> str:
    rows = [("model", "score", "95 % interval", "answers", "failed", "s/answer", "memory"), *_rows(report)]
    verdict = "\n".join(report.verdict_words)
    return f"{table(rows)}\n{verdict}\n"


def _rows(report: Report) -> Iterator[Sequence[str]]:
    for model in report.models:
        yield (
            model.ref,
            figures.percent(model.score),
            figures.interval(model.low, model.high),
            figures.count(model.done),
            figures.count(model.failed),
            figures.seconds(model.answer_s),
            figures.size(report.facts_of(model.ref).memory_bytes),
        )


def _require_engines(names: Sequence[str], services: Services) -> None:
    known = [engine.id for engine in services.registry.engines]
    for name in names:
        if name not in known:
            raise BadInput(f"There is no engine “{name}”.", next_step=f"There are: {', '.join(known)}.")


def _ref(services: Services, model: str) -> str:
    """`engine/model`, also for a bare name; raises ModelMissing."""
    engine, name = services.registry.resolve(model)
    return f"{engine.id}/{name}"
