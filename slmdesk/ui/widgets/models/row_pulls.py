"""Which row of the table a pull belongs to, and how it stands there."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from slmdesk.features.catalog.entry import Entry
from slmdesk.features.catalog.listed import ListedModel
from slmdesk.features.pulls.pasted import HubModel, OllamaModel
from slmdesk.features.pulls.progress import amount
from slmdesk.features.pulls.queue import Pull, PullState
from slmdesk.ui.labels import tr

_LATEST = ":latest"


@dataclass(frozen=True, slots=True)
class RowPull:
    """A pull in the last column of its row; `fraction` from 0 to 1. It may be paused, or gone on with."""

    pull_id: str
    words: str
    fraction: float
    is_going: bool


def row_pulls(pulls: Iterable[Pull], rows: Sequence[ListedModel]) -> Mapping[str, RowPull]:
    """By the key of the row; nothing for a pull of a model that the list does not have."""
    open_pulls = [pull for pull in pulls if pull.state not in (PullState.DONE, PullState.CANCELLED)]
    found = {}
    for pull in open_pulls:
        row = next((row for row in rows if _is_of(pull, row)), None)
        if row is not None and row.key not in found:
            found[row.key] = _row_pull(pull)
    return found


def _is_of(pull: Pull, row: ListedModel) -> bool:
    """One that is here is pulled again under its own name, one of the catalogue under any of its names."""
    if row.model is not None:
        return row.model.engine_id == pull.engine_id and row.model.name == pull.name
    return row.card is not None and _is_entry(pull, row.card.entry)


def _is_entry(pull: Pull, entry: Entry) -> bool:
    match pull.source:
        case OllamaModel(name, ""):
            plain = name.casefold().removesuffix(_LATEST)
            return plain in {known.casefold().removesuffix(_LATEST) for known in entry.ollama}
        case HubModel(repo):
            return entry.hugging_face is not None and repo.casefold() == entry.hugging_face.casefold()
    return False


def _row_pull(pull: Pull) -> RowPull:
    fraction = pull.progress.fraction
    is_going = pull.state in (PullState.RUNNING, PullState.WAITING)
    return RowPull(pull.id, _words(pull), fraction or 0.0, is_going)


def _words(pull: Pull) -> str:
    """As short as a column is wide; the line above the table says the rest."""
    if pull.state == PullState.FAILED:
        return tr("failed")
    if pull.state == PullState.WAITING:
        return tr("waits")
    if pull.progress.fraction is not None:
        return f"{math.floor(100 * pull.progress.fraction)} %"
    return amount(pull.progress.done_bytes) if pull.progress.done_bytes else "…"
