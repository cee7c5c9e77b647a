"""Where a list of prompts is pasted, loaded or dropped, and seen before it is run."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from slmdesk.base.errors import BadInput
from slmdesk.features.compare.prompts import LIST_KINDS, ListKind, PromptList, parse_prompts, read_prompts
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.notify import Dialog

SHEET_WIDTH_PX = 640
TEXT_HEIGHT_PX = 150
PREVIEW_HEIGHT_PX = 150
PREVIEWED = 100


class ListSheet(Dialog):
    """`wanted` carries the prompts and a name for the list."""

    wanted = Signal(object, str)

    def __init__(self, parent: QWidget, column_count: int) -> None:
        super().__init__(
            parent, tr("Many prompts"), tr("Each prompt is asked in all {0} columns.").format(column_count)
        )
        self.setMinimumWidth(theme.scaled(SHEET_WIDTH_PX))
        self.setAcceptDrops(True)
        self._found: PromptList | None = None
        self._file: Path | None = None
        self.edit = QPlainTextEdit()
        self.edit.setAcceptDrops(False)  # a file goes to the sheet
        self.edit.setTabChangesFocus(True)
        self.edit.setAccessibleName(tr("Prompts"))
        self.edit.setPlaceholderText(tr("Paste a list here, or drop a text, CSV or JSON Lines file"))
        self.edit.setFixedHeight(theme.scaled(TEXT_HEIGHT_PX))
        self.kinds = QComboBox()
        self.kinds.setAccessibleName(tr("How the list is read"))
        for kind in (None, *LIST_KINDS):
            self.kinds.addItem(_kind_words(kind), kind)
        self.load_button = QPushButton(tr("Load a file…"))
        self.words = plain_label()
        self.words.setWordWrap(True)
        self.preview = QListWidget()
        self.preview.setAccessibleName(tr("Preview"))
        self.preview.setFixedHeight(theme.scaled(PREVIEW_HEIGHT_PX))
        self.run_button = self.add_button(tr("Run"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.run_button.setProperty("role", "primary")
        self.run_button.style().polish(self.run_button)
        self.add_button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self._lay_out()
        self.edit.textChanged.connect(self._on_edit_text_changed)
        self.kinds.currentIndexChanged.connect(lambda _index: self._read())
        self.load_button.clicked.connect(self._choose_file)
        self.accepted.connect(self._on_accepted)
        self._read()
        self.edit.setFocus()

    def take_file(self, path: Path) -> None:
        """Read a list from a file; what is wrong with it is said."""
        self._file = path
        self.edit.blockSignals(True)
        self.edit.clear()
        self.edit.blockSignals(False)
        self._read()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasText():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        urls = [url for url in event.mimeData().urls() if url.isLocalFile()]
        if urls:
            self.take_file(Path(urls[0].toLocalFile()))
        else:
            self.edit.insertPlainText(event.mimeData().text())
        event.acceptProposedAction()

    def _on_edit_text_changed(self) -> None:
        self._file = None
        self._read()

    def _read(self) -> None:
        kind: ListKind | None = self.kinds.currentData()
        self._found = None
        try:
            if self._file is not None:
                self._found = read_prompts(self._file, kind)
            elif self.edit.toPlainText().strip():
                self._found = parse_prompts(self.edit.toPlainText(), kind)
        except BadInput as error:
            self._show(error.sentence(), is_error=True)
        else:
            self._show(self._found_words())

    def _found_words(self) -> str:
        if self._found is None:
            return tr("Nothing yet.")
        source = f"{self._file.name}: " if self._file is not None else ""
        return f"{source}{self._found.words}"

    def _show(self, sentence: str, *, is_error: bool = False) -> None:
        self.words.setText(sentence)
        self.words.setProperty("role", "error" if is_error else "muted")
        self.words.style().polish(self.words)
        self.preview.clear()
        prompts = self._found.prompts if self._found else ()
        self.preview.addItems([" ".join(prompt.split())[:200] for prompt in prompts[:PREVIEWED]])
        if len(prompts) > PREVIEWED:
            self.preview.addItem(tr("… and {0} more").format(len(prompts) - PREVIEWED))
        self.run_button.setEnabled(bool(prompts))

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, tr("Load a file"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([tr("Lists (*.txt *.md *.csv *.tsv *.jsonl *.ndjson)"), tr("All files (*)")])
        dialog.fileSelected.connect(lambda path: self.take_file(Path(path)))
        dialog.open()

    def _on_accepted(self) -> None:
        if self._found is not None:
            name = self._file.stem if self._file else " ".join(self._found.prompts[0].split())[:60]
            self.wanted.emit(self._found.prompts, name)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.load_button)
        row.addStretch(1)
        row.addWidget(plain_label(tr("Read as")))
        row.addWidget(self.kinds)
        self.body.addWidget(self.edit)
        self.body.addLayout(row)
        self.body.addWidget(self.words)
        self.body.addWidget(self.preview)


def _kind_words(kind: ListKind | None) -> str:
    match kind:
        case "lines":
            return tr("One a line")
        case "blocks":
            return tr("One a block")
        case "csv":
            return tr("CSV, column “prompt”")
        case "jsonl":
            return tr("JSON Lines")
    return tr("Detected by itself")
