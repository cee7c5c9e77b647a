"""The text of one document, with its name and where it came from."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from slmdesk.features.evaluate.pack import Document
from slmdesk.features.evaluate.plain_pack import LONGEST_NAME
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.elided_label import ElidedLabel


class DocumentEditor(QFrame):
    """`text_edited` comes with every key, `renamed` once a new name is whole."""

    text_edited = Signal(str)
    renamed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._document: Document | None = None
        self._shown_text = ""
        self.name = QLineEdit()
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setAccessibleName(tr("Name of the document"))
        self.length = plain_label()
        self.length.setProperty("role", "small")
        self.source = ElidedLabel()
        self.source.setProperty("role", "small")
        self.edit = QPlainTextEdit()
        self.edit.setAccessibleName(tr("Text of the document"))
        self.edit.setPlaceholderText(tr("Paste or type the text here"))
        self.edit.setTabChangesFocus(True)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self.name, 1)
        head.addWidget(self.length)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.source)
        layout.addWidget(self.edit, 1)
        self.name.editingFinished.connect(self._on_name_editing_finished)
        self.edit.textChanged.connect(self._on_edit_text_changed)
        self.show_document(None)

    def show_document(self, document: Document | None) -> None:
        """Show another document, or what became of this one; the cursor stays where nothing changed."""
        before, self._document = self._document, document
        self.setEnabled(document is not None)
        name, text = (document.name, document.text) if document else ("", "")
        if before is None or name != before.name or not self.name.hasFocus():
            self.name.setText(name)
        if text != self._shown_text:
            self._shown_text = text
            self.edit.blockSignals(True)
            self.edit.setPlainText(text)
            self.edit.blockSignals(False)
        source = document.source if document else ""
        self.source.set_full_text(tr("From {0}").format(source) if source else "")
        self.source.setVisible(bool(source))

    def show_length(self, words: str) -> None:
        self.length.setText(words)

    def show_name(self) -> None:
        """The name as it is, after one that was refused."""
        self.name.setText(self._document.name if self._document else "")

    def _on_name_editing_finished(self) -> None:
        name = self.name.text().strip()
        if self._document is not None and name != self._document.name:
            self.renamed.emit(name)

    def _on_edit_text_changed(self) -> None:
        text = self.edit.toPlainText()
        if self._document is not None and text != self._shown_text:
            self._shown_text = text
            self.text_edited.emit(text)
