"""Two lines above the answers: each question over the models that answer it."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from slmdesk.ui import theme
from slmdesk.ui.widgets.evaluate.results_matrix import ResultsMatrix

LINE_PX = 28
INSET_PX = 8
SHORTEST_PX = 56


class ResultsHeader(QHeaderView):
    """A question that is partly scrolled away keeps its words in sight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(False)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(theme.scaled(SHORTEST_PX))
        self.setAccessibleName(self.tr("Questions and models"))

    def sizeHint(self) -> QSize:
        """Not Qt's own, which asks for the words of many columns each time."""
        return QSize(theme.scaled(SHORTEST_PX), 2 * theme.scaled(LINE_PX))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        now = theme.current()
        painter.fillRect(self.viewport().rect(), QColor(now.surface))
        model = self.model()
        if isinstance(model, ResultsMatrix) and model.columnCount():
            self._paint(painter, model)
        painter.setPen(QColor(now.line))
        bottom = self.viewport().rect().bottom()
        painter.drawLine(0, bottom, self.viewport().width(), bottom)
        painter.end()

    def _paint(self, painter: QPainter, model: ResultsMatrix) -> None:
        width = len(model.contenders)
        first = max(0, self.visualIndexAt(0))
        last = self.visualIndexAt(self.viewport().width() - 1)
        last = model.columnCount() - 1 if last < 0 else last
        for section in range(first, last + 1):
            self._paint_model(painter, section, model.contenders[section % width].name)
        for group in range(first // width, last // width + 1):
            left = self.sectionViewportPosition(group * width)
            right = self.sectionViewportPosition((group + 1) * width - 1) + self.sectionSize(
                (group + 1) * width - 1
            )
            self._paint_question(painter, left, right, model.questions[group].text)

    def _paint_model(self, painter: QPainter, section: int, name: str) -> None:
        left = self.sectionViewportPosition(section)
        room = QRect(left, theme.scaled(LINE_PX), self.sectionSize(section), theme.scaled(LINE_PX))
        self._write(painter, room, name, theme.current().muted, 11, Qt.TextElideMode.ElideMiddle)

    def _paint_question(self, painter: QPainter, left: int, right: int, text: str) -> None:
        height = theme.scaled(LINE_PX)
        painter.setPen(QColor(theme.current().line))
        painter.drawLine(left + INSET_PX, height - 1, right - INSET_PX, height - 1)
        painter.drawLine(right - 1, INSET_PX, right - 1, 2 * height)
        room = QRect(max(left, 0), 0, min(right, self.viewport().width()) - max(left, 0), height)
        self._write(painter, room, " ".join(text.split()), theme.current().text, 12)

    def _write(
        self,
        painter: QPainter,
        room: QRect,
        text: str,
        colour: str,
        px: int,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        font = QFont(self.font())
        font.setPixelSize(theme.scaled(px))
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        inner = room.adjusted(INSET_PX, 0, -INSET_PX, 0)
        shown = QFontMetrics(font).elidedText(text, mode, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
