"""The engines at the top of the window: a dot, the name, and whether it answers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from slmdesk.ui import theme
from slmdesk.ui.labels import plain_button_text, plain_tip

if TYPE_CHECKING:
    from slmdesk.engines.base import EngineState

DOT_PX = 8
DOT_GAP = 4
GAP = 12


class EnginePills(QWidget):
    """One pill an engine; those without room are counted in the last one."""

    clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._states: Mapping[str, EngineState] = {}
        self._pills: list[QPushButton] = []
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(GAP)
        self._more = _pill()
        self._more.setAccessibleDescription(self.tr("Engines without room at the top"))
        self._more.clicked.connect(lambda: self.clicked.emit(""))
        self._layout.addWidget(self._more)
        self._layout.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self._on_theme_changed)

    def set_states(self, states: Mapping[str, "EngineState"]) -> None:
        """Show every engine as it stands now."""
        self._states = dict(states)
        while len(self._pills) < len(states):
            self._add_pill(len(self._pills))
        for pill, state in zip(self._pills, states.values(), strict=False):
            self._describe(pill, state)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, theme.scaled(24))

    def _add_pill(self, at: int) -> None:
        pill = _pill()
        pill.clicked.connect(lambda: self.clicked.emit(list(self._states)[at]))
        self._layout.insertWidget(at, pill)
        self._pills.append(pill)

    def _describe(self, pill: QPushButton, state: "EngineState") -> None:
        engine = state.engine
        if state.is_online:
            pill.setText(plain_button_text(engine.label))
            count = len(state.models)
            sentence = self.tr("{0} answers; models: {1}").format(engine.label, count)
            where = engine.address or self.tr("runs inside this program")
            pill.setToolTip(plain_tip(f"{sentence}\n{where}"))
        else:
            pill.setText(plain_button_text(self.tr("{0} off").format(engine.label)))
            sentence = f"{state.problem} {state.next_step}".strip()
            pill.setToolTip(plain_tip(sentence))
        pill.setIcon(_dot(state.is_online))
        pill.setAccessibleName(pill.text().replace("&&", "&"))
        pill.setAccessibleDescription(sentence)

    def _fit(self) -> None:
        """Show as many pills as there is room for."""
        shown = self._pills[: len(self._states)]
        for pill in self._pills[len(self._states) :]:
            pill.hide()
        reserve = self._more.sizeHint().width() + GAP
        room = self.width()
        fitting = 0
        for index, pill in enumerate(shown):
            room -= pill.sizeHint().width() + GAP
            if room < (0 if index == len(shown) - 1 else reserve):
                break
            fitting += 1
        for index, pill in enumerate(shown):
            pill.setVisible(index < fitting)
        hidden = len(shown) - fitting
        self._more.setText(f"+{hidden}")
        self._more.setToolTip(plain_tip("\n".join(pill.text() for pill in shown[fitting:])))
        self._more.setVisible(hidden > 0)

    def _on_theme_changed(self) -> None:
        self.set_states(self._states)


def _pill() -> QPushButton:
    pill = QPushButton()
    pill.setProperty("role", "pill")
    pill.setIconSize(QSize(DOT_PX + DOT_GAP, DOT_PX))
    pill.hide()
    return pill


def _dot(is_online: bool) -> QIcon:
    now = theme.current()
    picture = QPixmap((DOT_PX + DOT_GAP) * 3, DOT_PX * 3)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(now.good if is_online else now.muted))
    painter.drawEllipse(0, 0, DOT_PX * 3, DOT_PX * 3)
    painter.end()
    return QIcon(picture)
