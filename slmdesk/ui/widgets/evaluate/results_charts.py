"""Two charts beside each other: what a score costs in memory, and what it costs in time."""

from collections.abc import Callable, Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from slmdesk.base.words import joined
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.evaluate import figures
from slmdesk.ui.widgets.evaluate.results_cards import CardFace
from slmdesk.ui.widgets.evaluate.scatter_chart import ChartPoint, ScatterChart

BESIDE_PX = 760  # from this width on
GIGABYTE = 1e9


class ResultsCharts(QWidget):
    """The same figures stand in the table by model, for those who do not see a chart."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.memory = ScatterChart(tr("Score against memory"), tr("Memory for the weights in GB"))
        self.seconds = ScatterChart(tr("Score against time"), tr("Seconds per answer"))
        self.note = plain_label()
        self.note.setProperty("role", "small")
        self.note.setWordWrap(True)
        self._pair = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._pair.setSpacing(12)
        for chart in (self.memory, self.seconds):
            part = QVBoxLayout()
            part.setSpacing(4)
            title = plain_label(chart.title)
            title.setProperty("role", "heading")
            part.addWidget(title)
            part.addWidget(chart, 1)
            self._pair.addLayout(part, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._pair, 1)
        column.addWidget(self.note)

    def show_faces(self, faces: Sequence[CardFace], needed: float | None) -> None:
        """`needed` is the score that is good enough, None while nothing is scored."""
        self.memory.show_points(_points(faces, _gigabytes), needed)
        self.seconds.show_points(_points(faces, lambda face: face.seconds), needed)
        scored = [face for face in faces if face.score is not None]
        missing = [face.name for face in scored if face.size_bytes is None or face.seconds is None]
        self.note.setText(self._note(bool(scored), missing))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.width() >= theme.scaled(BESIDE_PX)
        way = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        self._pair.setDirection(way)

    def _note(self, has_scores: bool, missing: Sequence[str]) -> str:
        if not has_scores:
            return tr("Points come once answers are scored.")
        words = tr("The lines at a point are its 95 % interval.")
        if missing:
            words = f"{words} {tr('Memory or time is not known of {0}.').format(joined(missing))}"
        return words


def _points(faces: Sequence[CardFace], x_of: Callable[[CardFace], float | None]) -> list[ChartPoint]:
    points = []
    for face in faces:
        x = x_of(face)
        if x is not None and face.score is not None and face.low is not None and face.high is not None:
            score = f"{figures.per_cent(face.score)} ({figures.interval(face.low, face.high)})"
            words = f"{face.name}: {score}, {face.cost}"
            points.append(ChartPoint(face.name, x, face.score, face.low, face.high, words, face.is_verdict))
    return points


def _gigabytes(face: CardFace) -> float | None:
    return None if face.size_bytes is None else face.size_bytes / GIGABYTE
