"""Figures of a report in words: shares, intervals, seconds, and how questions are asked and compared."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from slmdesk.base.memory import size_words
from slmdesk.base.words import later, number, say
from slmdesk.features.evaluate.cell import Cell, CellState
from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.report.report import Report
from slmdesk.features.evaluate.setup import Asking, Setup, TargetKind
from slmdesk.features.evaluate.wording import kind_words, scoring_words

UNKNOWN = "–"

_STATES: Mapping[CellState, str] = {
    CellState.WAITING: later("not asked yet"),
    CellState.RUNNING: later("being asked"),
    CellState.DONE: later("answered"),
    CellState.FAILED: later("failed"),
}


def percent(share: float | None) -> str:
    """ "85.2 %"."""
    return UNKNOWN if share is None else say("{percent:.1f} %", percent=100 * share)


def interval(low: float | None, high: float | None) -> str:
    """ "71 to 93 %"."""
    if low is None or high is None:
        return UNKNOWN
    return say("{low:.0f} to {high:.0f} %", low=100 * low, high=100 * high)


def seconds(value: float | None) -> str:
    """ "0.42 s", without decimals from ten seconds on."""
    if value is None:
        return UNKNOWN
    return say("{seconds} s", seconds=number(value, ".2f" if value < 10 else ",.0f"))


def count(value: int | None) -> str:
    return UNKNOWN if value is None else number(value)


def size(size_bytes: int | None) -> str:
    return UNKNOWN if size_bytes is None else size_words(size_bytes)


def moment(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M UTC")


def state(cell: Cell) -> str:
    return say(_STATES[cell.state])


def kind(question: Question) -> str:
    """ "one of several: Low / High"."""
    words = kind_words(question.kind)
    choices = " / ".join(question.choices)
    return f"{words}: {choices}" if choices else words


def scoring(question: Question) -> str:
    """When an answer is right, with the model and the rubric that judge it."""
    rule = question.scoring
    parts = (scoring_words(question), rule.model_ref, rule.rubric)
    return " · ".join(part for part in parts if part)


def target(setup: Setup) -> str:
    """What is good enough."""
    if setup.target.kind is TargetKind.SHARE:
        return say("a score of at least {percent:g} %", percent=100 * setup.target.value)
    return say("at least {percent:g} % of the best score", percent=100 * setup.target.value)


def asking(setup: Setup) -> str:
    if setup.asking is Asking.TOGETHER:
        return say("one request a document, with a JSON schema of all questions")
    return say("one request a question, with the document first")


def settings(report: Report) -> Sequence[tuple[str, str]]:
    """How the models were asked: labels with their words."""
    setup, pack = report.setup, report.pack
    options = setup.options
    rows = [
        (say("Good enough"), target(setup)),
        (say("Way of asking"), asking(setup)),
        (say("Seeds"), ", ".join(map(str, setup.seeds))),
        (say("Temperature"), UNKNOWN if options.temperature is None else number(options.temperature, "g")),
        (say("Top-p"), UNKNOWN if options.top_p is None else number(options.top_p, "g")),
        (say("Longest answer (tokens)"), count(options.max_tokens)),
        (say("Context (tokens)"), count(options.context_tokens)),
        (say("Stop words"), " · ".join(options.stop)),
        (say("Thinking"), say("on") if setup.is_thinking else say("off")),
        (say("Instructions"), pack.instructions),
        (say("Votes"), "; ".join(" + ".join(group) for group in setup.votes)),
        (say("Language of the pack"), pack.language),
        (say("Licence of the pack"), pack.licence),
    ]
    return [(label, words) for label, words in rows if words.strip()]
