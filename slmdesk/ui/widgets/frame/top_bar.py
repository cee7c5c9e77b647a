"""The top of the window: the name, the engines, the ways to every command, the fold of the panel."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QWidget

from slmdesk.ui import theme
from slmdesk.ui.icons import icon
from slmdesk.ui.labels import plain_label
from slmdesk.ui.widgets.frame.engine_pills import EnginePills


class TopBar(QFrame):
    """Signals say what was pressed; the window decides."""

    palette_asked = Signal()
    menu_asked = Signal(QWidget)
    panel_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("top_bar")
        self.setFixedHeight(theme.scaled(44))
        brand = plain_label("SLM Desk")
        brand.setProperty("role", "brand")
        self.pills = EnginePills()
        self._search = _SearchButton(self.tr("Search or run a command"))
        self._search.clicked.connect(self.palette_asked)
        self._fold = QToolButton()
        self._fold.setProperty("role", "flat")
        self._fold.setCheckable(True)
        self._fold.setToolTip(self.tr("Show or hide the machine panel"))
        self._fold.setAccessibleName(self.tr("Machine panel"))
        self._fold.clicked.connect(self.panel_toggled)
        self._menu = QToolButton()
        self._menu.setProperty("role", "flat")
        self._menu.setToolTip(self.tr("Menu of all commands"))
        self._menu.setAccessibleName(self.tr("Menu"))
        self._menu.clicked.connect(lambda: self.menu_asked.emit(self._menu))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 0, 10, 0)
        layout.setSpacing(12)
        layout.addWidget(brand)
        layout.addWidget(self.pills, 1)
        layout.addWidget(self._search)
        layout.addWidget(self._menu)
        layout.addWidget(self._fold)
        theme.changed.connect(self._colour)
        self._colour()

    def show_search_keys(self, keys: str) -> None:
        """The keys that do the same as a click on the search."""
        self._search.keys.setText(keys)

    def mark_panel(self, is_open: bool) -> None:
        """Show whether the panel is open."""
        self._fold.setChecked(is_open)

    def _colour(self) -> None:
        self._menu.setIcon(icon("menu", theme.current().muted, 18))
        self._fold.setIcon(icon("panel", theme.current().muted, 18))


class _SearchButton(QPushButton):
    """Looks like a field, opens the palette."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setProperty("role", "pill")
        self.setAccessibleName(text)
        self.setFixedSize(theme.scaled(260), theme.scaled(26))
        words = plain_label(text)
        words.setProperty("role", "muted")
        self.keys = plain_label()
        self.keys.setProperty("role", "number")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 12, 0)
        for label in (words, self.keys):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout.addWidget(words, 1)
        layout.addWidget(self.keys)
