"""All that is known of a model that is here: figures measured here, and its texts as they are."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialogButtonBox, QPlainTextEdit, QTabWidget, QWidget

from slmdesk.base.words import number
from slmdesk.engines.library import ModelDetails
from slmdesk.features.catalog.speed_test import SpeedTest
from slmdesk.features.pulls.progress import amount
from slmdesk.ui import theme
from slmdesk.ui.labels import moment, plain_label, short_name, tr
from slmdesk.ui.notify import Dialog

TEXT_LINES = 14


class DetailsDialog(Dialog):
    """Plain text everywhere: what a server or a file says is never read as HTML."""

    def __init__(self, parent: QWidget, ref: str, details: ModelDetails, test: SpeedTest | None) -> None:
        base = self.tr("A custom model over {0}.").format(details.base) if details.base else ref
        super().__init__(parent, short_name(ref), base)
        self.body.addWidget(
            plain_label(test_words(test) if test else self.tr("Its speed was not tested here yet."))
        )
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for title, text in (
            (self.tr("System prompt"), details.system),
            (self.tr("Parameters"), details.parameters),
            (self.tr("Template"), details.template),
            (self.tr("Licence"), details.license),
            (self.tr("Modelfile"), details.modelfile),
        ):
            if text.strip():
                self.tabs.addTab(_view(text, title), title)
        self.tabs.setVisible(self.tabs.count() > 0)
        self.body.addWidget(self.tabs)
        self.setMinimumWidth(theme.scaled(560))
        copy = self.add_button(self.tr("Copy the text"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self._on_copy_clicked)
        copy.setEnabled(self.tabs.count() > 0)
        self.add_close_button()

    def _on_copy_clicked(self) -> None:
        view = self.tabs.currentWidget()
        if isinstance(view, QPlainTextEdit):
            QGuiApplication.clipboard().setText(view.toPlainText())


def test_words(test: SpeedTest) -> str:
    """ "Measured here on 3 May: writes 11.2 tok/s · reads 140 tok/s · 1.2 GB in memory" """
    parts = [tr("writes {0} tok/s").format(number(test.tokens_per_s, ".1f"))]
    if test.prompt_tokens_per_s is not None:
        parts.append(tr("reads {0} tok/s").format(number(test.prompt_tokens_per_s, ".0f")))
    if test.memory_bytes:
        parts.append(tr("{0} in memory").format(amount(test.memory_bytes)))
    return tr("Measured here on {0}: {1}").format(moment(test.measured_at, "d MMM"), " · ".join(parts))


def _view(text: str, title: str) -> QPlainTextEdit:
    view = QPlainTextEdit(text)
    view.setReadOnly(True)
    view.setTabChangesFocus(True)
    view.setFont(theme.monospaced(11))
    view.setAccessibleName(title)
    view.setMinimumHeight(TEXT_LINES * view.fontMetrics().lineSpacing() + 18)
    return view
