"""Was the comparison fair? What was equal for all columns, and what differed, each with its reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slmdesk.base.words import counted, later, number, say
from slmdesk.engines.base import StopReason, Timings
from slmdesk.features.compare.lane import Lane, LaneTurn
from slmdesk.features.compare.plan import LaneSpec

BUSY_PERCENT = 25.0
"""Load of other programs, of the whole machine, from which speeds suffer visibly."""
_MAX_VALUE = 40
_NOT_TAKEN = later("not taken by the model")
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
        parts = [say("Same {equal}.", equal=", ".join(self.equal))] if self.equal else []
        if self.differences:
            listed = "; ".join(f"{each.topic} ({each.words})" for each in self.differences)
            parts.append(say("Different: {listed}.", listed=listed))
        if self.unknown:
            parts.append(say("Not known: {unknown}.", unknown=", ".join(self.unknown)))
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
        values = [say(_NOT_TAKEN) if topic.name in lane.left_out else topic.value(lane) for lane in lanes]
        known = {value for value in values if value is not None}
        if len(known) > 1:
            differences.append(
                Difference(say(topic.name), _listed(lanes, values), say(topic.explanation), topic.is_inherent)
            )
        elif None in values:
            unknown.append(say(topic.name))
        else:
            equal.append(say(topic.name))
    singles = (_cut(lanes), _sharing(is_sequential), _load(machine))
    differences.extend(single for single in singles if single is not None)
    if machine.other_cpu_percent is None:
        unknown.append(say("load of other programs"))
    return Fairness(tuple(equal), tuple(differences), tuple(unknown))


def _listed(lanes: Sequence[LaneFacts], values: Sequence[str | None]) -> str:
    """ "a, b: 4,096; c: 8,192"."""
    names: dict[str, list[str]] = {}
    for lane, value in zip(lanes, values, strict=True):
        names.setdefault(value or say("not known"), []).append(lane.name)
    return "; ".join(f"{', '.join(named)}: {_short(value)}" for value, named in names.items())


def _short(value: str) -> str:
    return (
        value
        if len(value) <= _MAX_VALUE
        else say("“{value}…” ({count:,} characters)", value=value[:_MAX_VALUE], count=len(value))
    )


def _cut(lanes: Sequence[LaneFacts]) -> Difference | None:
    cut = [lane.name for lane in lanes if lane.stop_reason is StopReason.LENGTH]
    if not cut:
        return None
    return Difference(
        say("cut by length"),
        ", ".join(cut),
        say("A cut answer is not the whole answer: raise the token limit or the context and ask again."),
    )


def _sharing(is_sequential: bool) -> Difference | None:
    if is_sequential:
        return None
    return Difference(
        say("shared machine"),
        say("side by side"),
        say(
            "Models that run side by side slow one another down: "
            "the texts can be compared, the speeds cannot."
        ),
    )


def _load(machine: MachineState) -> Difference | None:
    load = machine.other_cpu_percent
    if load is None or load < BUSY_PERCENT:
        return None
    return Difference(
        say("other load"),
        say("{load:.0f} % of the processor", load=load),
        say("Other programs were at work: speeds are lower than they would be on a quiet machine."),
    )


def _setting(value: float | None) -> str:
    return say("the model's own") if value is None else number(value, "g")


def _token_limit(lane: LaneFacts) -> str:
    limit = lane.spec.options.max_tokens
    return say("none") if limit is None else number(limit)


def _seed(lane: LaneFacts) -> str:
    return say("none") if lane.spec.options.seed is None else str(lane.spec.options.seed)


def _instructions(lane: LaneFacts) -> str:
    return " ".join(lane.spec.system_prompt.split()) or say("none")


def _template(lane: LaneFacts) -> str:
    return say("that of {label}", label=lane.spec.label)


def _history(lane: LaneFacts) -> str:
    turns = sum(message.role == "assistant" for message in lane.history)
    return (
        say("none")
        if not turns
        else counted(turns, "{count} answer of its own", "{count} answers of its own")
    )


def _warmth(lane: LaneFacts) -> str | None:
    if lane.timings.load_s is None:
        return None
    return say("cold") if lane.timings.load_s > _COLD_LOAD_S else say("warm")


def _cached(lane: LaneFacts) -> str | None:
    cached = lane.timings.prompt_tokens_cached
    return None if cached is None else counted(cached, "{count:,} token", "{count:,} tokens")


_TOPICS = (
    _Topic(
        later("engine"),
        lambda lane: lane.spec.model_ref.partition("/")[0],
        later(
            "Engines differ in how and where they run a model: "
            "their speeds are not those of the models alone."
        ),
    ),
    _Topic(
        later("context"),
        lambda lane: number(lane.spec.options.context_tokens),
        later("A longer context takes more memory and time, and holds more of a long prompt."),
    ),
    _Topic(
        later("template"),
        _template,
        later(
            "Each model is asked in the chat template it was trained with: the prompts differ in their marks."
        ),
        is_inherent=True,
    ),
    _Topic(
        later("system prompt"),
        _instructions,
        later("Other instructions make other answers, whatever the model."),
    ),
    _Topic(
        later("history"),
        _history,
        later("Each column goes on with its own answers; a failed turn is left out."),
    ),
    _Topic(later("seed"), _seed, later("Without one seed for all, part of the difference is chance.")),
    _Topic(
        later("temperature"),
        lambda lane: _setting(lane.spec.options.temperature),
        later("A higher temperature makes answers more varied and less repeatable."),
    ),
    _Topic(
        later("top-p"),
        lambda lane: _setting(lane.spec.options.top_p),
        later("Another top-p changes what may be chosen."),
    ),
    _Topic(
        later("thinking"),
        lambda lane: say("on") if lane.spec.is_thinking else say("off"),
        later("Thinking takes time and tokens before the answer, and often makes it better."),
    ),
    _Topic(
        later("token limit"),
        _token_limit,
        later("A lower limit cuts answers earlier."),
    ),
    _Topic(
        later("stop words"),
        lambda lane: ", ".join(map(repr, lane.spec.options.stop)) or say("none"),
        later("A stop word ends an answer where another goes on."),
    ),
    _Topic(
        later("cold or warm"),
        _warmth,
        later("A cold model was loaded first: its first token comes later for that reason alone."),
    ),
    _Topic(
        later("prompt from the cache"),
        _cached,
        later(
            "Tokens that the engine still had from before need not be read again: "
            "the first token comes sooner."
        ),
    ),
)
