"""What happens if a model is loaded, too: what it needs, what is free, and who leaves for it."""

from collections.abc import Iterable
from dataclasses import dataclass

from slmdesk.base.memory import USABLE_SHARE, gigabytes, round_gigabytes
from slmdesk.base.words import counted, joined, say
from slmdesk.engines.base import LoadedModel


@dataclass(frozen=True, slots=True)
class Outlook:
    """In bytes; `leaving` are the models that go first, in this order, `has_room` whether it fits then."""

    needed_bytes: int
    free_bytes: int
    total_bytes: int | None = None
    leaving: tuple[str, ...] = ()
    has_room: bool = True
    is_again: bool = False

    @property
    def words(self) -> str:
        """ "Would need 2.9 GB; 5.1 of 16 GB free; smollm2 would leave first." """
        needed, free = gigabytes(self.needed_bytes), gigabytes(self.free_bytes)
        parts = [say("Would need {needed} GB", needed=needed), say("{free} GB free", free=free)]
        if self.total_bytes is not None:
            total = round_gigabytes(self.total_bytes)
            parts[1] = say("{free} of {total} GB free", free=free, total=total)
        if self.is_again:
            parts[0] = say("Would be loaded again for this context: {needed} GB", needed=needed)
        names = joined([name.rsplit("/", 1)[-1] for name in self.leaving])
        if self.leaving and self.has_room:
            parts.append(say("{names} would leave first", names=names))
        elif self.leaving:
            parts.append(
                counted(
                    len(self.leaving),
                    "not enough even when {names} leaves",
                    "not enough even when {names} leave",
                    names=names,
                )
            )
        elif not self.has_room:
            parts.append(say("not enough"))
        return f"{'; '.join(parts)}."


def foresee(
    needed_bytes: int,
    free_bytes: int,
    *,
    mapped_bytes: int = 0,
    total_bytes: int | None = None,
    own: LoadedModel | None = None,
    idle: Iterable[LoadedModel] = (),
) -> Outlook:
    """Let models of `idle` go, in their order, until there is room.

    `mapped_bytes` counts as free and is in use by models in memory; `own` is the model itself, in memory
    with another context, and goes in any case.
    """
    usable_bytes = free_bytes - mapped_bytes + (own.size_bytes or 0 if own else 0)
    leaving: list[str] = []
    for model in idle:
        if needed_bytes <= usable_bytes * USABLE_SHARE:
            break
        usable_bytes += model.size_bytes or 0
        leaving.append(model.name)
    has_room = needed_bytes <= usable_bytes * USABLE_SHARE
    return Outlook(needed_bytes, free_bytes, total_bytes, tuple(leaving), has_room, own is not None)


def in_order_of_leaving(models: Iterable[LoadedModel]) -> list[LoadedModel]:
    """Those that can leave, the longest idle first; one without an end is in use."""
    return sorted((model for model in models if model.expires_at is not None), key=_leaves_at)


def _leaves_at(model: LoadedModel) -> float:
    return model.expires_at or 0.0
