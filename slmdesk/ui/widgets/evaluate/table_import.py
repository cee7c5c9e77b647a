"""A table before it is imported: what its columns mean, its first rows, and what comes of it."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QTableView, QWidget

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.evaluate.importing.columns import (
    FIELD_WORDS,
    FIELDS,
    REQUIRED,
    Field,
    Imported,
    TableKind,
    guessed_columns,
    guessed_table_kind,
    imported,
)
from slmdesk.features.evaluate.importing.tables import Table
from slmdesk.features.evaluate.pack import Pack
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, plain_tip, tr
from slmdesk.ui.notify import Dialog
from slmdesk.ui.widgets.evaluate.form_rows import add_row, form_layout

WIDTH_PX, PREVIEW_PX = 820, 150
PREVIEWED = 50
SHOWN_PROBLEMS = 4
SHOWN_CHARACTERS = 200
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class TablePreview(QAbstractTableModel):
    """The first rows."""

    def __init__(self, table: Table, parent: QWidget) -> None:
        super().__init__(parent)
        self._table = table

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else min(len(self._table.rows), PREVIEWED)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._table.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        is_row = orientation is Qt.Orientation.Vertical
        return str(section + 2) if is_row else self._table.columns[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        text = self._table.rows[index.row()][index.column()][:SHOWN_CHARACTERS]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return " ".join(text.split())
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(text)
        return None


class TableImport(Dialog):
    """`wanted` carries what was imported."""

    wanted = Signal(object)

    def __init__(self, parent: QWidget, name: str, table: Table, pack: Pack) -> None:
        super().__init__(parent, tr("Import a table"), name)
        self.setMinimumWidth(theme.scaled(WIDTH_PX))
        self._table = table
        self._pack = pack
        self._result: Imported | None = None
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("A row is"))
        for kind in TableKind:
            self.kind.addItem(kind_words(kind), kind)
        wanted = dict.fromkeys(field for fields in FIELDS.values() for field in fields)
        self.columns = {field: self._combo(field) for field in wanted}
        self.preview = QTableView()
        self.preview.setModel(TablePreview(table, self))
        self.preview.setAccessibleName(tr("Preview"))
        self.preview.setTabKeyNavigation(False)
        self.preview.setCornerButtonEnabled(False)
        self.preview.setWordWrap(False)
        self.preview.setFixedHeight(theme.scaled(PREVIEW_PX))
        self.words = plain_label()
        self.words.setWordWrap(True)
        self.import_button = self.add_button(tr("Import"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.import_button.setProperty("role", "primary")
        self.import_button.style().polish(self.import_button)
        self.add_button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self._lay_out()
        self.kind.currentIndexChanged.connect(lambda _index: self._on_kind_chosen())
        self.accepted.connect(lambda: self.wanted.emit(self._result))
        self.kind.setCurrentIndex(self.kind.findData(guessed_table_kind(table)))
        self._on_kind_chosen()

    def _on_kind_chosen(self) -> None:
        kind = TableKind(self.kind.currentData())
        guessed = guessed_columns(self._table, kind)
        for field, combo in self.columns.items():
            combo.blockSignals(True)
            combo.setCurrentIndex(guessed.get(field, -1) + 1)
            combo.blockSignals(False)
            self._form.setRowVisible(combo, field in FIELDS[kind])
        self._look()

    def _look(self) -> None:
        """Read it as it is mapped now, and say what comes of it."""
        kind = TableKind(self.kind.currentData())
        chosen = {field: self.columns[field].currentIndex() - 1 for field in FIELDS[kind]}
        try:
            self._result = imported(
                self._pack, self._table, kind, {field: place for field, place in chosen.items() if place >= 0}
            )
        except BadInput as error:
            self._result = None
            self._say(error.sentence(), is_error=True)
        else:
            self._say("\n".join((self._result.words, *_shown(self._result.problems))))
        self.import_button.setEnabled(self._result is not None)

    def _say(self, words: str, *, is_error: bool = False) -> None:
        self.words.setText(words)
        self.words.setProperty("role", "error" if is_error else "muted")
        self.words.style().polish(self.words)

    def _combo(self, field: Field) -> QComboBox:
        combo = QComboBox()
        combo.addItem(tr("(no column)"))
        combo.addItems(list(self._table.columns))
        combo.setAccessibleName(say(FIELD_WORDS[field]))
        combo.currentIndexChanged.connect(lambda _index: self._look())
        return combo

    def _lay_out(self) -> None:
        self._form = form_layout()
        add_row(self._form, tr("A row is"), self.kind)
        required = {field for fields in REQUIRED.values() for field in fields}
        for field, combo in self.columns.items():
            words = say(FIELD_WORDS[field])
            add_row(self._form, words if field in required else tr("{0} (if any)").format(words), combo)
        self.body.addLayout(self._form)
        self.body.addWidget(self.preview)
        self.body.addWidget(self.words)


def kind_words(kind: TableKind) -> str:
    match kind:
        case TableKind.QUESTIONS:
            return tr("a question")
        case TableKind.ANSWERS:
            return tr("the expected answer to one question about one document")
    return tr("a document, with an expected answer in each other column")


def _shown(problems: Sequence[str]) -> list[str]:
    shown = list(problems[:SHOWN_PROBLEMS])
    if len(problems) > SHOWN_PROBLEMS:
        shown.append(tr("… and {0} more").format(len(problems) - SHOWN_PROBLEMS))
    return shown
