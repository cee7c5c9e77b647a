"""What several models answer together, as a cell like any other."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from slmdesk.engines.base import Timings
from slmdesk.features.evaluate.cell import Cell, CellState
from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.votes import Tally, tally

_Number = TypeVar("_Number", int, float)


def vote_cell(cells: Mapping[str, Cell], question: Question, weights: Mapping[str, float]) -> Cell:
    """The vote on one question about one document; `cells` are those of its models.

    It stands once all have answered or failed. A model whose reply cannot be read has no voice. Seconds
    and tokens are those of all together, since all were asked.
    """
    states = {cell.state for cell in cells.values()}
    if CellState.RUNNING in states:
        return Cell(CellState.RUNNING)
    if CellState.WAITING in states:
        return Cell()
    voices = {ref: cell for ref, cell in cells.items() if cell.state is CellState.DONE and cell.is_valid}
    if not voices:
        errors = [cell.error for cell in cells.values() if cell.error]
        return Cell(CellState.FAILED, error="\n".join(dict.fromkeys(errors)))
    votes = tally({ref: cell.answer for ref, cell in voices.items()}, question, weights)
    chosen = next(voices[ref] for ref in votes.models if voices[ref].answer == votes.answer)
    return Cell(
        CellState.DONE,
        answer=votes.answer,
        reply="\n".join(f"{ref}: {cell.answer}" for ref, cell in cells.items()),
        score=_score_of(chosen, votes),
        timings=_together([cell.timings for cell in cells.values() if cell.timings is not None]),
        is_from_cache=all(cell.is_from_cache for cell in cells.values()),
    )


def _score_of(chosen: Cell, votes: Tally) -> Score | None:
    """A vote takes one of the answers as it is, and so its score."""
    if (score := chosen.counted) is None:
        return None
    return Score(score.value, f"{score.why} {votes.words}".strip())


def _together(timings: Sequence[Timings]) -> Timings | None:
    if not timings:
        return None
    return Timings(
        prompt_tokens=_sum([one.prompt_tokens for one in timings]),
        output_tokens=_sum([one.output_tokens for one in timings]),
        total_s=_sum([one.total_s for one in timings]),
    )


def _sum(values: Sequence[_Number | None]) -> _Number | None:
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known and len(known) == len(values) else None
