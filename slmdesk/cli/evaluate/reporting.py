"""`slmdesk eval export` and `report`: what was answered, as files for others."""

import asyncio
from pathlib import Path

from slmdesk.cli.evaluate.stored import stored_evaluation
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.features.evaluate.report.making import report_of
from slmdesk.features.evaluate.report.report import Report
from slmdesk.features.evaluate.report.writing import write_report, writer
from slmdesk.services import Services

MISSED = 1


async def run_export(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0, or 1 where a typed target is missed; raises BadInput."""
    assert chosen.output is not None  # noqa: S101 (the parser requires it)
    return await _run(chosen, services, terminal, chosen.format or chosen.output.suffix.removeprefix("."))


async def run_report(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """As `run_export`, always a page."""
    return await _run(chosen, services, terminal, "html")


async def _run(chosen: Arguments, services: Services, terminal: Terminal, kind: str) -> int:
    write = writer(Path(f"report.{kind}"))
    terminal.status("reading the stored answers")
    report = await report_of(services, await stored_evaluation(chosen, services))
    assert chosen.output is not None  # noqa: S101 (the parser requires it)
    terminal.status(f"writing {chosen.output.name}")
    await asyncio.to_thread(write_report, report, chosen.output, write)
    terminal.clear_status()
    for sentence in report.verdict_words:
        terminal.say(sentence)
    terminal.say(f"Saved as {chosen.output}.")
    return target_code(chosen, report)


def target_code(chosen: Arguments, report: Report) -> int:
    """1 where a target was typed that no model reaches."""
    if chosen.target is None:
        return 0
    needed = report.target_share
    scores = [model.score for model in report.models if model.score is not None]
    is_reached = needed is not None and any(score >= needed - 1e-9 for score in scores)
    return 0 if is_reached else MISSED
