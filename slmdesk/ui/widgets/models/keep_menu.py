"""The choice of how long a model stays in memory after its last answer."""

import math
from collections.abc import Callable

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from slmdesk.features.catalog.keep_alive import CHOICES
from slmdesk.ui.labels import tr


def fill_keep_menu(menu: QMenu, chosen: float | None, choose: Callable[[float | None], object]) -> None:
    """Add the times that are on offer, in seconds, the chosen one with a mark."""
    group = QActionGroup(menu)
    for seconds in CHOICES:
        action = menu.addAction(keep_words(seconds))
        action.setCheckable(True)
        action.setChecked(seconds == chosen)
        action.setActionGroup(group)
        action.triggered.connect(lambda _checked=False, seconds=seconds: choose(seconds))


def keep_words(seconds: float | None) -> str:
    """One of the times in words."""
    if seconds is None:
        return tr("The usual time")
    if seconds == math.inf:
        return tr("Until SLM Desk closes")
    minutes = round(seconds / 60)
    if minutes >= 60:
        return tr("{0} h after its last answer").format(minutes // 60)
    return tr("{0} min after its last answer").format(minutes)
