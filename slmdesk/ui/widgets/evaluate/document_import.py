"""Documents before they are imported: what was read, what was refused and why, pages without their menus."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.errors import BadInput
from slmdesk.base.jobs import JobRunner
from slmdesk.base.words import counted, number
from slmdesk.features.documents.web_address import web_address
from slmdesk.features.evaluate.importing.documents import (
    AT_ONCE,
    Found,
    Source,
    TextReader,
    read_documents,
)
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, small_label, tr
from slmdesk.ui.notify import Dialog
from slmdesk.ui.widgets.evaluate.item_list import Item, ItemList
from slmdesk.ui.widgets.evaluate.text_sizes import TextSizes

JOB_READ, JOB_COUNT = "evaluate:import", "evaluate:import:count"
WIDTH_PX, HEIGHT_PX, LIST_PX = 860, 340, 340
ADDRESS_LINES = 3


class DocumentImport(Dialog):
    """`wanted` carries the documents. Without sources there is a field for addresses of web pages."""

    wanted = Signal(object)

    def __init__(
        self, parent: QWidget, reader: TextReader, jobs: JobRunner, sources: Sequence[Source] = ()
    ) -> None:
        super().__init__(parent, tr("Import documents"), _sentence(has_sources=bool(sources)))
        self.setMinimumWidth(theme.scaled(WIDTH_PX))
        self._reader = reader
        self._jobs = jobs
        self._sources: list[Source] = []
        self._found: dict[Source, Found] = {}
        self._is_closed = False
        self._sizes = TextSizes(jobs, self._show, JOB_COUNT)
        self.addresses = QPlainTextEdit()
        self.addresses.setTabChangesFocus(True)
        self.addresses.setAccessibleName(tr("Addresses"))
        self.addresses.setPlaceholderText(tr("https://…, one address a line"))
        height = ADDRESS_LINES * self.addresses.fontMetrics().lineSpacing() + theme.scaled(20)
        self.addresses.setFixedHeight(height)
        self.where = small_label()
        self.fetch_button = QPushButton(tr("Fetch"))
        self.list = ItemList(tr("What was read"), has_names=False)
        self.preview = QPlainTextEdit()
        self.preview.setReadOnly(True)
        self.preview.setTabChangesFocus(True)
        self.preview.setAccessibleName(tr("Preview"))
        self.has_whole = QCheckBox(tr("Show the whole page, menus included"))
        self.words = plain_label()
        self.words.setWordWrap(True)
        self.import_button = self.add_button("", QDialogButtonBox.ButtonRole.AcceptRole)
        self.import_button.setProperty("role", "primary")
        self.import_button.style().polish(self.import_button)
        self.add_button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self._lay_out(has_addresses=not sources)
        self._connect()
        self._show()
        self.import_button.setDefault(True)
        if sources:
            self.list.view.setFocus()
            self.read(sources)
        else:
            self.addresses.setFocus()

    def read(self, sources: Sequence[Source]) -> None:
        """Read these, besides what was read before."""
        self._sources = list(dict.fromkeys((*self._sources, *sources)))
        self._show()
        if self._unread and not self._jobs.is_running(JOB_READ):
            self._jobs.start(JOB_READ, self._read)

    @property
    def is_reading(self) -> bool:
        return bool(self._unread)

    @property
    def _unread(self) -> list[Source]:
        return [source for source in self._sources if source not in self._found]

    # inside

    async def _read(self) -> None:
        """Until nothing is left to read; more may be asked for meanwhile."""
        while unread := self._unread[:AT_ONCE]:
            async for found in read_documents(unread, self._reader):
                if found.source in self._sources:
                    self._found[found.source] = found
            self._sizes.want(self._texts())
            self._show()

    def _texts(self) -> list[str]:
        texts = [each.document.text for each in self._found.values() if each.document]
        return texts + [each.whole for each in self._found.values() if each.whole]

    def _show(self) -> None:
        if self._is_closed:  # what is still being read must not be shown in widgets that are gone
            return
        self.list.show_rows([self._item(source) for source in self._sources])
        read = [each for each in self._found.values() if each.document]
        self.words.setText(self._words(len(read)))
        self.import_button.setText(
            counted(len(read), "Import {count:,} document", "Import {count:,} documents")
        )
        self.import_button.setEnabled(bool(read))
        self._show_preview(self.list.key)

    def _item(self, source: Source) -> Item:
        found = self._found.get(source)
        if found is None:
            return Item(str(source), str(source).rpartition("/")[2] or str(source), tr("reading…"))
        if found.document is None:
            return Item(str(source), found.label, tr("refused: {0}").format(found.problem))
        size = self._sizes.of(found.document.text)
        return Item(str(source), found.document.name, size.said if size else "…")

    def _words(self, read: int) -> str:
        refused = len(self._found) - read
        parts = [counted(read, "{count:,} read", "{count:,} read")] if self._sources else []
        if refused:
            parts.append(counted(refused, "{count:,} refused", "{count:,} refused"))
        if self.is_reading:
            parts.append(tr("{0} to read").format(number(len(self._unread))))
        if saved := self._saved_tokens():
            parts.append(tr("~{0} tokens saved by leaving out menus").format(number(saved)))
        return " · ".join(parts)

    def _saved_tokens(self) -> int:
        """What all pages have less for being without their menus."""
        saved = 0
        for found in self._found.values():
            after = self._sizes.of(found.document.text) if found.document else None
            before = self._sizes.of(found.whole) if found.whole else None
            saved += max(before.tokens - after.tokens, 0) if before and after else 0
        return saved

    def _show_preview(self, key: str) -> None:
        found = next((each for source, each in self._found.items() if str(source) == key), None)
        self.has_whole.setVisible(found is not None and bool(found.whole))
        if found is None:
            text = ""
        elif found.document is None:
            text = found.problem
        elif self.has_whole.isChecked() and found.whole:
            text = found.whole
        else:
            text = "\n".join((*found.notes, found.document.text))
        if text != self.preview.toPlainText():
            self.preview.setPlainText(text)

    def _on_fetch_clicked(self) -> None:
        lines = [line.strip() for line in self.addresses.toPlainText().splitlines() if line.strip()]
        self.read(list(lines))

    def _on_addresses_text_changed(self) -> None:
        """Who will hear of it, before anything is fetched."""
        hosts, wrong = [], ""
        for line in filter(None, map(str.strip, self.addresses.toPlainText().splitlines())):
            try:
                hosts.append(web_address(line).host)
            except BadInput as error:
                wrong = error.sentence()
        names = ", ".join(dict.fromkeys(hosts))
        told = tr("This leaves your machine: {0} learns your network address and what you read.").format(
            names
        )
        self.where.setText(wrong or (told if hosts else ""))
        self.fetch_button.setEnabled(bool(hosts) and not wrong)

    def _on_accepted(self) -> None:
        read = [self._found[source] for source in self._sources if source in self._found]
        self.wanted.emit([each.document for each in read if each.document])

    def _on_finished(self) -> None:
        self._is_closed = True
        for job in (JOB_READ, JOB_COUNT):
            self._jobs.cancel(job)

    def _connect(self) -> None:
        self.fetch_button.clicked.connect(self._on_fetch_clicked)
        self.addresses.textChanged.connect(self._on_addresses_text_changed)
        self.list.chosen.connect(self._show_preview)
        self.list.delete_wanted.connect(self._leave_out)
        self.has_whole.toggled.connect(lambda _is_on: self._show_preview(self.list.key))
        self.accepted.connect(self._on_accepted)
        self.finished.connect(self._on_finished)
        self._on_addresses_text_changed()

    def _leave_out(self, key: str) -> None:
        self._sources = [source for source in self._sources if str(source) != key]
        self._found = {source: found for source, found in self._found.items() if str(source) != key}
        self._show()

    def _lay_out(self, *, has_addresses: bool) -> None:
        if has_addresses:
            row = QHBoxLayout()
            row.addWidget(self.where, 1)
            row.addWidget(self.fetch_button)
            self.body.addWidget(self.addresses)
            self.body.addLayout(row)
        self.list.add_button(
            tr("Leave out"), lambda: self._leave_out(self.list.key), name=tr("Leave this document out")
        )
        self.list.buttons.addStretch(1)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.has_whole)
        column.addWidget(self.preview, 1)
        split = QSplitter()
        split.setChildrenCollapsible(False)
        split.addWidget(self.list)
        split.addWidget(right)
        split.setSizes([theme.scaled(LIST_PX), theme.scaled(WIDTH_PX - LIST_PX)])
        split.setMinimumHeight(theme.scaled(HEIGHT_PX))
        self.body.addWidget(split, 1)
        self.body.addWidget(self.words)


def _sentence(*, has_sources: bool) -> str:
    if has_sources:
        return tr("Each file is read by itself: one that cannot be read leaves the others alone.")
    return tr(
        "The article of each page is taken, without its menus. Nothing is fetched before you press Fetch."
    )
