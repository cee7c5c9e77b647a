"""The view of the matrix: documents stay at its left edge, cells open by mouse or key, digits correct."""

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QKeySequence, QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from slmdesk.features.evaluate.cell import CellKey
from slmdesk.features.evaluate.pack import Kind
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.evaluate.cell_delegate import CellDelegate
from slmdesk.ui.widgets.evaluate.results_header import INSET_PX, ResultsHeader
from slmdesk.ui.widgets.evaluate.results_matrix import ResultsMatrix
from slmdesk.ui.widgets.two_line_delegate import Index

ROW_PX = 30
DOCUMENT_PX, DOCUMENT_LEAST_PX, DOCUMENT_SHARE = 220, 110, 0.28
NARROW_PX, MIDDLE_PX, WIDE_PX = 96, 124, 156
WIDTHS = {Kind.YES_NO: NARROW_PX, Kind.NUMBER: MIDDLE_PX, Kind.DATE: MIDDLE_PX, Kind.CHOICE: MIDDLE_PX}
CORRECTION_KEYS = {Qt.Key.Key_1: 1.0, Qt.Key.Key_2: 0.5, Qt.Key.Key_3: 0.0}


class ResultsTable(QTableView):
    """`opened` carries the cell to be seen at length; `corrected` a value from 0 to 1, None to undo."""

    opened = Signal(object)
    moved = Signal(object)
    corrected = Signal(object, object)
    copied = Signal(object)
    left = Signal()

    def __init__(self, model: ResultsMatrix, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._matrix = model
        self._corner = plain_label(tr("Document"), self)
        self._corner.setProperty("role", "muted")
        self._corner.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._kept: CellKey | None = None
        self._kept_scroll = (0, 0)
        self._dress()
        self.setModel(model)
        model.modelAboutToBeReset.connect(self._keep_place)
        model.modelReset.connect(self._on_model_reset)
        self.clicked.connect(lambda index: self.opened.emit(model.key(index)))
        self._arrange()

    @property
    def current_key(self) -> CellKey | None:
        index = self.currentIndex()
        return self._matrix.key(index) if index.isValid() else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = self.current_key
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif key is None:
            super().keyPressEvent(event)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copied.emit(key)
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.opened.emit(key)
        elif event.key() in CORRECTION_KEYS:
            self.corrected.emit(key, CORRECTION_KEYS[Qt.Key(event.key())])
        elif event.key() in {Qt.Key.Key_0, Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.corrected.emit(key, None)
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, _search: str) -> None:
        """Letters look for nothing here: the field above does."""

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.isValid():
            self.moved.emit(self._matrix.key(current))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def updateGeometries(self) -> None:
        super().updateGeometries()
        header, side = self.horizontalHeader(), self.verticalHeader()
        frame = self.frameWidth()
        self._corner.setGeometry(frame + INSET_PX, frame, side.width() - INSET_PX, header.height())

    def _keep_place(self) -> None:
        self._kept = self.current_key
        self._kept_scroll = self.horizontalScrollBar().value(), self.verticalScrollBar().value()

    def _on_model_reset(self) -> None:
        """Where the reader was, if that is still there."""
        self._arrange()
        if self._kept is not None and (index := self._matrix.index_of(self._kept)).isValid():
            self.setCurrentIndex(index)
        across, down = self._kept_scroll
        self.horizontalScrollBar().setValue(across)
        self.verticalScrollBar().setValue(down)

    def _arrange(self) -> None:
        """Columns as wide as answers of their kind need, and wider where there is room."""
        matrix, header = self._matrix, self.horizontalHeader()
        least = theme.scaled(DOCUMENT_LEAST_PX)
        wanted = min(theme.scaled(DOCUMENT_PX), int(self.width() * DOCUMENT_SHARE))
        self.verticalHeader().setFixedWidth(max(least, wanted))
        widths = [
            theme.scaled(WIDTHS.get(question.kind, WIDE_PX))
            for question in matrix.questions
            for _contender in matrix.contenders
        ]
        room = self.width() - self.verticalHeader().width() - self.verticalScrollBar().sizeHint().width() - 4
        stretch = max(1.0, room / sum(widths)) if widths else 1.0
        for section, width in enumerate(widths):
            if header.sectionSize(section) != int(width * stretch):
                header.resizeSection(section, int(width * stretch))

    def _dress(self) -> None:
        self.setItemDelegate(CellDelegate(self))
        self.setHorizontalHeader(ResultsHeader(self))
        self.setVerticalHeader(_DocumentHeader(self))
        self.setAccessibleName(tr("Answers by document, question and model"))
        self.setObjectName("results_table")
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setMouseTracking(True)


class _DocumentHeader(QHeaderView):
    """The names of the documents, cut in their middle where they are long."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setDefaultSectionSize(theme.scaled(ROW_PX))
        self.setMinimumSectionSize(theme.scaled(ROW_PX))
        self.setAccessibleName(tr("Documents"))

    def sizeHint(self) -> QSize:
        """Not Qt's own, which asks for the names of many rows each time."""
        return QSize(theme.scaled(DOCUMENT_PX), theme.scaled(ROW_PX))

    def paintSection(self, painter: QPainter, rect: QRect, logical_index: int) -> None:
        now = theme.current()
        painter.save()
        painter.fillRect(rect, QColor(now.surface))
        painter.setPen(QColor(now.line))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        font = QFont(self.font())
        font.setPixelSize(theme.scaled(12))
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(now.text))
        name = str(self.model().headerData(logical_index, Qt.Orientation.Vertical))
        inner = rect.adjusted(INSET_PX, 0, -INSET_PX, 0)
        shown = QFontMetrics(font).elidedText(name, Qt.TextElideMode.ElideMiddle, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()
