"""The window: top bar, rail, stack of panes, machine panel, status line, palette; nothing else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from PySide6.QtCore import QByteArray, QEvent, QSize, Signal, SignalInstance
from PySide6.QtGui import QCloseEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from slmdesk.base.events import Event
from slmdesk.ui import theme
from slmdesk.ui.actions import Actions, shortcut_words
from slmdesk.ui.widgets.frame.rail import Rail
from slmdesk.ui.widgets.frame.status_line import NoticeBar, StatusLine
from slmdesk.ui.widgets.frame.top_bar import TopBar

if TYPE_CHECKING:  # lists and dialogs come with their first use: the first picture need not wait for them
    from slmdesk.engines.base import EngineState
    from slmdesk.ui.palette import Palette

DEFAULT_SIZE = (1440, 900)
TITLE_BAR_PX = 40  # kept free at the first start: the system's frame comes around the window
SMALLEST_SIZE = (800, 560)
PANEL_PX = 230


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
    def states(self) -> "Mapping[str, EngineState]": ...


class MainWindow(QMainWindow):
    """Knows the panes by their specs alone; what a pane needs, its factory brings along.

    It is shown as an empty frame first; `attach` brings the engines and the machine panel.
    """

    close_asked = Signal()
    painted = Signal()

    def __init__(self, panes: Sequence[PaneSpec]) -> None:
        super().__init__()
        self.setWindowTitle("SLM Desk")
        self._registry: KnowsEngines | None = None
        self._panel: QWidget = _panel_ground()
        self._specs = {spec.id: spec for spec in panes}
        self._panes: dict[str, QWidget] = {}
        self._work: dict[str, str] = {}
        self._palette: Palette | None = None
        self.commands = Actions(self)
        self._add_commands()
        self._top = TopBar(shortcut_words(self.commands.get("palette")))
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

    def open_pane(self, pane_id: str) -> QWidget:
        """Bring a pane to the front; the first time, it is made."""
        if pane_id not in self._panes:
            pane = self._specs[pane_id].factory(self.commands)
            self._panes[pane_id] = pane
            self._stack.addWidget(pane)
            if isinstance(pane, TellsItsWork):
                pane.status_changed.connect(lambda words: self._on_pane_status_changed(pane_id, words))
        pane = self._panes[pane_id]
        self._stack.setCurrentWidget(pane)
        self._rail.mark(pane_id)
        pane.setFocus()
        return pane

    def show_notice(self, text: str) -> None:
        """Something the user should read once; it stays until closed."""
        self._notices.add(text)

    def fold_panel(self, is_open: bool) -> None:
        """Show or hide the machine panel."""
        self._panel.setVisible(is_open)
        self._top.mark_panel(is_open)

    @property
    def is_panel_open(self) -> bool:
        return not self._panel.isHidden()

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

    def closeEvent(self, event: QCloseEvent) -> None:
        event.accept()
        self.close_asked.emit()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            self.painted.emit()
        return super().event(event)

    def _add_commands(self) -> None:
        add = self.commands.add
        for spec in self._specs.values():
            callback = _opener(self, spec.id)
            add(f"open_{spec.id}", self.tr("Open {0}").format(spec.title), callback, shortcut=spec.shortcut)
        add("palette", self.tr("All commands"), self._open_palette, shortcut="Ctrl+K")
        add(
            "machine_panel",
            self.tr("Show or hide the machine panel"),
            self._on_machine_panel,
            shortcut="Ctrl+M",
        )
        add(
            "help",
            self.tr("Help: all shortcuts"),
            self._show_help,
            shortcut=QKeySequence.StandardKey.HelpContents,
        )
        add("quit", self.tr("Quit"), self.close, shortcut="Ctrl+Q")

    def _lay_out(self) -> None:
        for spec in self._specs.values():
            keys = shortcut_words(self.commands.get(f"open_{spec.id}"))
            tip = f"{spec.title}  {keys}"
            self._rail.add(spec.id, spec.title, spec.icon, tip, is_at_foot=spec.is_at_foot)
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
        self._top.palette_asked.connect(self._open_palette)
        self._top.panel_toggled.connect(self.fold_panel)
        self._top.pills.clicked.connect(self._on_pills_clicked)
        self.fold_panel(True)

    def _on_registry_changed(self) -> None:
        states = self._registry.states if self._registry else {}
        self._top.pills.set_states(states)
        elsewhere = [state.engine.label for state in states.values() if not state.engine.is_local]
        self._status.set_places(elsewhere)

    def _on_pane_status_changed(self, pane_id: str, words: str) -> None:
        self._work[pane_id] = words
        self._status.set_activity(" — ".join(words for words in self._work.values() if words))

    def _on_machine_panel(self) -> None:
        self.fold_panel(not self.is_panel_open)

    def _on_pills_clicked(self) -> None:
        if "settings" in self._specs:
            self.open_pane("settings")

    def _open_palette(self) -> None:
        if self._palette is None:
            from slmdesk.ui.palette import Palette

            self._palette = Palette(self.commands, self)
        self._palette.open_over(self)

    def _show_help(self) -> None:
        from slmdesk.ui import notify

        commands = [command for command in self.commands.all() if not command.shortcut().isEmpty()]
        width = max(len(shortcut_words(command)) for command in commands)
        lines = [f"{shortcut_words(command):<{width}}   {command.text()}" for command in commands]
        notify.tell(
            self,
            self.tr("Shortcuts"),
            self.tr("Every command is also found with {0}.").format(
                shortcut_words(self.commands.get("palette"))
            ),
            "\n".join(lines),
        )


def _panel_ground() -> QWidget:
    """Where the machine panel will stand."""
    ground = QFrame()
    ground.setObjectName("machine_panel")
    ground.setFixedWidth(theme.scaled(PANEL_PX))
    return ground


def _opener(window: MainWindow, pane_id: str) -> Callable[[], object]:
    return lambda: window.open_pane(pane_id)
