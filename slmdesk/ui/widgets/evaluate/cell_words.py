"""What stands in a cell of the results, how it looks, and what is said of it at length."""

from dataclasses import dataclass
from enum import Enum, auto

from slmdesk.base.words import number
from slmdesk.features.evaluate.cell import Cell, CellState
from slmdesk.features.evaluate.pack import NOT_STATED
from slmdesk.features.evaluate.score import Score
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.chip import Tone
from slmdesk.ui.widgets.evaluate.figures import per_cent, seconds

NOTHING = "—"
MOST_CHARACTERS = 120  # of an answer in a cell: it is cut by its width anyway


class Mark(Enum):
    """A shape beside the colour, for those who do not see the colour."""

    NONE = auto()
    RIGHT = auto()
    PARTIAL = auto()
    WRONG = auto()
    PROBLEM = auto()


@dataclass(frozen=True, slots=True)
class Look:
    """`said` is what the colour says, in words."""

    text: str
    tone: Tone
    mark: Mark
    said: str
    is_corrected: bool = False


def look_of(cell: Cell) -> Look:
    """How a cell stands in the matrix."""
    match cell.state:
        case CellState.WAITING:
            return Look("…", "plain", Mark.NONE, tr("waiting"))
        case CellState.RUNNING:
            return Look(tr("running…"), "accent", Mark.NONE, tr("running…"))
        case CellState.FAILED:
            return Look(tr("failed"), "bad", Mark.PROBLEM, tr("failed"))
    text = answer_words(cell)
    if cell.correction is None and not cell.is_valid:
        return Look(text if cell.answer else tr("not valid"), "bad", Mark.PROBLEM, tr("not valid"))
    if (score := cell.counted) is None:
        return Look(text, "plain", Mark.NONE, tr("nothing expected"))
    tone, mark = _look_of_score(score)
    return Look(text, tone, mark, score_words(score), cell.correction is not None)


def answer_words(cell: Cell) -> str:
    """The answer on one line; a dash where neither an answer nor a score is."""
    text = " ".join(cell.answer[: 2 * MOST_CHARACTERS].split())[:MOST_CHARACTERS]
    if cell.counted is None and text in {"", NOT_STATED}:
        return NOTHING
    return tr("not stated") if text == NOT_STATED else text or tr("no answer")


def score_words(score: Score) -> str:
    """ "right", "wrong", "partly right: 67 %"."""
    if score.is_right:
        return tr("right")
    if score.is_wrong and score.value == 0:
        return tr("wrong")
    share = per_cent(score.value)
    return tr("wrong: {0}").format(share) if score.is_wrong else tr("partly right: {0}").format(share)


def tip_of(cell: Cell) -> str:
    """The words of a cell when the mouse rests on it."""
    look = look_of(cell)
    score = cell.counted
    parts = [
        cell.answer[:400] if cell.state is CellState.DONE else "",
        look.said,
        score.why if score is not None else "",
        tr("corrected by hand") if look.is_corrected else "",
        cell.error,
    ]
    return "\n".join(part for part in parts if part)


def cost_words(cell: Cell) -> str:
    """ "412 + 12 tokens · 380 of the prompt reused · 0.84 s · from the cache"."""
    timings = cell.timings
    if timings is None:
        return ""
    known = timings.prompt_tokens is not None and timings.output_tokens is not None
    parts = (
        tr("{0} + {1} tokens").format(number(timings.prompt_tokens or 0), number(timings.output_tokens or 0))
        if known
        else "",
        _reused_words(timings.prompt_tokens_cached),
        seconds(timings.total_s) if timings.total_s is not None else "",
        tr("from the cache") if cell.is_from_cache else "",
    )
    return " · ".join(part for part in parts if part)


def stability_words(cell: Cell) -> str:
    if cell.stability is None:
        return ""
    return tr("{0} of the runs give the same answer").format(per_cent(cell.stability))


def _reused_words(cached: int | None) -> str:
    if cached is None:
        return tr("reused part of the prompt not known")
    return tr("{0} of the prompt reused").format(number(cached))


def _look_of_score(score: Score) -> tuple[Tone, Mark]:
    if score.is_right:
        return "good", Mark.RIGHT
    return ("bad", Mark.WRONG) if score.is_wrong else ("warn", Mark.PARTIAL)
