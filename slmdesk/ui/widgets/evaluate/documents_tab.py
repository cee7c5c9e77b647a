"""The documents of a pack, the text of one of them, and the answers that are expected."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from slmdesk.base.errors import BadInput, SlmdeskError
from slmdesk.base.jobs import JobRunner
from slmdesk.features.evaluate import editing
from slmdesk.features.evaluate.open_pack import OpenPack
from slmdesk.features.evaluate.pack import Document, ExpectedKey
from slmdesk.ui import notify
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.evaluate.document_editor import DocumentEditor
from slmdesk.ui.widgets.evaluate.expected_table import ExpectedTable
from slmdesk.ui.widgets.evaluate.item_list import Item, ItemList
from slmdesk.ui.widgets.evaluate.pack_check import PackCheck
from slmdesk.ui.widgets.evaluate.tab_parts import fill, split
from slmdesk.ui.widgets.evaluate.text_sizes import TextSizes

LIST_PX, EDITOR_PX = 260, 640
UPPER_PX, LOWER_PX = 300, 260


class DocumentsTab(QWidget):
    """`files_dropped` carries paths to import, `import_wanted` asks for the dialog."""

    files_dropped = Signal(object)
    import_wanted = Signal()

    def __init__(
        self, book: OpenPack, check: PackCheck, jobs: JobRunner, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._book = book
        self._check = check
        self._sizes = TextSizes(jobs, self.refresh)
        self.list = ItemList(tr("Documents"))
        self.editor = DocumentEditor()
        self.table = ExpectedTable()
        self.words = plain_label()
        self.words.setProperty("role", "error")
        self.words.setWordWrap(True)
        self.setAcceptDrops(True)
        self.editor.edit.setAcceptDrops(False)  # a file goes to the tab
        self._lay_out()
        self._connect()

    def refresh(self) -> None:
        """Show the pack as it is now."""
        if not self.isVisible():
            return
        pack = self._book.pack
        self._sizes.want(document.text for document in pack.documents)
        self.list.show_rows([self._item(document) for document in pack.documents])
        self.table.rows.show_pack(pack)
        self.table.rows.show_problems(self._check.of_answers())
        self.words.setText(self._check.words_of_answers())
        self._show_document(self.list.key)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def add(self, documents: Sequence[Document]) -> None:
        """Put these at the end and show the first of them."""
        before = {document.name for document in self._book.pack.documents}
        self._book.edit(editing.with_documents(self._book.pack, documents))
        first = next((each.name for each in self._book.pack.documents if each.name not in before), "")
        self.list.choose(first)

    def add_empty(self) -> None:
        """A document to be typed."""
        self.add([Document(tr("Document"), "")])
        self.editor.name.setFocus()
        self.editor.name.selectAll()

    def paste(self) -> None:
        """A document from the clipboard: files where there are such, else its text."""
        mime = QGuiApplication.clipboard().mimeData()
        if paths := [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]:
            self.files_dropped.emit(paths)
        elif text := mime.text().strip():
            self.add([Document(_first_words(text), text)])
        else:
            notify.toast(self, tr("There is no text in the clipboard."))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasText():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if paths := [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]:
            self.files_dropped.emit(paths)
        elif text := event.mimeData().text().strip():
            self.add([Document(_first_words(text), text)])
        event.acceptProposedAction()

    # inside

    def _item(self, document: Document) -> Item:
        size = self._sizes.of(document.text)
        words = size.said if size else "…"
        problem = self._check.of_document(document.name)
        return Item(document.name, document.name, problem or words, is_wrong=bool(problem))

    def _show_document(self, name: str) -> None:
        document = next((each for each in self._book.pack.documents if each.name == name), None)
        size = self._sizes.of(document.text) if document else None
        self.editor.show_document(document)
        self.editor.show_length(size.said if size else "")
        self.table.choose_document(name)

    def _on_text_edited(self, text: str) -> None:
        key = self.list.key
        document = replace(self._document(key), text=text)
        self._book.edit(editing.with_document(self._book.pack, key, document), f"text:{key}")

    def _on_renamed(self, name: str) -> None:
        key = self.list.key
        try:
            pack = editing.with_document(self._book.pack, key, replace(self._document(key), name=name))
        except BadInput as error:
            self._refuse(error)
            return
        self._book.edit(pack)
        self.list.choose(name)

    def _refuse(self, error: SlmdeskError) -> None:
        self.editor.show_name()
        notify.toast(self, error.sentence())

    def _document(self, name: str) -> Document:
        return next(each for each in self._book.pack.documents if each.name == name)

    def _rename(self, _name: str) -> None:
        self.editor.name.setFocus()
        self.editor.name.selectAll()

    def _duplicate(self, name: str) -> None:
        self.add([self._document(name)])

    def _move(self, name: str, by: int) -> None:
        self._book.edit(editing.with_moved_document(self._book.pack, name, by))
        self.list.choose(name)

    def _delete(self, name: str) -> None:
        before = self._book.pack
        self._book.edit(editing.without_documents(before, {name}))

        def undo() -> None:
            self._book.edit(editing.with_documents_back(self._book.pack, before, {name}))
            self.list.choose(name)

        notify.toast(
            self, tr("“{0}” is deleted.").format(name), action=tr("Undo"), callback=undo, is_undoing=False
        )

    def _on_edited(self, answers: Mapping[ExpectedKey, str]) -> None:
        self._book.edit(editing.with_expected(self._book.pack, answers))

    def _connect(self) -> None:
        self._check.changed.connect(self.refresh)
        self.list.chosen.connect(self._show_document)
        self.list.rename_wanted.connect(self._rename)
        self.list.duplicate_wanted.connect(self._duplicate)
        self.list.move_wanted.connect(self._move)
        self.list.delete_wanted.connect(self._delete)
        self.editor.text_edited.connect(self._on_text_edited)
        self.editor.renamed.connect(self._on_renamed)
        self.table.row_chosen.connect(self.list.choose)
        self.table.rows.edited.connect(self._on_edited)
        paste = QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self.list.view)
        paste.setContext(Qt.ShortcutContext.WidgetShortcut)
        paste.activated.connect(self.paste)

    def _lay_out(self) -> None:
        self.list.add_button(tr("Add"), self.add_empty, name=tr("Add a document"))
        self.list.add_button(tr("Paste"), self.paste, name=tr("Paste a document"))
        self.list.add_button(tr("Import…"), self.import_wanted.emit, name=tr("Import documents"))
        self.list.buttons.addStretch(1)
        self.list.empty.setText(tr("No document yet: add, paste or import some, or drop files here."))
        upper = split({self.list: LIST_PX, self.editor: EDITOR_PX})
        fill(self, split({upper: UPPER_PX, self._lower(): LOWER_PX}, Qt.Orientation.Vertical))

    def _lower(self) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        title = plain_label(tr("Expected answers"))
        title.setProperty("role", "heading")
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(title)
        head.addWidget(self.words, 1)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        return card


def _first_words(text: str) -> str:
    """A name for a text that has none."""
    return " ".join(text[:400].split())[:40].strip() or tr("Document")
