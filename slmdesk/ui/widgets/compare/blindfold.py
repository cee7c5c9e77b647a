"""Lets the columns show no more of a run than its rules allow now."""

from collections.abc import Callable, Sequence

from slmdesk.features.catalog.fit import Fit
from slmdesk.features.compare.comparison import Comparison
from slmdesk.features.compare.plan import LaneSpec, lane_names
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.compare.compare_face import CompareFace
from slmdesk.ui.widgets.compare.lane_column import LaneColumn


class Blindfold:
    """`fit` tells whether a model fits with so many tokens of context."""

    def __init__(
        self, face: CompareFace, comparison: Comparison, fit: Callable[[str, int], Fit | None]
    ) -> None:
        self._face = face
        self._comparison = comparison
        self._fit = fit

    def show_names(self, specs: Sequence[LaneSpec]) -> None:
        """Above each column; a letter where the run hides the name."""
        view = self._comparison.view
        letters = {} if view.shows_names else dict(zip(view.order, view.names, strict=True))
        columns = self._face.columns.columns
        for column, spec, name in zip(columns, specs, self._names(specs), strict=True):
            if letters and self._is_of_run(column) and column.lane is not None:
                column.head.set_hidden(letters[column.lane.index])
            else:
                fit = self._fit(spec.model_ref, spec.options.context_tokens)
                column.head.set_model(spec.model_ref, name, fit)
        self._face.show_tabs([column.head.name for column in columns])

    def _names(self, specs: Sequence[LaneSpec]) -> Sequence[str]:
        """As the run calls its lanes, which may stand in another order; of changed columns as they stand."""
        lanes = [column.lane for column in self._face.columns.columns]
        of_run = [lane.name for lane, spec in zip(lanes, specs, strict=True) if lane and lane.spec == spec]
        return of_run if len(of_run) == len(specs) else lane_names(specs)

    def obey(self) -> None:
        """Texts and figures; a column that is not of the run hides nothing."""
        view = self._comparison.view
        for column in self._face.columns.columns:
            is_free = not self._is_of_run(column)
            column.obey(shows_text=view.shows_texts or is_free, shows_figures=view.shows_figures or is_free)

    def status(self) -> str:
        """ "Comparing 3 models — 1 done, 1 writing, 1 reading"."""
        columns = self._face.columns.columns
        if self._comparison.view.words:
            return tr("Comparing {0} models — blind").format(len(columns))
        words: dict[str, int] = {}
        for column in columns:
            word = column.head.phase_chip.text()
            words[word] = words.get(word, 0) + 1
        counts = ", ".join(f"{count} {word}" for word, count in words.items())
        return tr("Comparing {0} models — {1}").format(len(columns), counts)

    def _is_of_run(self, column: LaneColumn) -> bool:
        return column.lane in self._comparison.lanes
