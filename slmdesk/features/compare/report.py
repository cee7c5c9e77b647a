"""A comparison or a batch as it may be exported: what the rules of a blind run hide stays hidden."""

from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.base.words import later, say
from slmdesk.engines.answer_words import answer_figures
from slmdesk.engines.base import Timings
from slmdesk.features.compare.batch import Batch
from slmdesk.features.compare.comparison import Comparison
from slmdesk.features.compare.fairness import Fairness, MachineState, facts_of, judge
from slmdesk.features.compare.lane import Lane, LaneTurn
from slmdesk.features.compare.rating import settings_words

NOT_SHOWN = later("Not shown before the vote.")


@dataclass(frozen=True, slots=True)
class ReportLane:
    """One answer; figures, model and settings are empty while a blind run hides them."""

    name: str
    model_ref: str
    settings: str
    state: str
    text: str
    thinking: str
    error: str
    figures: str
    timings: Timings
    history: tuple[LaneTurn, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One prompt with its answers, from left to right."""

    prompt: str
    lanes: tuple[ReportLane, ...]
    vote: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """`created_at` in Unix seconds, None if it is not known; `fairness` is None while names are hidden."""

    title: str
    rows: tuple[ReportRow, ...]
    fairness: Fairness | None = None
    created_at: float | None = None


def report_of(comparison: Comparison) -> Report:
    """The question on the screen, with what each column was told before."""
    view, lanes = comparison.view, comparison.lanes
    shown = tuple(
        _lane(lanes[index], name) if view.shows_figures else _hidden(lanes[index], name, view.shows_texts)
        for index, name in zip(view.order, view.names, strict=True)
    )
    fairness = _fairness(lanes, comparison.is_sequential, comparison.machine) if view.shows_figures else None
    return Report(
        say("Comparison"), (ReportRow(_asked(comparison), shown, _vote_words(comparison)),), fairness
    )


def report_of_batch(batch: Batch) -> Report:
    """Every prompt of the list with what it has so far; the fairness is that of the first row."""
    rows = tuple(
        ReportRow(prompt, tuple(_lane(lane, lane.name) for lane in batch.row(number)))
        for number, prompt in enumerate(batch.prompts)
    )
    fairness = _fairness(batch.row(0), batch.is_sequential, batch.machine) if batch.prompts else None
    return Report(batch.name or say("Prompts"), rows, fairness, batch.created_at)


def _lane(lane: Lane, name: str) -> ReportLane:
    answer = lane.answer
    return ReportLane(
        name=name,
        model_ref=lane.spec.model_ref,
        settings=settings_words(lane.spec),
        state=answer.state.value if answer else "waiting",
        text=answer.text if answer else "",
        thinking=answer.thinking if answer else "",
        error=answer.error.sentence() if answer and answer.error else "",
        figures=answer_figures(answer) if answer else "",
        timings=answer.timings if answer else Timings(),
        history=lane.history,
    )


def _hidden(lane: Lane, name: str, shows_text: bool) -> ReportLane:
    text = lane.answer.text if lane.answer and shows_text else say(NOT_SHOWN)
    return ReportLane(name, "", "", "", text, "", "", "", Timings())


def _fairness(lanes: Sequence[Lane], is_sequential: bool, machine: MachineState) -> Fairness:
    return judge(facts_of(lanes), is_sequential=is_sequential, machine=machine)


def _asked(comparison: Comparison) -> str:
    """The prompt, with the names of what was attached to it."""
    names = ", ".join(f"{' '.join(each.name.split())} ({each.kind})" for each in comparison.attachments)
    return f"{comparison.prompt}\n\nAttached: {names}" if names else comparison.prompt


def _vote_words(comparison: Comparison) -> str:
    if comparison.vote is None:
        return ""
    kind, best = comparison.vote
    if kind == "best" and best is not None:
        words = say("Best: {name}", name=comparison.lanes[best].name)
    else:
        words = say("A tie") if kind == "tie" else say("None good")
    blind = f" {say('(the columns were blind)')}" if comparison.blind_seed is not None else ""
    return f"{words}{blind}."
