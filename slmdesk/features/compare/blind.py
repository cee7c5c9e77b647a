"""Blind comparison: what may be seen before the vote, and what is told after it. The pane only obeys."""

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slmdesk.base.memory import gigabytes
from slmdesk.base.words import counted, say
from slmdesk.features.compare.lane import Lane

_LETTERS = "ABCDEFGH"


def new_seed() -> int:
    """A seed for one blind run; it is stored with it, so that the order stays."""
    return secrets.randbits(31)


@dataclass(frozen=True, slots=True)
class View:
    """What may be shown now. `order` holds lane indices from left to right, `names` what stands above.

    `shows_figures` covers speeds, clocks, token counts, phases, errors and thinking: each of them
    gives a model away. `can_vote` is never true before every lane has ended.
    """

    order: tuple[int, ...]
    names: tuple[str, ...]
    shows_names: bool
    shows_figures: bool
    shows_texts: bool
    can_vote: bool
    is_blind: bool

    @property
    def words(self) -> str:
        """One sentence beside the word "Blind"; "" when nothing is hidden."""
        if not self.is_blind or self.shows_names:
            return ""
        if not self.shows_texts:
            return say("The answers are shown together when all are done.")
        return say("Names, speed and cost come with your vote.")


def view_of(lanes: Sequence[Lane], blind_seed: int | None, *, is_running: bool, has_vote: bool) -> View:
    """The rules: everything in an open run; in a blind one nothing while it runs, names after the vote."""
    has_ended = bool(lanes) and not is_running
    if blind_seed is None:
        names = tuple(lane.name for lane in lanes)
        return View(tuple(range(len(lanes))), names, True, True, True, has_ended, is_blind=False)
    order = shuffled(len(lanes), blind_seed)
    is_revealed = has_vote
    names = tuple(lanes[index].name if is_revealed else _LETTERS[at] for at, index in enumerate(order))
    shows_texts = has_ended or is_revealed
    return View(order, names, is_revealed, is_revealed, shows_texts, has_ended, is_blind=True)


def shuffled(count: int, seed: int) -> tuple[int, ...]:
    """Lane indices in the order of the screen; the same for the same seed."""
    order = list(range(count))
    random.Random(seed).shuffle(order)  # noqa: S311 (an order on the screen, no secret)
    return tuple(order)


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer took; None where it is not known."""

    name: str
    seconds: float | None
    tokens: int | None
    memory_bytes: int | None

    @property
    def words(self) -> str:
        """ "qwen3:4b: 12.4 s, 188 tokens, 4.7 GB"."""
        parts = [
            say("{seconds:.1f} s", seconds=self.seconds) if self.seconds is not None else "",
            counted(self.tokens, "{count:,} token", "{count:,} tokens") if self.tokens is not None else "",
            f"{gigabytes(self.memory_bytes)} GB" if self.memory_bytes is not None else "",
        ]
        return f"{self.name}: {', '.join(part for part in parts if part) or say('nothing was measured')}"


def costs(lanes: Sequence[Lane], memory_bytes: Callable[[str, int], int | None]) -> tuple[Cost, ...]:
    """Per lane; `memory_bytes` gives what a model takes with a context (see Services.memory_bytes)."""
    return tuple(
        Cost(
            lane.name,
            lane.answer.timings.total_s if lane.answer else None,
            lane.answer.timings.output_tokens if lane.answer else None,
            memory_bytes(lane.spec.model_ref, lane.spec.options.context_tokens),
        )
        for lane in lanes
    )
