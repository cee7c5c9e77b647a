"""A card a model above the answers: its score with the interval, its size, and what an answer costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from slmdesk.features.evaluate.conclusion import Conclusion
from slmdesk.features.evaluate.verdict import VerdictKind
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.chip import Chip
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.evaluate import figures

LEAST_PX, BADGE_PX = 186, 84
HEIGHT_PX = 96


@dataclass(frozen=True, slots=True)
class CardFace:
    """What stands on a card. `score`, `low` and `high` from 0 to 1; None where nothing is scored yet."""

    name: str
    full_name: str
    score: float | None
    low: float | None
    high: float | None
    size_bytes: int | None
    seconds: float | None
    is_verdict: bool

    @property
    def cost(self) -> str:
        """ "1.6 GB · 2.4 s per answer"."""
        parts = [figures.memory(self.size_bytes)] if self.size_bytes is not None else []
        if self.seconds is not None:
            parts.append(tr("{0} per answer").format(figures.seconds(self.seconds)))
        return " · ".join(parts) or tr("nothing measured yet")


def faces_of(conclusion: Conclusion) -> Sequence[CardFace]:
    """A card for each model and each vote, in their order."""
    verdict = conclusion.verdict
    found = verdict.model if verdict is not None and verdict.kind is VerdictKind.FOUND else ""
    faces = []
    for line in conclusion.models:
        key, score = line.contender.key, conclusion.scores.get(line.contender.key)
        faces.append(
            CardFace(
                line.contender.name,
                "\n".join(line.contender.members),
                score.score if score else None,
                score.low if score else None,
                score.high if score else None,
                conclusion.sizes_bytes[key],
                line.seconds,
                is_verdict=key == found,
            )
        )
    return faces


class ResultsCards(QScrollArea):
    """Beside each other, and scrolled where there are more than fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Scores of the models"))
        inner = QWidget()
        inner.setObjectName("scrolled")
        self._row = QHBoxLayout(inner)
        self._row.setContentsMargins(1, 1, 1, 1)
        self._row.setSpacing(10)
        self.setWidget(inner)
        self.cards: list[ModelCard] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._fit()

    def show_faces(self, faces: Sequence[CardFace]) -> None:
        while len(self.cards) > len(faces):
            card = self.cards.pop()
            card.hide()
            card.deleteLater()
        while len(self.cards) < len(faces):
            card = ModelCard()
            self._row.addWidget(card)
            self.cards.append(card)
        for card, face in zip(self.cards, faces, strict=True):
            card.show_face(face)
        self._fit()

    def _fit(self) -> None:
        """As high as a card, and the bar below it where they do not all fit."""
        needed = sum(card.minimumWidth() + self._row.spacing() for card in self.cards)
        is_scrolled = needed > self.viewport().width()
        bar = self.horizontalScrollBar().sizeHint().height() + 2 if is_scrolled else 0
        self.setFixedHeight(theme.scaled(HEIGHT_PX) + bar + 4)
        self.setVisible(bool(self.cards))
        # Tab stops here only where there is something to scroll
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if is_scrolled else Qt.FocusPolicy.NoFocus)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]  # a resize event, as the stubs narrow it
        self._fit()


class ModelCard(QFrame):
    """One model, or one vote."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setFixedHeight(theme.scaled(HEIGHT_PX))
        self._name = ElidedLabel()
        self._name.setProperty("role", "muted")
        self._badge = Chip(tr("smallest good enough"), "accent")
        self._score = plain_label()
        self._score.setProperty("role", "score")
        self._interval = plain_label()
        self._interval.setProperty("role", "interval")
        self._cost = ElidedLabel(mode=Qt.TextElideMode.ElideRight)
        self._cost.setProperty("role", "muted")
        head = QHBoxLayout()
        head.addWidget(self._name, 1)
        head.addWidget(self._badge)
        middle = QHBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(self._score)
        middle.addWidget(self._interval, 0, Qt.AlignmentFlag.AlignBottom)
        middle.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(2)
        column.addLayout(head)
        column.addLayout(middle)
        column.addWidget(self._cost)

    def show_face(self, face: CardFace) -> None:
        self._name.set_full_text(face.name)
        self._name.setToolTip(face.full_name)
        self._badge.setVisible(face.is_verdict)
        self._score.setText(figures.per_cent(face.score))
        has_interval = face.low is not None and face.high is not None
        self._interval.setText(figures.interval(face.low or 0.0, face.high or 0.0) if has_interval else "")
        self._interval.setToolTip(tr("95 % interval: where the score on many such documents would lie"))
        self._cost.set_full_text(face.cost)
        self.setMinimumWidth(theme.scaled(LEAST_PX + BADGE_PX if face.is_verdict else LEAST_PX))
        if self.property("is_best") != face.is_verdict:
            self.setProperty("is_best", face.is_verdict)
            self.style().polish(self)
        parts = [face.name, self._score.text(), self._interval.text(), face.cost]
        if face.is_verdict:
            parts.append(self._badge.text())
        self.setAccessibleName(", ".join(part for part in parts if part))
