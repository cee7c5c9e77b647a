"""Where expected answers are typed: editors that know the kind of a question, blocks from spreadsheets."""

import csv
import io
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QComboBox,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from slmdesk.features.evaluate.pack import NOT_STATED, Kind, Question
from slmdesk.features.evaluate.plain_pack import LONGEST_TEXT
from slmdesk.features.evaluate.wording import YES_OR_NO
from slmdesk.ui import theme
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.evaluate.expected_model import ExpectedModel, Index

COLUMN_PX = 150
NAMES_PX = 170


def choices_of(question: Question) -> tuple[str, ...]:
    """The answers that there can be, () where any text may be one."""
    unstated = (NOT_STATED,) if question.can_be_unstated else ()
    match question.kind:
        case Kind.YES_NO:
            return (*YES_OR_NO, *unstated)
        case Kind.CHOICE:
            return (*question.choices, *unstated)
    return ()


def example_of(question: Question) -> str:
    """How an answer of this kind may be typed."""
    match question.kind:
        case Kind.NUMBER:
            return tr("2.6 million, 184,302")
        case Kind.DATE:
            return tr("19 August 2024, 11 to 19 August 2024")
        case Kind.LIST:
            return tr("items between semicolons")
        case Kind.JSON:
            return tr("a JSON value")
    return tr("the answer")


class ExpectedDelegate(QStyledItemDelegate):
    """A list of choices where there are such, else a line. `entered` comes with Enter."""

    entered = Signal()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        model = index.model()
        if not isinstance(model, ExpectedModel):
            raise TypeError("this delegate is for expected answers alone")
        question = model.question(index.column())
        name = tr("Expected answer to “{0}” for {1}").format(question.text, model.document(index.row()))
        if choices := choices_of(question):
            return self._combo(parent, choices, name)
        line = QLineEdit(parent)
        line.setMaxLength(LONGEST_TEXT)
        line.setPlaceholderText(example_of(question))
        line.setAccessibleName(name)
        return line

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        if isinstance(editor, QComboBox):
            text = str(index.data(Qt.ItemDataRole.EditRole))
            if text and editor.findText(text) < 0:
                editor.addItem(text)  # what is there stays, also where it is no longer a choice
            editor.setCurrentIndex(max(editor.findText(text), 0))
            QTimer.singleShot(0, editor, editor.showPopup)
        else:
            super().setEditorData(editor, index)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentText() if editor.currentIndex() else "")
        else:
            super().setModelData(editor, model, index)

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        """Enter goes a line down, as in every spreadsheet."""
        is_enter = isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.type() == QEvent.Type.KeyPress and isinstance(editor, QWidget):
            self.commitData.emit(editor)
            self.closeEditor.emit(editor, QAbstractItemDelegate.EndEditHint.NoHint)
            self.entered.emit()
            return True
        return super().eventFilter(editor, event)

    def _combo(self, parent: QWidget, choices: tuple[str, ...], name: str) -> QComboBox:
        combo = QComboBox(parent)
        combo.addItem(tr("(nothing expected)"))
        combo.addItems(list(choices))
        combo.setAccessibleName(name)
        combo.activated.connect(lambda _index: self._on_combo_activated(combo))
        return combo

    def _on_combo_activated(self, combo: QComboBox) -> None:
        self.commitData.emit(combo)
        self.closeEditor.emit(combo, QAbstractItemDelegate.EndEditHint.NoHint)


class ExpectedTable(QTableView):
    """`row_chosen` carries the name of the document of the current cell."""

    row_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = ExpectedModel(self)
        self.setModel(self.rows)
        delegate = ExpectedDelegate(self)
        delegate.entered.connect(self.go_down)
        self.setItemDelegate(delegate)
        self.setObjectName("expected_table")
        self.setAccessibleName(tr("Expected answers"))
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setTabKeyNavigation(False)  # from cell to cell while one is typed, else out of the table
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = self.horizontalHeader()
        header.setDefaultSectionSize(theme.scaled(COLUMN_PX))
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        names = self.verticalHeader()
        names.setFixedWidth(theme.scaled(NAMES_PX))
        names.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        names.setDefaultSectionSize(theme.scaled(30))
        names.setTextElideMode(Qt.TextElideMode.ElideMiddle)

    def go_down(self) -> None:
        """The cell below."""
        below = self.currentIndex().siblingAtRow(self.currentIndex().row() + 1)
        if below.isValid():
            self.setCurrentIndex(below)

    def choose_document(self, name: str) -> None:
        """Bring the line of a document into sight; the column stays."""
        rows = [self.rows.document(row) for row in range(self.rows.rowCount())]
        column = max(self.currentIndex().column(), 0)
        if name in rows and self.currentIndex().row() != rows.index(name) and self.rows.columnCount():
            self.setCurrentIndex(self.rows.index(rows.index(name), column))

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.isValid() and current.row() != previous.row():
            self.row_chosen.emit(self.rows.document(current.row()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys of a spreadsheet."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste(QGuiApplication.clipboard().text())
        elif event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.copied())
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            cells = self.selectedIndexes()
            self.rows.edited.emit({self.rows.key(each.row(), each.column()): "" for each in cells})
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def paste(self, text: str) -> None:
        """A block as spreadsheets copy it, tabs between the cells, from the current cell on."""
        here = self.currentIndex()
        if here.isValid() and text.strip():
            lines = csv.reader(io.StringIO(text.replace("\r\n", "\n"), newline=""), "excel-tab")
            self.rows.put(list(lines), here.row(), here.column())

    def copied(self) -> str:
        """The chosen cells as spreadsheets take them."""
        lines: dict[int, list[str]] = {}
        for cell in sorted(self.selectedIndexes(), key=lambda each: (each.row(), each.column())):
            answer: Any = cell.data(Qt.ItemDataRole.EditRole)
            lines.setdefault(cell.row(), []).append(str(answer).replace("\t", " ").replace("\n", " "))
        return "\n".join("\t".join(line) for line in lines.values())
