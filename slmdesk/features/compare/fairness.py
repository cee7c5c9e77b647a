"""Was the comparison fair? What was equal for all columns, and what differed, each with its reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slmdesk.engines.base import StopReason, Timings
from slmdesk.features.compare.lane import Lane, LaneTurn
from slmdesk.features.compare.plan import LaneSpec

BUSY_PERCENT = 25.0
"""Load of other programs, of the whole machine, from which speeds suffer visibly."""
_MAX_VALUE = 40
_NOT_TAKEN = "not taken by the model"
_COLD_LOAD_S = 0.05  # engines report a few milliseconds for a model that is in memory already


@dataclass(frozen=True, slots=True)
class MachineState:
    """When the run began: load of other programs in per cent of all cores, None where it was not measured."""

    other_cpu_percent: float | None = None

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> "MachineState":
        load = values.get("other_cpu_percent")
        return cls(float(load) if isinstance(load, int | float) else None)


@dataclass(frozen=True, slots=True)
class LaneFacts:
    """What is known of one column after it has ended; without figures of a lane that never began.

    `left_out` names options that the model did not take, by the names of their topics.
    """

    name: str
    spec: LaneSpec
    history: tuple[LaneTurn, ...] = ()
    timings: Timings = field(default_factory=Timings)
    stop_reason: StopReason | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One condition that was not the same: the values in words, and what that means for the comparison.

    `is_inherent` marks what always differs between two models.
    """

    topic: str
    words: str
    explanation: str
    is_inherent: bool = False


@dataclass(frozen=True, slots=True)
class Fairness:
    """`equal` and `unknown` name topics."""

    equal: tuple[str, ...]
    differences: tuple[Difference, ...]
    unknown: tuple[str, ...]

    @property
    def is_fair(self) -> bool:
        """Whether nothing differed but what always does."""
        return all(difference.is_inherent for difference in self.differences)

    @property
    def words(self) -> str:
        """One line: "Same context, seed. Different: temperature (a: 0; b: 1). Not known: other load." """
        parts = [f"Same {', '.join(self.equal)}."] if self.equal else []
        if self.differences:
            listed = "; ".join(f"{each.topic} ({each.words})" for each in self.differences)
            parts.append(f"Different: {listed}.")
        if self.unknown:
            parts.append(f"Not known: {', '.join(self.unknown)}.")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class _Topic:
    name: str
    value: Callable[[LaneFacts], str | None]  # in words; None where it is not known
    explanation: str
    is_inherent: bool = False


def facts_of(lanes: Sequence[Lane]) -> tuple[LaneFacts, ...]:
    """The facts of lanes that have ended."""
    return tuple(
        LaneFacts(
            lane.name,
            lane.spec,
            lane.history,
            lane.answer.timings if lane.answer else Timings(),
            lane.answer.stop_reason if lane.answer else None,
            lane.answer.left_out if lane.answer else (),
        )
        for lane in lanes
    )


def judge(lanes: Sequence[LaneFacts], *, is_sequential: bool, machine: MachineState) -> Fairness:
    """Compare the columns with one another; names in the words are those of `lanes`."""
    equal: list[str] = []
    differences: list[Difference] = []
    unknown: list[str] = []
    for topic in _TOPICS:
        values = [_NOT_TAKEN if topic.name in lane.left_out else topic.value(lane) for lane in lanes]
        known = {value for value in values if value is not None}
        if len(known) > 1:
            differences.append(
                Difference(topic.name, _listed(lanes, values), topic.explanation, topic.is_inherent)
            )
        elif None in values:
            unknown.append(topic.name)
        else:
            equal.append(topic.name)
    singles = (_cut(lanes), _sharing(is_sequential), _load(machine))
    differences.extend(single for single in singles if single is not None)
    if machine.other_cpu_percent is None:
        unknown.append("load of other programs")
    return Fairness(tuple(equal), tuple(differences), tuple(unknown))


def _listed(lanes: Sequence[LaneFacts], values: Sequence[str | None]) -> str:
    """ "a, b: 4,096; c: 8,192"."""
    names: dict[str, list[str]] = {}
    for lane, value in zip(lanes, values, strict=True):
        names.setdefault(value or "not known", []).append(lane.name)
    return "; ".join(f"{', '.join(named)}: {_short(value)}" for value, named in names.items())


