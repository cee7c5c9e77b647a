"""What a model file says of itself, before anything of it is loaded, and the choice to use or to copy it."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDialogButtonBox, QFormLayout, QPlainTextEdit, QProgressBar, QWidget

from slmdesk.base.words import counted, number
from slmdesk.features.pulls.importing import Candidate
from slmdesk.features.pulls.progress import Meter, amount
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.notify import Dialog
from slmdesk.ui.widgets.elided_label import ElidedLabel

STEPS = 1000
LOOK_EVERY_MS = 200
TEMPLATE_LINES = 5


class ImportDialog(Dialog):
    """`is_copied` says which of the two was chosen, once it was accepted."""

    def __init__(self, parent: QWidget, found: Candidate, free_bytes: int) -> None:
        super().__init__(
            parent,
            self.tr("Import this model?"),
            self.tr("This is what the file says of itself. Nothing of it has been loaded."),
        )
        self.is_copied = False
        self._lay_out(found)
        self.use_button = self.add_button(
            self.tr("Use it where it is"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.use_button.setProperty("role", "primary")
        self.use_button.style().polish(self.use_button)
        self.use_button.setDefault(True)
        self.use_button.setFocus()
        self.copy_button = self.add_button(
            self.tr("Copy it ({0})").format(amount(found.size_bytes)), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.copy_button.clicked.connect(self._on_copy_clicked)
        self.copy_button.setEnabled(found.size_bytes < free_bytes)
        self.copy_button.setToolTip(
            self.tr("Into the models of SLM Desk, whose disk has {0} free.").format(amount(free_bytes))
        )
        self.add_button(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)

    def _lay_out(self, found: Candidate) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(6)
        for label, value in header_words(found):
            name = plain_label(label)
            name.setProperty("role", "muted")
            said = ElidedLabel(value)
            said.setAccessibleName(f"{label}: {value}")
            form.addRow(name, said)
        self.body.addLayout(form)
        if template := found.header.chat_template:
            self.body.addWidget(plain_label(self.tr("Template of conversations")))
            view = QPlainTextEdit(template)
            view.setReadOnly(True)
            view.setTabChangesFocus(True)
            view.setFont(theme.monospaced(11))
            view.setAccessibleName(self.tr("Template of conversations"))
            view.setFixedHeight(TEMPLATE_LINES * view.fontMetrics().lineSpacing() + 18)
            self.body.addWidget(view)

    def _on_copy_clicked(self) -> None:
        self.is_copied = True


class CopyDialog(Dialog):
    """How far a copy is; it closes with it, or is closed to break the copy off."""

    def __init__(self, parent: QWidget, name: str, meter: Meter) -> None:
        super().__init__(parent, self.tr("Copying"), name)
        self._meter = meter
        self.bar = QProgressBar()
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.words = plain_label()
        self.body.addWidget(self.bar)
        self.body.addWidget(self.words)
        self.add_button(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        timer = QTimer(self)
        timer.timeout.connect(self._show)
        timer.start(LOOK_EVERY_MS)
        self._show()

    def _show(self) -> None:
        progress = self._meter.progress()
        self.bar.setValue(round(STEPS * (progress.fraction or 0)))
        self.words.setText(progress.words)


def header_words(found: Candidate) -> list[tuple[str, str]]:
    """What the header says, label and value; what it does not say is said to be unknown."""
    header, unknown = found.header, tr("unknown")
    context = header.context_tokens
    return [
        (tr("Name"), header.name or found.name),
        (tr("Architecture"), header.architecture),
        (tr("Parameters"), number(found.parameters)),
        (tr("Context"), tr("{0} tokens").format(number(context)) if context else unknown),
        (tr("Quantization"), header.quantization or unknown),
        (tr("Size"), _size_words(found)),
        (tr("Licence"), header.license or unknown),
        (tr("Conversations"), tr("yes") if header.chat_template else tr("no: it only goes on with a text")),
    ]


def _size_words(found: Candidate) -> str:
    size = amount(found.size_bytes)
    if len(found.parts) < 2:
        return size
    return f"{size} · {counted(len(found.parts), '{count} file', '{count} files')}"
