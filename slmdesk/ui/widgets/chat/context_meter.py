"""How much of the loaded context a chat uses, in words; amber and red when it gets full."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from slmdesk.base.words import number
from slmdesk.features.chat.session import ContextUse
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.chip import Tone

AMBER_SHARE = 0.75
RED_SHARE = 0.90


class ContextMeter(QLabel):
    """A pill such as "Context 1,204 / 4,096 · 29 %"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "meter")
        self.setProperty("tone", "plain")
        self.hide()

    def set_use(self, use: ContextUse | None) -> None:
        """None hides it: nothing has been said yet."""
        self.setVisible(use is not None)
        if use is None:
            return
        mark = "~" if use.is_estimate else ""
        share = round(100 * use.share)
        self.setText(
            self.tr("Context {0} / {1} · {2} %").format(
                f"{mark}{number(use.used_tokens)}", number(use.context_tokens), share
            )
        )
        self.setToolTip(_advice(use.share))
        tone = tone_of(use.share)
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            self.style().polish(self)


def tone_of(share: float) -> Tone:
    if share >= RED_SHARE:
        return "bad"
    return "warn" if share >= AMBER_SHARE else "plain"


def _advice(share: float) -> str:
    if share >= RED_SHARE:
        return tr("Nearly full: raise the context in the settings below, or start a new chat.")
    return tr("Tokens of this chat against the context it is given.")
