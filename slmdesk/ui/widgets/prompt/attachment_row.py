"""One attached thing as a line: name, what it is, what it costs, and a button that takes it away."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from slmdesk.base.words import counted, number
from slmdesk.features.documents.document import Attachment, Picture
from slmdesk.features.documents.tokens import estimate_tokens
from slmdesk.store.attachments import StoredAttachment
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.answer_words import count
from slmdesk.ui.widgets.elided_label import ElidedLabel

PROGRESS_WIDTH_PX = 90


class AttachmentRow(QFrame):
    """Being read, there (`attachment`), or refused with a sentence; `removed` tells of the button.

    `file` is where it comes from, None for what was pasted or comes from the web. `stored` is what
    the store has of it from before, until it is read.
    """

    removed = Signal()

    def __init__(self, name: str, file: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.file = file
        self.attachment: Attachment | None = None
        self.stored: StoredAttachment | None = None
        self.setObjectName("attachment")
        self.name = ElidedLabel(name)
        self.facts = plain_label(self.tr("reading…"))
        self.facts.setProperty("role", "small")
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.setFixedSize(theme.scaled(PROGRESS_WIDTH_PX), theme.scaled(6))
        self._progress.setAccessibleName(self.tr("Reading {0}").format(name))
        self.remove_button = QPushButton("✕")
        self.remove_button.setProperty("role", "flat")
        self.remove_button.setAutoDefault(False)
        self.remove_button.setAccessibleName(self.tr("Remove {0}").format(name))
        self.remove_button.setToolTip(self.tr("Remove it from this message"))
        self.remove_button.clicked.connect(self.removed)
        self._said = _said_label()
        self._lay_out()

    @property
    def is_reading(self) -> bool:
        return not self._progress.isHidden()

    @property
    def said(self) -> str:
        """What is said below the name: the refusal, or the notes of the reader."""
        return self._said.text()

    def show_attachment(self, attachment: Attachment) -> None:
        self._progress.hide()
        self.attachment = attachment
        self.name.set_full_text(attachment.name)
        self.facts.setText(facts_of(attachment))
        self._say(" ".join(attachment.notes), "small")

    def show_refusal(self, sentence: str) -> None:
        self._progress.hide()
        self.facts.setText(self.tr("not attached"))
        self._say(sentence, "error")

    def _say(self, words: str, role: str) -> None:
        self._said.setProperty("role", role)
        self._said.style().polish(self._said)
        self._said.setText(words)
        self._said.setVisible(bool(words))

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(10)
        line.addWidget(self.name, 1)
        line.addWidget(self._progress)
        line.addWidget(self.facts)
        line.addWidget(self.remove_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 2, 4, 2)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self._said)


def facts_of(attachment: Attachment) -> str:
    """Kind, pages or pixels, size, and what it costs."""
    parts = [tr(attachment.image.mime.rpartition("/")[2].upper())] if isinstance(attachment, Picture) else []
    if isinstance(attachment, Picture):
        parts.append(f"{attachment.width} × {attachment.height}")
    else:
        parts.append(tr(attachment.kind.value))
        if attachment.pages:
            parts.append(counted(attachment.pages, "{count} page", "{count} pages"))
    parts.append(size_words(attachment.size_bytes))
    if not isinstance(attachment, Picture):
        parts.append(count(estimate_tokens(attachment.text), is_estimate=True))
    return " · ".join(parts)


def size_words(size_bytes: int) -> str:
    """Bytes as kB or MB."""
    if size_bytes < 1_000_000:
        return tr("{0} kB").format(max(1, round(size_bytes / 1000)))
    return tr("{0} MB").format(number(size_bytes / 1e6, ".1f"))


def _said_label() -> QLabel:
    label = plain_label()
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.hide()
    return label
