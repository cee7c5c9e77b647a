"""Chooses a model: a button with its name, and a list of all engines with a search."""

from collections.abc import Mapping
from typing import Protocol

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QPushButton, QVBoxLayout, QWidget

from slmdesk.base.events import Event
from slmdesk.engines.base import EngineState
from slmdesk.features.catalog.fit import Fit
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, plain_tip
from slmdesk.ui.widgets.elided_button import ElidedButton
from slmdesk.ui.widgets.models.model_delegate import ModelDelegate
from slmdesk.ui.widgets.models.model_list import (
    ROW_ROLE,
    FitOf,
    ModelFilter,
    ModelList,
    RowKind,
    rows_of,
    short_name,
)

MOST_WIDTH_PX = 240
LEAST_WIDTH_PX = 132
POPUP_WIDTH = 460
LIST_HEIGHT = 380


class KnowsModels(Protocol):
    """What the picker needs of the registry."""

    changed: Event[None]

    @property
    def states(self) -> Mapping[str, EngineState]: ...


class ModelPicker(ElidedButton):
    """The button. `chosen` carries the ref (`engine/model`); `add_file_requested` has no list entry."""

    chosen = Signal(str)
    add_file_requested = Signal()

    def __init__(
        self, registry: KnowsModels, fit: FitOf, parent: QWidget | None = None, *, empty: str = ""
    ) -> None:
        super().__init__(parent, least_width_px=LEAST_WIDTH_PX, mode=Qt.TextElideMode.ElideMiddle)
        self._empty = empty or self.tr("Choose a model")
        self._registry = registry
        self._fit = fit
        self._ref = ""
        self._popup: _Popup | None = None
        self.setProperty("role", "picker")
        self.clicked.connect(self.open_list)
        unsubscribe = registry.changed.subscribe(lambda _none: self._refill())
        self.destroyed.connect(unsubscribe)
        self.set_ref("")

    @property
    def ref(self) -> str:
        """The model chosen, "" if none."""
        return self._ref

    def set_ref(self, ref: str) -> None:
        """Show a model without announcing it."""
        self._ref = ref
        name = short_name(ref) if ref else self._empty
        font = self.font()
        font.setBold(True)
        shown = QFontMetrics(font).elidedText(name, Qt.TextElideMode.ElideMiddle, theme.scaled(MOST_WIDTH_PX))
        self.set_full_text(f"{shown} ▾")
        self.setAccessibleName(self.tr("Model: {0}").format(name))
        self.setAccessibleDescription(self.tr("Opens the list of models"))

    def open_list(self) -> None:
        """Show the list below the button."""
        if self._popup is None:
            self._popup = _Popup(self)
            self._popup.picked.connect(self._on_popup_picked)
            self._popup.add_file_requested.connect(self.add_file_requested)
        self._refill()
        self._popup.open_at(self, self._ref)

    def _on_popup_picked(self, ref: str) -> None:
        self.set_ref(ref)
        self.chosen.emit(ref)

    def _refill(self) -> None:
        if self._popup is not None:
            self._popup.set_rows(self._registry.states, self._fit)

    def _elide(self) -> None:
        super()._elide()
        self.setToolTip(plain_tip(self._ref))


