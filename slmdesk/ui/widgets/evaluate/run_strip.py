"""How far a run has come: answers, time left, and what was not computed again."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QWidget

from slmdesk.base.words import counted, number
from slmdesk.features.evaluate.evaluation import RunProgress
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.chip import Chip
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.models.pull_words import left_words

STEPS = 1000


class RunStrip(QFrame):
    """Hidden while there is nothing to tell."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.count = Chip("", "accent")
        self.bar = QProgressBar()
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress"))
        self.left = plain_label()
        self.left.setProperty("role", "number")
        self.detail = ElidedLabel()
        self.detail.setProperty("role", "muted")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 10)
        layout.setSpacing(10)
        layout.addWidget(self.count)
        layout.addWidget(self.bar, 3)
        layout.addWidget(self.left)
        layout.addWidget(self.detail, 2)
        self.hide()

    def show_progress(self, progress: RunProgress, *, is_running: bool) -> None:
        """Shown from the first answer on, and while it runs."""
        self.setVisible(is_running or progress.done > 0)
        self.count.set_state(f"{number(progress.done)} / {number(progress.total)}", "accent")
        self.bar.setValue(round(STEPS * progress.done / progress.total) if progress.total else 0)
        self.left.setText(_left(progress, is_running=is_running))
        self.detail.set_full_text(" · ".join(_details(progress)))


def _left(progress: RunProgress, *, is_running: bool) -> str:
    if progress.done >= progress.total:
        return tr("done")
    if not is_running:
        return tr("paused")
    if progress.seconds_left is None:
        return tr("time not known yet")
    return tr("about {0} left").format(left_words(progress.seconds_left))


def _details(progress: RunProgress) -> list[str]:
    share = progress.reused_share
    reused = tr("not known") if share is None else f"{number(share * 100, '.0f')} %"
    cached = counted(progress.from_cache, "{count:,} answer from cache", "{count:,} answers from cache")
    return [tr("each model loaded once"), cached, tr("prompt reused {0}").format(reused)]
