"""The figures of the machine panel: a value with its line, and the graphics cards."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from slmdesk.features.monitor.gpus import GpuSample
from slmdesk.ui.labels import plain_label
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.frame.machine_facts import amount, card_words, percent
from slmdesk.ui.widgets.frame.sparkline import Sparkline


class Figure(QWidget):
    """A name, its value in figures, and the line below."""

    def __init__(self, name: str, token: str) -> None:
        super().__init__()
        self._name = ElidedLabel(name)
        self._value = plain_label(QCoreApplication.translate("MachinePanel", "unknown"))
        self._value.setProperty("role", "number")
        self._line = Sparkline(token)
        self._line.setAccessibleName(name)
        head = QHBoxLayout()
        head.addWidget(self._name, 1)
        head.addWidget(self._value)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(head)
        layout.addWidget(self._line)

    def show_value(self, words: str, percent: float | None) -> None:
        """The value now; its line goes on at `percent`, or has a gap."""
        self._value.setText(words)
        self._line.setAccessibleDescription(words)
        self._line.add(percent, words)


class GpuFigures(QWidget):
    """One figure a card, with a bar for its memory."""

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._boxes: list[QWidget] = []
        self._figures: list[tuple[Figure, QLabel, QProgressBar, QLabel]] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self.hide()

    def show_cards(self, cards: tuple[GpuSample, ...]) -> None:
        names = tuple(card.name for card in cards)
        if names != self._names:
            self._names = names
            self._build(cards)
        for (figure, words, bar, heat), card in zip(self._figures, cards, strict=True):
            figure.show_value(percent(card.busy_percent), card.busy_percent)
            used, total = card.vram_used_bytes, card.vram_total_bytes
            words.setText(self.tr("shared with memory") if card.is_unified else amount(used, total))
            bar.setVisible(used is not None and bool(total))
            bar.setValue(round(100 * (used or 0) / total) if total else 0)
            heat.setText(card_words(card))
            heat.setVisible(bool(heat.text()))

    def _build(self, cards: tuple[GpuSample, ...]) -> None:
        for old in self._boxes:
            self._layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._boxes, self._figures = [], []
        for card in cards:
            figure = Figure(self.tr("GPU · {0}").format(card.name), "warn")
            box = QWidget()
            words = plain_label()
            words.setProperty("role", "number")
            bar = QProgressBar()
            bar.setTextVisible(False)
            bar.setAccessibleName(self.tr("VRAM in use"))
            row = QHBoxLayout()
            label = plain_label(self.tr("VRAM"))
            label.setProperty("role", "muted")
            row.addWidget(label, 1)
            row.addWidget(words)
            column = QVBoxLayout(box)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(3)
            column.addWidget(figure)
            column.addLayout(row)
            column.addWidget(bar)
            heat = plain_label()
            heat.setProperty("role", "small")
            column.addWidget(heat)
            self._layout.addWidget(box)
            self._boxes.append(box)
            self._figures.append((figure, words, bar, heat))
        self.setVisible(bool(cards))
