"""Ties the log of activity to the window: toasts go into it, its sheet beside the pane, undo by key."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence

from slmdesk.features.activity.log import Activity, ActivityLog
from slmdesk.ui.actions import Group
from slmdesk.ui.main_window import MainWindow
from slmdesk.ui.notify import Offer, offered, said

if TYPE_CHECKING:
    from slmdesk.ui.widgets.frame.activity_sheet import ActivitySheet

MOST_OFFERS = 50  # kept to be taken from the sheet


class ActivityDesk(QObject):
    """Adds the commands Undo and Activity to the window."""

    def __init__(self, window: MainWindow, log: ActivityLog) -> None:
        super().__init__(window)
        self._window = window
        self._log = log
        self._sheet: ActivitySheet | None = None
        self._offers: OrderedDict[Activity, Offer] = OrderedDict()
        self._current: Offer | None = None
        undo = QKeySequence.StandardKey.Undo
        self._undo = window.commands.add(
            "undo", self.tr("Undo"), self._on_undo, shortcut=undo, group=Group.EDIT
        )
        self._undo.setEnabled(False)
        window.commands.add("activity", self.tr("Activity"), self.toggle, shortcut="Ctrl+Shift+A")
        window.activity_asked.connect(self.toggle)
        for unsubscribe in (said.subscribe(self._on_said), offered.subscribe(self._on_offered)):
            window.destroyed.connect(unsubscribe)

    def toggle(self) -> None:
        """Show the sheet, or take it away."""
        if self._sheet is None:
            self._sheet = self._make_sheet()
        if self._sheet.isHidden():
            self._sheet.show()
            self._sheet.setFocus()
        else:
            self._close()

    def _make_sheet(self) -> "ActivitySheet":
        from slmdesk.ui.widgets.frame.activity_sheet import ActivitySheet

        sheet = ActivitySheet(self._log, self._offers.get)
        sheet.hide()
        sheet.closed.connect(self._close)
        self._window.put_beside(sheet)
        return sheet

    def _close(self) -> None:
        """The keyboard goes back to the pane."""
        if self._sheet is not None:
            self._sheet.hide()
        _title, pane = self._window.pane_on_screen()
        if pane is not None:
            pane.setFocus()

    def _on_said(self, saying: tuple[str, Offer | None]) -> None:
        sentence, offer = saying
        entry = self._log.add("message", sentence)
        if offer is None:
            return
        offer.taken.subscribe(lambda _none: self._on_offer_taken(sentence))
        self._offers[entry] = offer
        while len(self._offers) > MOST_OFFERS:
            self._offers.popitem(last=False)
        self._refresh()

    def _on_offer_taken(self, sentence: str) -> None:
        self._log.add("message", self.tr("Undone: {0}").format(sentence))
        self._refresh()

    def _refresh(self) -> None:
        if self._sheet is not None and self._sheet.isVisible():
            self._sheet.refresh()

    def _on_offered(self, offer: Offer | None) -> None:
        self._current = offer
        self._undo.setEnabled(offer is not None and offer.is_open)

    def _on_undo(self) -> None:
        if self._current is not None:
            self._current.take()
