"""The answers as Qt wants them: a row a document, a column for each model under each question."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from slmdesk.features.evaluate.cell import Cell, CellKey
from slmdesk.features.evaluate.contenders import Contender
from slmdesk.features.evaluate.filters import Shown
from slmdesk.features.evaluate.pack import Document, Question
from slmdesk.features.evaluate.results import HasAnswers, Results
from slmdesk.ui.labels import plain_tip, tr
from slmdesk.ui.widgets.evaluate.cell_delegate import IS_FAINT_ROLE, LOOK_ROLE
from slmdesk.ui.widgets.evaluate.cell_words import look_of, tip_of
from slmdesk.ui.widgets.two_line_delegate import Index

ROOT = QModelIndex()
MOST_OF_A_TIP = 400


class ResultsMatrix(QAbstractTableModel):
    """Nothing is kept but what is shown of which: cells are read when they are painted.

    Until `show_only` says otherwise all documents and questions are there.
    """

    def __init__(self, evaluation: HasAnswers, results: Results, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._evaluation = evaluation
        self._results = results
        self._shown: Shown | None = None
        self.contenders: tuple[Contender, ...] = ()
        self.documents: tuple[Document, ...] = ()
        self.questions: tuple[Question, ...] = ()
        self._rows: dict[str, int] = {}
        self._groups: dict[str, int] = {}
        self._fill()

    def show_only(self, shown: Shown | None) -> None:
        """What a filter leaves, None for everything. Cells that it does not mean are faint."""
        before = self._documents_of(self._shown), self._questions_of(self._shown)
        if before == (self._documents_of(shown), self._questions_of(shown)):
            self._shown = shown
            self.repaint_all()
            return
        self._shown = shown
        self.reset()

    def reset(self) -> None:
        """Everything anew: another pack, other models, another filter."""
        self.beginResetModel()
        self._fill()
        self.endResetModel()

    def is_of(self, evaluation: HasAnswers, contenders: tuple[Contender, ...]) -> bool:
        """Whether rows and columns are still those of the evaluation."""
        return self._pack is evaluation.pack and self.contenders is contenders

    def repaint_all(self) -> None:
        if self.rowCount() and self.columnCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def repaint_cell(self, key: CellKey) -> None:
        """This answer, and the votes that it is part of."""
        row, group = self._rows.get(key.document), self._groups.get(key.question)
        if row is None or group is None:
            return
        for offset, contender in enumerate(self.contenders):
            if key.model == contender.key or key.model in contender.members:
                index = self.index(row, group * len(self.contenders) + offset)
                self.dataChanged.emit(index, index)

    def place(self, index: Index) -> tuple[Contender, Document, Question]:
        """Who answers what about which document there."""
        width = len(self.contenders)
        question, offset = divmod(index.column(), width)
        return self.contenders[offset], self.documents[index.row()], self.questions[question]

    def key(self, index: Index) -> CellKey:
        contender, document, question = self.place(index)
        return CellKey(contender.key, document.name, question.id)

    def index_of(self, key: CellKey) -> QModelIndex:
        """Where that answer stands; an invalid index where it is not shown."""
        row, group = self._rows.get(key.document), self._groups.get(key.question)
        offsets = [at for at, contender in enumerate(self.contenders) if contender.key == key.model]
        if row is None or group is None or not offsets:
            return QModelIndex()
        return self.index(row, group * len(self.contenders) + offsets[0])

    def cell(self, index: Index) -> Cell:
        contender, document, question = self.place(index)
        return self._results.cell(contender, document.name, question)

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self.documents)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self.questions) * len(self.contenders)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return _document_data(self.documents[section], role)
        question, offset = divmod(section, len(self.contenders))
        contender, text = self.contenders[offset], self.questions[question].text
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return contender.name
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip("\n".join((text, *contender.members)))
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{text}: {contender.name}"
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return look_of(self.cell(index)).text
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(tip_of(self.cell(index))[:MOST_OF_A_TIP])
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._words(index)
        if role == LOOK_ROLE:
            return look_of(self.cell(index))
        return self._is_faint(index) if role == IS_FAINT_ROLE else None

    def _words(self, index: Index) -> str:
        """ "qwen2.5, Which entity?: Parcelwind, right"."""
        contender, _document, question = self.place(index)
        look = look_of(self.cell(index))
        words = f"{contender.name}, {question.text}: {look.text}, {look.said}"
        return f"{words}, {tr('corrected by hand')}" if look.is_corrected else words

    def _is_faint(self, index: Index) -> bool:
        if self._shown is None:
            return False
        width = len(self.contenders)
        question, offset = divmod(index.column(), width)
        place = self._shown.questions[question] * width + offset
        return not self._shown.masks[index.row()] >> place & 1

    def _fill(self) -> None:
        self._pack = self._evaluation.pack
        self.contenders = self._results.contenders
        self.documents = tuple(self._pack.documents[index] for index in self._documents_of(self._shown))
        self.questions = tuple(self._pack.questions[index] for index in self._questions_of(self._shown))
        self._rows = {document.name: row for row, document in enumerate(self.documents)}
        self._groups = {question.id: group for group, question in enumerate(self.questions)}

    def _documents_of(self, shown: Shown | None) -> tuple[int, ...]:
        return shown.documents if shown is not None else tuple(range(len(self._evaluation.pack.documents)))

    def _questions_of(self, shown: Shown | None) -> tuple[int, ...]:
        return shown.questions if shown is not None else tuple(range(len(self._evaluation.pack.questions)))


def _document_data(document: Document, role: int) -> Any:
    match role:
        case Qt.ItemDataRole.DisplayRole:
            return document.name
        case Qt.ItemDataRole.ToolTipRole:
            beginning = " ".join(document.text[:MOST_OF_A_TIP].split())
            return plain_tip(f"{document.name}\n{beginning}…")
    return None
