"""Which lanes of a comparison run together: a plan by memory, said in words before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from slmdesk.base.errors import BadInput
from slmdesk.base.memory import USABLE_SHARE, gigabytes
from slmdesk.base.words import joined, later, say
from slmdesk.engines.base import Options

MIN_LANES = 2
MAX_LANES = 8

# By the number of columns that run side by side.
_WHOLE = {
    1: later("One column"),
    2: later("Both"),
    3: later("All three"),
    4: later("All four"),
    5: later("All five"),
    6: later("All six"),
    7: later("All seven"),
    8: later("All eight"),
}


@dataclass(frozen=True, slots=True)
class LaneSpec:
    """What one lane asks of whom: the same model twice with other settings makes two lanes."""

    model_ref: str
    options: Options = field(default_factory=Options)
    system_prompt: str = ""
    is_thinking: bool = False

    @property
    def weights_key(self) -> tuple[str, int]:
        """Lanes with the same key share one model in memory; another context is a reload."""
        return self.model_ref, self.options.context_tokens

    @property
    def label(self) -> str:
        """The model's own name, without the engine."""
        return self.model_ref.partition("/")[2] or self.model_ref


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Groups of lane indices, run one after the other; the lanes of a group run side by side."""

    groups: tuple[tuple[int, ...], ...]
    words: str
    is_side_by_side: bool


def check_lane_count(specs: Sequence[LaneSpec]) -> None:
    """Raise BadInput unless there are two to eight lanes."""
    if not MIN_LANES <= len(specs) <= MAX_LANES:
        raise BadInput(
            say(
                "A comparison has {least} to {most} columns, this one has {count}.",
                least=MIN_LANES,
                most=MAX_LANES,
                count=len(specs),
            ),
            next_step=say("Add a model.") if len(specs) < MIN_LANES else say("Leave some models out."),
        )


def plan_run(
    specs: Sequence[LaneSpec],
    needed_bytes: Sequence[int | None],
    free_bytes: int | None,
    *,
    is_sequential: bool | None = None,
) -> RunPlan:
    """Plan by memory, or as the user chose with `is_sequential`.

    `needed_bytes` is what each lane's model still has to load: 0 for one that is in memory
    already or runs on another machine, None where it is not known.
    """
    check_lane_count(specs)
    names = lane_names(specs)
    if is_sequential:
        groups = _one_by_one(specs)
        return RunPlan(groups, _chosen_words(names, groups), is_side_by_side=False)
    room_bytes = None if is_sequential is False else _room(free_bytes)
    groups = _pack(specs, needed_bytes, room_bytes)
    is_side_by_side = len(groups) == 1
    if is_side_by_side:
        total = _total(specs, needed_bytes, groups[0])
        words = _together_words(len(specs), total, free_bytes, is_chosen=is_sequential is False)
    else:
        words = _groups_words(names, groups, specs, needed_bytes, free_bytes)
    return RunPlan(groups, words, is_side_by_side)


def lane_names(specs: Sequence[LaneSpec]) -> tuple[str, ...]:
    """A name for each lane; lanes of one model are numbered: "qwen3:4b (2)"."""
    seen: dict[str, int] = {}
    names = []
    for spec in specs:
        seen[spec.label] = seen.get(spec.label, 0) + 1
        count = seen[spec.label]
        names.append(spec.label if count == 1 else f"{spec.label} ({count})")
    return tuple(names)


def _room(free_bytes: int | None) -> float:
    """What a group may load; without figures nothing is loaded beside anything else."""
    if free_bytes is None:
        return 0.0
    return free_bytes * USABLE_SHARE


def _pack(
    specs: Sequence[LaneSpec], needed_bytes: Sequence[int | None], room_bytes: float | None
) -> tuple[tuple[int, ...], ...]:
    """Put each lane into the first group that can take it; `None` as room means no limit."""
    groups: list[list[int]] = []
    for index in range(len(specs)):
        home = next(
            (group for group in groups if _can_join(specs, needed_bytes, group, index, room_bytes)), None
        )
        if home is None:
            groups.append([index])
        else:
            home.append(index)
    return tuple(map(tuple, groups))


def _can_join(
    specs: Sequence[LaneSpec],
    needed_bytes: Sequence[int | None],
    group: Sequence[int],
    index: int,
    room_bytes: float | None,
) -> bool:
    others = [specs[other] for other in group]
    spec = specs[index]
    if any(other.model_ref == spec.model_ref and other.weights_key != spec.weights_key for other in others):
        return False  # one engine holds one model with one context: the other would reload it mid-answer
    if room_bytes is None or any(other.weights_key == spec.weights_key for other in others):
        return True
    total = _total(specs, needed_bytes, (*group, index))
    return total is not None and total <= room_bytes


def _total(specs: Sequence[LaneSpec], needed_bytes: Sequence[int | None], group: Sequence[int]) -> int | None:
    """The memory of a group, each model counted once; None if one of them is not known."""
    by_model = {specs[index].weights_key: needed_bytes[index] for index in group}
    sizes = [size for size in by_model.values() if size is not None]
    return sum(sizes) if len(sizes) == len(by_model) else None


def _one_by_one(specs: Sequence[LaneSpec]) -> tuple[tuple[int, ...], ...]:
    """Each lane alone, those of one model next to one another so that it is loaded once."""
    order = {spec.weights_key: index for index, spec in reversed(list(enumerate(specs)))}
    indices = sorted(range(len(specs)), key=lambda index: (order[specs[index].weights_key], index))
    return tuple((index,) for index in indices)


def _together_words(count: int, total: int | None, free_bytes: int | None, *, is_chosen: bool) -> str:
    whole = say(_WHOLE[count])
    if total == 0:
        return say("{whole} need no more memory: side by side.", whole=whole)
    if not is_chosen and (total is None or free_bytes is None):
        return say("{whole} use the same model: side by side.", whole=whole)
    if total is None or free_bytes is None:
        return say("{whole} side by side, as chosen; whether they fit together is not known.", whole=whole)
    figures = _figures(total, free_bytes)
    if is_chosen and total > free_bytes * USABLE_SHARE:
        return say(
            "{whole} side by side, as chosen, though they do not fit together ({figures}): some may fail.",
            whole=whole,
            figures=figures,
        )
    return say("{whole} fit together ({figures}): side by side.", whole=whole, figures=figures)


def _figures(total_bytes: int, free_bytes: int) -> str:
    return say("{total} of {free} GB free", total=gigabytes(total_bytes), free=gigabytes(free_bytes))


def _chosen_words(names: Sequence[str], groups: Sequence[Sequence[int]]) -> str:
    order = f", {say('then')} ".join(names[group[0]] for group in groups)
    return say("One after the other, as chosen: {order}.", order=order)


def _groups_words(
    names: Sequence[str],
    groups: Sequence[Sequence[int]],
    specs: Sequence[LaneSpec],
    needed_bytes: Sequence[int | None],
    free_bytes: int | None,
) -> str:
    parts = []
    for group in groups:
        named = joined([names[index] for index in group])
        total = _total(specs, needed_bytes, group)
        if total is None:
            unknown, together = (
                say("{names} alone, size unknown", names=named),
                say("{names} together", names=named),
            )
            parts.append(unknown if len(group) == 1 else together)
        elif free_bytes is not None and total > free_bytes * USABLE_SHARE:
            parts.append(
                say("{names} too large ({figures})", names=named, figures=_figures(total, free_bytes))
            )
        else:
            fitting, alone = say("{names} fit together", names=named), say("{names} alone", names=named)
            parts.append(fitting if len(group) > 1 else alone)
    return say("One after the other: {parts}.", parts=", ".join(parts))
