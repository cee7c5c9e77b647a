"""With whom and how a pack is evaluated: models, way of asking, seeds, and what is good enough."""

from dataclasses import dataclass, field
from enum import StrEnum

from slmdesk.engines.base import Options


class Asking(StrEnum):
    """One request a document with a schema of all questions, or one request a question."""

    TOGETHER = "together"
    ONE_BY_ONE = "one_by_one"


class TargetKind(StrEnum):
    SHARE = "share"
    SHARE_OF_BEST = "share_of_best"


@dataclass(frozen=True, slots=True)
class Target:
    """Good enough: a score of at least `value` (0 to 1), or at least that share of the best model's."""

    kind: TargetKind = TargetKind.SHARE
    value: float = 0.85


@dataclass(frozen=True, slots=True)
class Setup:
    """`model_refs` in the order of the columns (`engine/model`). Each seed is one whole run; the first one
    is what counts, the others show how stable it is. `options.seed` is not looked at.
    """

    model_refs: tuple[str, ...] = ()
    asking: Asking = Asking.ONE_BY_ONE
    options: Options = field(default_factory=lambda: Options(temperature=0.0))
    seeds: tuple[int, ...] = (1,)
    target: Target = Target()
    is_thinking: bool = False
    votes: tuple[tuple[str, ...], ...] = ()
    """Groups of model_refs whose majority counts as one more model."""
    hosts: tuple[str, ...] = ()
    """Ids of engines that take part in the work where they offer the same model. Nobody else is asked:
    a document goes to no machine that was not chosen."""
