"""How far a run has come: answers, time left, what was not computed again; before it, what it will take."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QWidget

from slmdesk.base.memory import gigabytes
from slmdesk.base.words import counted, number
from slmdesk.features.evaluate.evaluation import RunProgress
from slmdesk.features.evaluate.price import Price, duration_words
from slmdesk.features.pulls.progress import duration
from slmdesk.ui.labels import plain_button_text, plain_label, short_name, tr
from slmdesk.ui.widgets.chip import Chip
from slmdesk.ui.widgets.elided_label import ElidedLabel

STEPS = 1000


class RunStrip(QFrame):
    """Hidden while there is nothing to ask. `skip_wanted` carries the model that is being asked."""

    retry_wanted = Signal()
    skip_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._model_ref = ""
        self.count = Chip("", "accent")
        self.bar = QProgressBar()
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress"))
        self.left = plain_label()
        self.left.setProperty("role", "number")
        self.detail = ElidedLabel(mode=Qt.TextElideMode.ElideRight)
        self.detail.setProperty("role", "muted")
        self.skip_button = QPushButton(tr("Skip this model"))
        self.retry_button = QPushButton()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.setSpacing(10)
        layout.addWidget(self.count)
        layout.addWidget(self.bar, 2)
        layout.addWidget(self.left)
        layout.addWidget(self.detail, 3)
        for button in (self.skip_button, self.retry_button):
            button.setProperty("role", "small_button")
            layout.addWidget(button)
        self.skip_button.clicked.connect(lambda: self.skip_wanted.emit(self._model_ref))
        self.retry_button.clicked.connect(self.retry_wanted)
        self.hide()

    def show_progress(self, progress: RunProgress, price: Price, *, is_running: bool, failed: int) -> None:
        """`price` is that of what is still to be asked, `failed` counts requests that were asked in vain."""
        self.setVisible(progress.total > 0)
        self.count.set_state(f"{number(progress.done)} / {number(progress.total)}", "accent")
        self.bar.setValue(round(STEPS * progress.done / progress.total) if progress.total else 0)
        self.left.setText(_left(progress, is_running=is_running))
        is_due = not is_running and progress.done < progress.total
        self.detail.set_full_text(" · ".join(_costs(price) if is_due else _details(progress)))
        self._model_ref = progress.model_ref
        self.skip_button.setVisible(is_running and len(price.models) > 1 and bool(self._model_ref))
        self.skip_button.setToolTip(tr("Ask {0} no more in this run").format(short_name(self._model_ref)))
        self.retry_button.setVisible(failed > 0 and not is_running)
        self.retry_button.setText(
            plain_button_text(counted(failed, "Retry {count:,} failed", "Retry {count:,} failed"))
        )


def _left(progress: RunProgress, *, is_running: bool) -> str:
    if progress.done >= progress.total:
        return tr("done")
    if not is_running:
        return tr("paused") if progress.done else tr("not started")
    if progress.seconds_left is None:
        return tr("time not known yet")
    return tr("about {0} left").format(duration(progress.seconds_left))


def _costs(price: Price) -> list[str]:
    """What is still to be asked, in short; the tab of the models says more."""
    costs = [
        counted(price.requests, "{count:,} request", "{count:,} requests"),
        duration_words(price.seconds),
    ]
    if price.memory_bytes:
        costs.append(tr("up to {0} GB of memory").format(gigabytes(price.memory_bytes)))
    return costs


def _details(progress: RunProgress) -> list[str]:
    share = progress.reused_share
    reused = tr("not known") if share is None else f"{number(share * 100, '.0f')} %"
    cached = counted(progress.from_cache, "{count:,} answer from cache", "{count:,} answers from cache")
    return [tr("each model loaded once"), cached, tr("prompt reused {0}").format(reused)]
