"""The models in memory now: size, where they are, when they leave, and a way to unload them."""

import math
import time
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from slmdesk.base.memory import gigabytes
from slmdesk.base.words import number
from slmdesk.engines.base import LoadedModel
from slmdesk.ui import theme
from slmdesk.ui.icons import icon
from slmdesk.ui.labels import plain_label, short_name, tr
from slmdesk.ui.widgets.elided_label import ElidedLabel

FOREVER_S = 3600 * 24 * 365


class LoadedModels(QWidget):
    """A card a model; `unload_asked` carries its ref, `keep_asked` also the seconds that it is to stay.

    `chosen` tells what was chosen for a ref, in seconds; None is the usual time.
    """

    unload_asked = Signal(str)
    keep_asked = Signal(str, object)

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        chosen: Callable[[str], float | None] = lambda _ref: None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._chosen = chosen
        self._shown: tuple[tuple[str, str], ...] = ()
        self._cards: list[QFrame] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self._empty = plain_label()  # nothing is claimed before the first look
        self._empty.setProperty("role", "small")
        self._empty.setWordWrap(True)
        self._layout.addWidget(self._empty)

    def show_models(self, models: Sequence[LoadedModel], labels: Callable[[str], str]) -> None:
        """Draw the list again only where its words have changed."""
        wanted = tuple((model.ref, self._words(model, labels(model.engine_id))) for model in models)
        self._empty.setText(self.tr("None. A model is loaded with its first question."))
        if wanted == self._shown:
            return
        self._shown = wanted
        for old in self._cards:
            self._layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._cards = [self._card(ref, words) for ref, words in wanted]
        for card in self._cards:
            self._layout.addWidget(card)
        self._empty.setVisible(not wanted)

    def _words(self, model: LoadedModel, engine: str) -> str:
        parts = [f"{gigabytes(model.size_bytes)} GB" if model.size_bytes else self.tr("size unknown")]
        if model.vram_bytes is not None and model.size_bytes:
            share = round(100 * model.vram_bytes / model.size_bytes)
            parts.append(self.tr("{0} % GPU").format(share) if share else self.tr("CPU"))
        if model.context_tokens is not None:
            parts.append(self.tr("context {0}").format(number(model.context_tokens)))
        if model.expires_at is None and model.pids:  # our own child: its clock runs while it is idle
            parts.append(self.tr("in use"))
        elif model.expires_at is not None:
            parts.append(self._leaving_words(model.expires_at))
        parts.append(engine)
        return " · ".join(parts)

    def _leaving_words(self, expires_at: float) -> str:
        if expires_at == math.inf:
            return self.tr("stays until SLM Desk closes")
        left_s = expires_at - self._clock()
        if left_s >= FOREVER_S:
            return self.tr("stays loaded")
        return self.tr("unloads in {0}").format(_duration(max(left_s, 0)))

    def _card(self, ref: str, words: str) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        name = ElidedLabel(short_name(ref))
        name.setProperty("role", "heading")
        keep = _tool("clock", self.tr("How long it stays in memory"))
        keep.setAccessibleName(self.tr("How long {0} stays in memory").format(short_name(ref)))
        keep.clicked.connect(lambda: self._open_keep_menu(keep, ref))
        close = _tool("close", self.tr("Unload now"))
        close.setAccessibleName(self.tr("Unload {0}").format(short_name(ref)))
        close.clicked.connect(lambda: self.unload_asked.emit(ref))
        detail = plain_label(words.replace(" · ", "\u00a0· "))  # no line begins with the dot
        detail.setProperty("role", "small")
        detail.setWordWrap(True)
        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(name, 1)
        head.addWidget(keep)
        head.addWidget(close)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(10, 6, 4, 8)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(detail)
        return card

    def _open_keep_menu(self, button: QToolButton, ref: str) -> None:
        from slmdesk.ui.widgets.models.keep_menu import fill_keep_menu  # not for the first picture

        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_keep_menu(menu, self._chosen(ref), partial(self.keep_asked.emit, ref))
        menu.addSeparator()
        menu.addAction(self.tr("Unload now"), partial(self.unload_asked.emit, ref))
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))


def _tool(picture: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "flat")
    button.setIcon(icon(picture, theme.current().muted, 14))
    button.setToolTip(tip)
    return button


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes >= 120:
        return tr("{0} h").format(round(minutes / 60))
    return tr("{0} min").format(minutes) if minutes >= 1 else tr("{0} s").format(round(seconds / 10) * 10)
