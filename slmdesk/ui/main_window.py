"""The window: top bar, rail, stack of panes, machine panel, status line; nothing else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.events import Event
from slmdesk.ui import theme
from slmdesk.ui.actions import Actions, shortcut_words
from slmdesk.ui.widgets.frame.panel_fold import PanelFold
from slmdesk.ui.widgets.frame.rail import Rail
from slmdesk.ui.widgets.frame.status_line import NoticeBar, StatusLine
from slmdesk.ui.widgets.frame.top_bar import TopBar
from slmdesk.ui.window_commands import WindowCommands

if TYPE_CHECKING:  # lists and dialogs come with their first use: the first picture need not wait for them
    from slmdesk.engines.base import Engine, EngineState

DEFAULT_SIZE = (1440, 900)
TITLE_BAR_PX = 40  # kept free at the first start: the system's frame comes around the window
SMALLEST_SIZE = (800, 560)
PANEL_PX = 230
_PLACING = QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.WindowStateChange
NARROW_PX = 1180  # below, the machine panel would take its room from the pane


@dataclass(frozen=True, slots=True)
class PaneSpec:
    """A pane of the rail; `factory` makes it when it is first shown."""

    id: str
    title: str
    icon: str
    shortcut: str
    factory: Callable[[Actions], QWidget]
    is_at_foot: bool = False


@runtime_checkable
class TellsItsWork(Protocol):
    """A pane that says in words what it is doing, for the status line."""

    status_changed: SignalInstance


class KnowsEngines(Protocol):
    """What the window needs of the registry."""

    changed: Event[None]

    @property
    def engines(self) -> "Sequence[Engine]": ...
    @property
    def states(self) -> "Mapping[str, EngineState]": ...


class MainWindow(QMainWindow):
    """Knows the panes by their specs alone; what a pane needs, its factory brings along.

    It is shown as an empty frame first; `attach` brings the engines and the machine panel.
    `placed` tells that it was moved, has another size, or its panel was opened or folded.
    """

    close_asked = Signal()
    activity_asked = Signal()
    painted = Signal()
    placed = Signal()

    def __init__(self, panes: Sequence[PaneSpec]) -> None:
        super().__init__()
        self.setWindowTitle("SLM Desk")
        self._registry: KnowsEngines | None = None
        self._panel: QWidget = _panel_ground()
        self._specs = {spec.id: spec for spec in panes}
        self._panes: dict[str, QWidget] = {}
        self._work: dict[str, str] = {}
        self._fold = PanelFold(theme.scaled(NARROW_PX))
        self.commands = Actions(self)
        self._own_commands = WindowCommands(self, self.commands, self._specs.values())
        self._top = TopBar()
        self._rail = Rail()
        self._stack = QStackedWidget()
        self._notices = NoticeBar()
        self._status = StatusLine()
        self._lay_out()
        self._connect()
        room = self.screen().availableSize() - QSize(0, TITLE_BAR_PX)
        self.setMinimumSize(QSize(*SMALLEST_SIZE).boundedTo(room))
        self.resize(QSize(*DEFAULT_SIZE).boundedTo(room))

    def attach(self, registry: KnowsEngines, panel: QWidget) -> None:
        """Show these engines from now on, and this machine panel."""
        self._registry = registry
        panel.setHidden(self._panel.isHidden())
        self._middle.replaceWidget(self._panel, panel)
        self._panel.deleteLater()
        self._panel = panel
        self.destroyed.connect(registry.changed.subscribe(lambda _none: self._on_registry_changed()))
        self._on_registry_changed()
        self._own_commands.add_menu_bar()

    def open_pane(self, pane_id: str) -> QWidget:
        """Bring a pane to the front; the first time, it is made."""
        if pane_id not in self._panes:
            self._make_pane(pane_id)
        pane = self._panes[pane_id]
        self._stack.setCurrentWidget(pane)
        self._rail.mark(pane_id)
        pane.setFocus()
        return pane

    def all_panes(self) -> "Mapping[str, QWidget]":
        """Every pane by its title, made now if it was not: its commands come with it."""
        for pane_id in self._specs:
            if pane_id not in self._panes:
                self._make_pane(pane_id)
        return {spec.title: self._panes[spec.id] for spec in self._specs.values()}

    def pane_on_screen(self) -> tuple[str, QWidget | None]:
        """Title and widget of the pane that is seen."""
        shown = self._stack.currentWidget()
        titles = [self._specs[pane_id].title for pane_id, pane in self._panes.items() if pane is shown]
        return (titles[0], shown) if titles else ("", None)

    def put_beside(self, sheet: QWidget) -> None:
        """Give a sheet its place between the pane and the machine panel."""
        self._middle.insertWidget(self._middle.indexOf(self._panel), sheet)

    def show_notice(self, text: str) -> None:
        """Something the user should read once; it stays until closed."""
        self._notices.add(text)

    def withdraw_notice(self, text: str) -> None:
        """What it says is true no more."""
        self._notices.remove(text)

    def show_pulls(self, words: str) -> None:
        """How far what is fetched has come, at the foot."""
        self._status.set_pulls(words)

    def fold_panel(self, is_open: bool) -> None:
        """Show or hide the machine panel, as the user asks."""
        self._fold.choose(is_open)
        self._show_panel()
        self.placed.emit()

    def remember_panel(self, is_open: bool) -> None:
        """As it was at the last start; a narrow window folds it all the same."""
        self._fold.remember(is_open)
        self._show_panel()

    @property
    def is_panel_open(self) -> bool:
        return not self._panel.isHidden()

    @property
    def is_panel_wanted(self) -> bool:
        """Whether it is open where there is room."""
        return self._fold.is_wanted

    def place(self) -> str:
        """Where the window is, as text for the settings."""
        return self.saveGeometry().toBase64().toStdString()

    def restore(self, place: str) -> None:
        """Go where the window was; a place that is no longer on a screen is corrected by Qt."""
        if place:
            self.restoreGeometry(QByteArray.fromBase64(place.encode()))

    def come_to_front(self) -> None:
        """The program was started a second time: this is the window that was meant."""
        self.showNormal() if self.isMinimized() else self.show()
        self.raise_()
        self.activateWindow()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses a button that has the focus: by itself Qt does so in dialogs alone."""
        focused = self.focusWidget()
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and not event.isAutoRepeat() and isinstance(focused, QAbstractButton):
            focused.click()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.accept()
        self.close_asked.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_panel()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            self.painted.emit()
        elif event.type() in _PLACING:
            self.placed.emit()
        return super().event(event)

    def _make_pane(self, pane_id: str) -> None:
        pane = self._specs[pane_id].factory(self.commands)
        self._panes[pane_id] = pane
        self._stack.addWidget(pane)
        if isinstance(pane, TellsItsWork):
            pane.status_changed.connect(lambda words: self._on_pane_status_changed(pane_id, words))

    def _show_panel(self) -> None:
        is_open = self._fold.is_open(self.width())
        self._panel.setVisible(is_open)
        self._top.mark_panel(is_open)

    def _lay_out(self) -> None:
        for spec in self._specs.values():
            self._rail.add(spec.id, spec.title, spec.icon, is_at_foot=spec.is_at_foot)
        middle = QVBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._notices)
        middle.addWidget(self._stack, 1)
        self._middle = row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._rail)
        row.addLayout(middle, 1)
        row.addWidget(self._panel)
        centre = QWidget()
        centre.setObjectName("centre")
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._top)
        column.addLayout(row, 1)
        column.addWidget(self._status)
        self.setCentralWidget(centre)

    def _connect(self) -> None:
        self._rail.chosen.connect(self.open_pane)
        self._top.palette_asked.connect(self._own_commands.open_palette)
        self._top.menu_asked.connect(self._own_commands.open_menu)
        self._top.panel_toggled.connect(self.fold_panel)
        self._status.activity_asked.connect(self.activity_asked)
        self._top.pills.clicked.connect(self._on_pills_clicked)
        self.commands.keys_changed.connect(self._show_keys)
        self._show_keys()
        self._show_panel()

    def _show_keys(self) -> None:
        self._top.show_search_keys(shortcut_words(self.commands.get("palette")))
        for spec in self._specs.values():
            keys = shortcut_words(self.commands.get(f"open_{spec.id}"))
            self._rail.set_tip(spec.id, f"{spec.title}  {keys}".strip())

    def _on_registry_changed(self) -> None:
        states = self._registry.states if self._registry else {}
        self._top.pills.set_states(states)
        if self._registry and (engines := self._registry.engines):  # nothing is claimed before they are known
            self._status.set_places([engine.label for engine in engines if not engine.is_local])

    def _on_pane_status_changed(self, pane_id: str, words: str) -> None:
        self._work[pane_id] = words
        self._status.set_activity(" — ".join(words for words in self._work.values() if words))

    def _on_pills_clicked(self) -> None:
        if "settings" in self._specs:
            self.open_pane("settings")


def _panel_ground() -> QWidget:
    """Where the machine panel will stand."""
    ground = QFrame()
    ground.setObjectName("machine_panel")
    ground.setFixedWidth(theme.scaled(PANEL_PX))
    return ground