class _Popup(QFrame):
    """Search on top, the list, and the way to add a file."""

    picked = Signal(str)
    add_file_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("popup")
        self.setAccessibleName(self.tr("Models"))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._source = ModelList(self)
        self._filter = ModelFilter(self._source, self)
        self._search = QLineEdit()
        self._search.setPlaceholderText(self.tr("Search models"))
        self._search.setAccessibleName(self.tr("Search models"))
        self._search.textChanged.connect(self._on_search_text_changed)
        self._search.installEventFilter(self)
        self._view = _View()
        self._view.setModel(self._filter)
        self._view.setItemDelegate(ModelDelegate(self._view))
        self._view.clicked.connect(self._on_view_clicked)
        self._view.entered.connect(self._say)
        add = QPushButton(self.tr("Add a model file…"))
        add.setProperty("role", "link")
        add.clicked.connect(self._on_add_clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        self._outlook = plain_label()
        self._outlook.setProperty("role", "small")
        self._outlook.setWordWrap(True)
        self._outlook.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._search)
        layout.addWidget(self._view, 1)
        layout.addWidget(self._outlook)
        layout.addWidget(add, 0, Qt.AlignmentFlag.AlignLeft)
        self._wanted = ""

    def set_rows(self, states: Mapping[str, EngineState], fit: FitOf) -> None:
        self._source.set_rows(rows_of(states.values(), fit))
        self._select(self._wanted)

    def open_at(self, button: QWidget, ref: str) -> None:
        self._wanted = ref
        self._search.clear()
        self.resize(QSize(theme.scaled(POPUP_WIDTH), theme.scaled(LIST_HEIGHT)))
        self.move(_place_for(self, button))
        self.show()
        self._search.setFocus()
        self._select(ref)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows and Enter in the search box move and choose; Esc closes the list and stops nothing."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride:
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        elif isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            match event.key():
                case Qt.Key.Key_Down:
                    return self._move(1)
                case Qt.Key.Key_Up:
                    return self._move(-1)
                case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    self._pick(self._view.currentIndex())
                    return True
        return super().eventFilter(watched, event)

    def _move(self, step: int) -> bool:
        row = self._view.currentIndex().row() + step
        while 0 <= row < self._filter.rowCount():
            index = self._filter.index(row, 0)
            if index.data(ROW_ROLE).kind is RowKind.MODEL:
                self._view.setCurrentIndex(index)
                self._say(index)
                return True
            row += step
        return True

    def _select(self, ref: str) -> None:
        """Put the mark on `ref`, else on the first model."""
        models = [
            index
            for row in range(self._filter.rowCount())
            if (index := self._filter.index(row, 0)).data(ROW_ROLE).kind is RowKind.MODEL
        ]
        wanted = [index for index in models if index.data(ROW_ROLE).ref == ref]
        self._view.setCurrentIndex((wanted or models or [QModelIndex()])[0])
        self._say(self._view.currentIndex())

    def _say(self, index: QModelIndex) -> None:
        """What happens if this one is loaded: with the mouse on it, or marked by key."""
        fit: Fit | None = index.data(ROW_ROLE).fit if index.isValid() else None
        self._outlook.setText(fit.outlook or fit.explanation if fit else "")
        two_lines = 2 * self._outlook.fontMetrics().lineSpacing()
        self._outlook.setMinimumHeight(two_lines)  # or the list would jump

    def _on_search_text_changed(self, text: str) -> None:
        self._filter.set_search(text)
        self._select(self._wanted)

    def _on_view_clicked(self, index: QModelIndex) -> None:
        self._pick(index)

    def _on_add_clicked(self) -> None:
        self.close()
        self.add_file_requested.emit()

    def _pick(self, index: QModelIndex) -> None:
        if index.isValid() and index.data(ROW_ROLE).kind is RowKind.MODEL:
            self.close()
            self.picked.emit(index.data(ROW_ROLE).ref)


class _View(QListView):
    """Tells its width to the delegate, which wraps the problems."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Models"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the search field keeps the keyboard
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setResizeMode(QListView.ResizeMode.Adjust)


def _place_for(popup: QWidget, button: QWidget) -> QPoint:
    """Below the button, above it where there is no room, always on the screen."""
    screen = button.screen().availableGeometry()
    below = button.mapToGlobal(QPoint(0, button.height() + 4))
    above = button.mapToGlobal(QPoint(0, -popup.height() - 4))
    place = below if below.y() + popup.height() <= screen.bottom() else above
    x = max(screen.left(), min(place.x(), screen.right() - popup.width()))
    return QPoint(x, max(screen.top(), place.y()))
