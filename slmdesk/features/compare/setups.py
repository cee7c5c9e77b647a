"""A set of columns with a name: which models, with which settings of their own, and what all share."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from slmdesk.features.compare.lane import settings_to_plain, spec_from_plain
from slmdesk.features.compare.plan import MAX_LANES, LaneSpec
from slmdesk.store.setups import StoredSetup


@dataclass(frozen=True, slots=True)
class SetupColumn:
    """`own` are settings of this column alone (its `model_ref` is the column's); None for those of all."""

    model_ref: str
    own: LaneSpec | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """`shared` holds the settings of all columns; its `model_ref` is empty."""

    columns: tuple[SetupColumn, ...]
    shared: LaneSpec = field(default_factory=lambda: LaneSpec(""))

    @property
    def specs(self) -> tuple[LaneSpec, ...]:
        """The columns as they would be asked."""
        return tuple(
            column.own or replace(self.shared, model_ref=column.model_ref) for column in self.columns
        )


def setup_to_plain(setup: Setup) -> dict[str, Any]:
    """As the store keeps it."""
    return {
        "shared": settings_to_plain(setup.shared),
        "columns": [
            {"model": column.model_ref, "own": settings_to_plain(column.own) if column.own else None}
            for column in setup.columns
        ],
    }


def setup_from_stored(stored: StoredSetup) -> Setup:
    """What can be read; columns without a model are left out, and so is what is beyond eight."""
    shared = spec_from_plain("", _mapping(stored.content.get("shared")))
    columns = stored.content.get("columns")
    found = [_column(each) for each in columns] if isinstance(columns, list) else []
    return Setup(tuple(column for column in found if column.model_ref)[:MAX_LANES], shared)


def _column(value: object) -> SetupColumn:
    content = _mapping(value)
    model_ref, own = content.get("model"), content.get("own")
    if not isinstance(model_ref, str):
        return SetupColumn("")
    return SetupColumn(model_ref, spec_from_plain(model_ref, own) if isinstance(own, dict) else None)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
