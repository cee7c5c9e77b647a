"""The rows of the model picker: every engine with its models, or with its problem."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from PySide6.QtCore import (
    QCoreApplication,
    QObject,
    QSortFilterProxyModel,
    Qt,
)

from slmdesk.base.memory import gigabytes
from slmdesk.engines.base import EngineState, ModelInfo
from slmdesk.features.catalog.fit import Fit
from slmdesk.ui.labels import plain_tip
from slmdesk.ui.labels import short_name as short_name
from slmdesk.ui.widgets.row_list import AnyIndex, RowList

FitOf = Callable[[str], Fit | None]

ROW_ROLE = Qt.ItemDataRole.UserRole


class RowKind(Enum):
    ENGINE = auto()
    MODEL = auto()
    PROBLEM = auto()


@dataclass(frozen=True, slots=True)
class PickerRow:
    """One line of the list; `words` is what a search looks through."""

    kind: RowKind
    engine_id: str
    text: str
    ref: str = ""
    detail: str = ""
    fit: Fit | None = None
    words: str = ""

    @property
    def tip(self) -> str:
        """The whole name, what it needs, and what loading it would do."""
        return "\n".join(part for part in (self.ref, *(fit_sentences(self.fit))) if part)

    @property
    def spoken(self) -> str:
        """The line as a screen reader says it."""
        parts = (self.text, self.detail, self.fit.words if self.fit else "", *fit_sentences(self.fit)[1:])
        return ", ".join(part for part in parts if part)


def fit_sentences(fit: Fit | None) -> Sequence[str]:
    """The sum, then what loading would do; empty where there is nothing to say."""
    return (fit.explanation, fit.outlook) if fit else ("", "")


def rows_of(states: Iterable[EngineState], fit: FitOf) -> list[PickerRow]:
    """A heading for each engine, then its models, or why there are none."""
    rows: list[PickerRow] = []
    for state in states:
        engine = state.engine
        rows.append(PickerRow(RowKind.ENGINE, engine.id, engine.label, words=engine.label.casefold()))
        if not state.is_online:
            rows.append(PickerRow(RowKind.PROBLEM, engine.id, state.problem, detail=state.next_step))
        elif not state.models:
            rows.append(
                PickerRow(
                    RowKind.PROBLEM,
                    engine.id,
                    QCoreApplication.translate("ModelPicker", "No models yet."),
                    detail="",
                )
            )
        rows += [_model_row(model, engine.label, fit) for model in state.models]
    return rows


def can_chat(model: ModelInfo) -> bool:
    """Whether a model may be offered unasked: one that only makes vectors or is damaged may not."""
    return not model.problem and model.capabilities != {"embedding"}


def _model_row(model: ModelInfo, engine_label: str, fit: FitOf) -> PickerRow:
    if model.problem:
        return PickerRow(RowKind.PROBLEM, model.engine_id, f"{model.name}: {model.problem}.")
    size = f"{gigabytes(model.size_bytes)} GB" if model.size_bytes else ""
    detail = " · ".join(part for part in (size, model.quantization or "") if part)
    words = f"{model.name} {model.family or ''} {model.quantization or ''} {engine_label}".casefold()
    return PickerRow(
        RowKind.MODEL,
        model.engine_id,
        model.name,
        ref=model.ref,
        detail=detail,
        fit=fit(model.ref),
        words=words,
    )


class ModelList(RowList[PickerRow]):
    """The rows as Qt wants them; headings and problems cannot be chosen."""

    def engine_matches(self, engine_id: str, words: Sequence[str]) -> bool:
        """Whether the engine's heading stays: it, or one of its models, holds every word."""
        return any(
            row.engine_id == engine_id and _holds(row, words)
            for row in self.rows
            if row.kind is not RowKind.PROBLEM
        )

    def row_data(self, row: PickerRow, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.text
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(row.tip) or None
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.spoken
            case _ if role == ROW_ROLE:
                return row
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid() or self.rows[index.row()].kind is not RowKind.MODEL:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren


class ModelFilter(QSortFilterProxyModel):
    """Keeps the rows that hold every word typed, and the headings above them."""

    def __init__(self, source: ModelList, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._words: Sequence[str] = ()
        self.setSourceModel(source)

    def set_search(self, text: str) -> None:
        self._words = text.casefold().split()
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: AnyIndex) -> bool:
        row = self._source.rows[source_row]
        if row.kind is RowKind.MODEL:
            return _holds(row, self._words)
        return self._source.engine_matches(row.engine_id, self._words)


def _holds(row: PickerRow, words: Sequence[str]) -> bool:
    return all(word in row.words for word in words)