def _short(value: str) -> str:
    return value if len(value) <= _MAX_VALUE else f"“{value[:_MAX_VALUE]}…” ({len(value):,} characters)"


def _cut(lanes: Sequence[LaneFacts]) -> Difference | None:
    cut = [lane.name for lane in lanes if lane.stop_reason is StopReason.LENGTH]
    if not cut:
        return None
    return Difference(
        "cut by length",
        ", ".join(cut),
        "A cut answer is not the whole answer: raise the token limit or the context and ask again.",
    )


def _sharing(is_sequential: bool) -> Difference | None:
    if is_sequential:
        return None
    return Difference(
        "shared machine",
        "side by side",
        "Models that run side by side slow one another down: the texts can be compared, the speeds cannot.",
    )


def _load(machine: MachineState) -> Difference | None:
    load = machine.other_cpu_percent
    if load is None or load < BUSY_PERCENT:
        return None
    return Difference(
        "other load",
        f"{load:.0f} % of the processor",
        "Other programs were at work: speeds are lower than they would be on a quiet machine.",
    )


def _setting(value: float | None) -> str:
    return "the model's own" if value is None else f"{value:g}"


def _seed(lane: LaneFacts) -> str:
    return "none" if lane.spec.options.seed is None else str(lane.spec.options.seed)


def _instructions(lane: LaneFacts) -> str:
    return " ".join(lane.spec.system_prompt.split()) or "none"


def _template(lane: LaneFacts) -> str:
    return f"that of {lane.spec.label}"


def _history(lane: LaneFacts) -> str:
    turns = sum(message.role == "assistant" for message in lane.history)
    return "none" if not turns else f"{turns} answer{'s' * (turns != 1)} of its own"


def _warmth(lane: LaneFacts) -> str | None:
    if lane.timings.load_s is None:
        return None
    return "cold" if lane.timings.load_s > _COLD_LOAD_S else "warm"


def _cached(lane: LaneFacts) -> str | None:
    cached = lane.timings.prompt_tokens_cached
    return None if cached is None else f"{cached:,} tokens"


_TOPICS = (
    _Topic(
        "engine",
        lambda lane: lane.spec.model_ref.partition("/")[0],
        "Engines differ in how and where they run a model: their speeds are not those of the models alone.",
    ),
    _Topic(
        "context",
        lambda lane: f"{lane.spec.options.context_tokens:,}",
        "A longer context takes more memory and time, and holds more of a long prompt.",
    ),
    _Topic(
        "template",
        _template,
        "Each model is asked in the chat template it was trained with: the prompts differ in their marks.",
        is_inherent=True,
    ),
    _Topic("system prompt", _instructions, "Other instructions make other answers, whatever the model."),
    _Topic("history", _history, "Each column goes on with its own answers; a failed turn is left out."),
    _Topic("seed", _seed, "Without one seed for all, part of the difference is chance."),
    _Topic(
        "temperature",
        lambda lane: _setting(lane.spec.options.temperature),
        "A higher temperature makes answers more varied and less repeatable.",
    ),
    _Topic(
        "top-p", lambda lane: _setting(lane.spec.options.top_p), "Another top-p changes what may be chosen."
    ),
    _Topic(
        "thinking",
        lambda lane: "on" if lane.spec.is_thinking else "off",
        "Thinking takes time and tokens before the answer, and often makes it better.",
    ),
    _Topic(
        "token limit",
        lambda lane: "none" if lane.spec.options.max_tokens is None else f"{lane.spec.options.max_tokens:,}",
        "A lower limit cuts answers earlier.",
    ),
    _Topic(
        "stop words",
        lambda lane: ", ".join(map(repr, lane.spec.options.stop)) or "none",
        "A stop word ends an answer where another goes on.",
    ),
    _Topic(
        "cold or warm",
        _warmth,
        "A cold model was loaded first: its first token comes later for that reason alone.",
    ),
    _Topic(
        "prompt from the cache",
        _cached,
        "Tokens that the engine still had from before need not be read again: the first token comes sooner.",
    ),
)
