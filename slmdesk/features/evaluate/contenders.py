"""Who stands in the columns of the results: the models, and votes of several as one more model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slmdesk.base.words import say
from slmdesk.features.evaluate.setup import Setup

LEAST_VOTERS, MOST_VOTERS = 2, 5


@dataclass(frozen=True, slots=True)
class Contender:
    """`key` is a model_ref, or the name of a vote. `members` are the model_refs that answer."""

    key: str
    name: str
    members: tuple[str, ...]

    @property
    def is_vote(self) -> bool:
        return len(self.members) > 1


def contenders_of(setup: Setup) -> tuple[Contender, ...]:
    """The models in their order, then the votes whose models are all there."""
    names = short_names(setup.model_refs)
    models = [Contender(ref, names[ref], (ref,)) for ref in setup.model_refs]
    votes = [group for group in setup.votes if set(group) <= set(setup.model_refs)]
    return (*models, *(_vote_of(group, names, votes) for group in votes))


def short_names(refs: Sequence[str]) -> Mapping[str, str]:
    """Each model without its engine and its maker, unless two would then be called the same."""
    shorts = [ref.rsplit("/", 1)[-1] for ref in refs]
    return {ref: short if shorts.count(short) == 1 else ref for ref, short in zip(refs, shorts, strict=True)}


def size_bytes_of(contender: Contender, sizes_bytes: Mapping[str, int | None]) -> int | None:
    """The weights of all its models together, None if one of them is not known."""
    sizes = [sizes_bytes.get(ref) for ref in contender.members]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def _vote_of(group: tuple[str, ...], names: Mapping[str, str], votes: Sequence[tuple[str, ...]]) -> Contender:
    has_namesake = sum(len(other) == len(group) for other in votes) > 1
    name = say("Vote of {count}", count=len(group))
    if has_namesake:
        name = f"{name}: {', '.join(names[ref] for ref in group)}"
    return Contender(name, name, group)
