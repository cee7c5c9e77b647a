"""One block laid out as a small text document."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from typing import Any

from PySide6.QtCore import QRect, QRectF, Qt, QUrl
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QImage,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextImageFormat,
    QTextLength,
    QTextLine,
    QTextOption,
    QTextTable,
    QTextTableFormat,
)

from slmdesk.base.text_cleaning import ZERO_WIDTH_SPACE, break_runs
from slmdesk.ui.widgets.markdown.blocks import Block, Paragraph
from slmdesk.ui.widgets.markdown.formulas import Drawn, Formula, shelf
from slmdesk.ui.widgets.markdown.highlight import line_formats, text_formats
from slmdesk.ui.widgets.markdown.look import Look
from slmdesk.ui.widgets.markdown.runs import BOLD, CODE, MUTED, Row, Run
from slmdesk.ui.widgets.markdown.tables import column_shares

_NOTHING = QImage(1, 1, QImage.Format.Format_ARGB32)
_NOTHING.fill(0)


class SealedDocument(QTextDocument):
    """Loads nothing: whatever a text names is one empty pixel."""

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        return _NOTHING


class Sheet:
    """A block's document; it can grow with its block."""

    laid_out = 0
    """Documents laid out since the program began, for the measurements"""

    def __init__(self, block: Block, look: Look, width: int) -> None:
        self.block = block
        self.look = look
        self.document = SealedDocument()
        self._table: QTextTable | None = None
        self._shares: list[float] = []
        self._highlighted = 0
        self._end: QTextCursor | None = None
        self.is_waiting = False
        """A formula is being drawn"""
        self._prepare(width)
        self._fill()
        Sheet.laid_out += 1

    def _prepare(self, width: int) -> None:
        document = self.document
        document.setUndoRedoEnabled(False)
        document.setDocumentMargin(0)
        document.setDefaultFont(self.look.mono if self.block.kind == "code" else self.look.font)
        document.setIndentWidth(self.look.indent_px)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        if self.block.kind == "code":
            option.setTextDirection(Qt.LayoutDirection.LeftToRight)
            option.setTabStopDistance(4 * self.look.mono.pixelSize() * 0.6)
        document.setDefaultTextOption(option)
        document.setTextWidth(width)

    @property
    def height(self) -> int:
        return -int(-self.document.size().height() // 1)

    def set_width(self, width: int) -> None:
        """Lay out again for another width."""
        if self.document.textWidth() != width:
            self.document.setTextWidth(width)
            self._fit_columns()
            Sheet.laid_out += 1

    def grow(self, removed: int, text: str, rows: list[Row]) -> bool:
        """Follow the block, which lost and gained characters at its end or gained rows.

        Whether what was there before looks different now.
        """
        Sheet.laid_out += 1
        if rows and self._table is not None:
            self._append_rows(self._table, rows)
            return self._fit_columns()
        cursor = self._end
        if cursor is None:
            cursor = self._end = QTextCursor(self.document)
            cursor.movePosition(QTextCursor.MoveOperation.End)
        if removed:
            start = max(0, cursor.position() - removed)
            cursor.setPosition(start, QTextCursor.MoveMode.KeepAnchor)
            cursor.removeSelectedText()
        if self.block.kind == "code":
            cursor.insertText(text, self.look.character(CODE, role="code"))
            self.highlight_lines()
        else:
            last = self.block.paragraphs[-1]
            cursor.insertText(text, self.look.character(0, "", last.role, last.quote))
        return False

    def highlight_lines(self) -> None:
        """Colour the lines that have ended since; each for itself, which is cheap."""
        language = self.block.language
        last = self.document.blockCount() - 1
        if not language or self._highlighted >= last:
            return
        line = self.document.findBlockByNumber(self._highlighted)
        for number in range(self._highlighted, last):
            if formats := line_formats(line.text(), language, self.look.theme):
                line.layout().setFormats(formats)
                self.document.markContentsDirty(line.position(), line.length())
            line = line.next()
            self._highlighted = number + 1

    def highlight_all(self) -> None:
        """Colour the whole code, knowing strings and comments over several lines."""
        if self.block.kind != "code" or not self.block.language:
            return
        line = self.document.firstBlock()
        for formats in text_formats(self.block.text, self.block.language, self.look.theme):
            if not line.isValid():
                break
            if formats or line.layout().formats():
                line.layout().setFormats(formats)
                self.document.markContentsDirty(line.position(), line.length())
            line = line.next()
        self._highlighted = self.document.blockCount()

    def _fill(self) -> None:
        cursor = QTextCursor(self.document)
        cursor.beginEditBlock()
        if self.block.kind == "table":
            self._fill_table(cursor)
        elif self.block.kind in ("code", "plain"):
            self._fill_lines(cursor)
        else:
            for number, paragraph in enumerate(self.block.paragraphs):
                self._fill_paragraph(cursor, paragraph, number == 0)
        cursor.endEditBlock()

    def _fill_lines(self, cursor: QTextCursor) -> None:
        is_code = self.block.kind == "code"
        paragraph = Paragraph((), "code" if is_code else "text")
        shape = QTextBlockFormat(self.look.paragraph(paragraph, True))
        shape.clearBackground()
        form = self.look.character(CODE if is_code else 0, role="code" if is_code else "text")
        cursor.setBlockFormat(shape)
        cursor.setBlockCharFormat(form)
        cursor.insertText(break_runs(self.block.text), form)

    def _fill_paragraph(self, cursor: QTextCursor, paragraph: Paragraph, is_first: bool) -> None:
        shape = self.look.paragraph(paragraph, is_first)
        base = self.look.character(0, "", paragraph.role, paragraph.quote)
        if paragraph.marker in ("☐", "☑"):
            shape = QTextBlockFormat(shape)
            is_done = paragraph.marker == "☑"
            kind = QTextBlockFormat.MarkerType
            shape.setMarker(kind.Checked if is_done else kind.Unchecked)
        if is_first:
            cursor.setBlockFormat(shape)
            cursor.setBlockCharFormat(base)
        else:
            cursor.insertBlock(shape, base)
        if paragraph.marker:
            cursor.createList(self.look.list_format(paragraph))
        if paragraph.role == "rule":
            cursor.insertText("―" * 8, self.look.character(16))
        for run in paragraph.runs:
            self._insert(cursor, run, paragraph.role, paragraph.quote)

    def _insert(self, cursor: QTextCursor, run: Run, role: str, quote: int = 0) -> None:
        form = self.look.character(run.style, run.href, role, quote)
        if run.formula:
            self._insert_formula(cursor, run, form)
        else:
            cursor.insertText(break_runs(run.text), form)

    def _insert_formula(self, cursor: QTextCursor, run: Run, form: QTextCharFormat) -> None:
        colour = form.foreground().color().name()
        formula = Formula(run.formula, run.is_display, self.look.size_px, colour)
        drawn = shelf.drawn_of(formula)
        if drawn is None:
            self.is_waiting = self.is_waiting or not shelf.is_known(formula)
            shown = run.source.replace("\n", "\u2028")
            cursor.insertText(break_runs(shown), self.look.character(CODE))
            return
        image, alignment = _on_line(drawn, form.font())
        name = f"formula:{hash(formula)}"
        self.document.addResource(QTextDocument.ResourceType.ImageResource, QUrl(name), image)
        shape = QTextImageFormat()
        shape.setName(name)
        shape.setWidth(image.width() / image.devicePixelRatio())
        shape.setHeight(image.height() / image.devicePixelRatio())
        shape.setFont(form.font())
        shape.setVerticalAlignment(alignment)
        shape.setToolTip(run.source)
        cursor.insertImage(shape)

    def _fill_table(self, cursor: QTextCursor) -> None:
        rows = self.block.rows
        columns = max(1, len(self.block.alignments))
        shape = QTextTableFormat()
        shape.setBorder(0)
        shape.setCellPadding(self.look.size_px * 0.48)
        shape.setCellSpacing(0)
        shape.setMargin(0)
        shape.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
        self._shares = self._wanted_shares(columns)
        shape.setColumnWidthConstraints(_per_cent(self._shares))
        thin = QTextBlockFormat()
        thin.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        small = QTextCharFormat()
        font = self.look.font
        font = QFont(font)
        font.setPixelSize(1)
        small.setFont(font)
        cursor.setBlockFormat(thin)
        cursor.setBlockCharFormat(small)
        self._table = cursor.insertTable(max(1, len(rows)), columns, shape)
        for number, row in enumerate(rows):
            self._fill_row(self._table, number, row)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.setBlockFormat(thin)
        cursor.setBlockCharFormat(small)

    def _wanted_shares(self, columns: int) -> list[float]:
        first = self.block.first or self.block
        return column_shares(first.rows, columns, self.look, self.document.textWidth())

    def _fit_columns(self) -> bool:
        """Follow the rows that came, or another width; whether the columns are others now."""
        if self._table is None or (shares := self._wanted_shares(self._table.columns())) == self._shares:
            return False
        self._shares = shares
        shape = self._table.format()
        shape.setColumnWidthConstraints(_per_cent(shares))
        self._table.setFormat(shape)
        return True

    def _append_rows(self, table: QTextTable, rows: list[Row]) -> None:
        if self.block.first is not None and len(self.block.rows) == len(rows):
            self.document.clear()  # the first rows of this piece: its table had one empty row
            cursor = QTextCursor(self.document)
            self._fill_table(cursor)
            return
        edit = QTextCursor(self.document)
        edit.beginEditBlock()
        number = table.rows()
        table.appendRows(len(rows))
        for row in rows:
            self._fill_row(table, number, row)
            number += 1
        edit.endEditBlock()

    def _fill_row(self, table: QTextTable, number: int, row: Row) -> None:
        is_head = number == 0 and self.block.first is None
        for column, cell in enumerate(row[: table.columns()]):
            cursor = table.cellAt(number, column).firstCursorPosition()
            shape = QTextBlockFormat()
            shape.setAlignment(_ALIGNMENTS.get(self.block.alignments[column], Qt.AlignmentFlag.AlignLeading))
            cursor.setBlockFormat(shape)
            for run in cell:
                styled = replace(run, style=run.style | BOLD | MUTED) if is_head else run
                self._insert(cursor, styled, "text")

    def row_tops(self) -> list[int]:
        """Where each table row but the first begins."""
        if self._table is None:
            return []
        layout = self.document.documentLayout()
        padding = self._table.format().cellPadding()
        tops = []
        for number in range(1 if self.block.first is None else 0, self._table.rows()):
            block = self._table.cellAt(number, 0).firstCursorPosition().block()
            tops.append(round(layout.blockBoundingRect(block).top() - padding))
        return tops

    def positions(self) -> list[int] | None:
        """Where each character of the block's text stands in the document, and where the last one ends.

        None while a formula stands there as it was written.
        """
        shown, text = self.document.toPlainText(), self.block.text.replace("\u2028", "\n")
        if self.block.kind == "table":
            shown = shown[:-1]  # a table has an empty line before it and one behind it
        skipped = ZERO_WIDTH_SPACE if ZERO_WIDTH_SPACE not in text else ""
        first = 1 if self.block.kind == "table" else 0
        places = [place for place in range(first, len(shown)) if shown[place] != skipped]
        if "".join(shown[place] for place in places) != text:
            return None
        units = [0, *accumulate(2 if ord(sign) > 0xFFFF else 1 for sign in shown)]  # as Qt counts them
        return [*(units[place] for place in places), units[-1]]

    def line_top(self, position: int) -> int:
        """Where the line that holds `position` begins."""
        block = self.document.findBlock(min(position, self.document.characterCount() - 1))
        line = block.layout().lineForTextPosition(position - block.position())
        top = self.document.documentLayout().blockBoundingRect(block).top()
        return int(top + (line.y() if line.isValid() else 0))

    def links(self) -> list[tuple[int, str, QRect]]:
        """Position, address and the place of the first line of each link."""
        if not any(run.href for runs in self._all_runs() for run in runs):
            return []
        found: list[tuple[int, str, QRect]] = []
        block = self.document.firstBlock()
        while block.isValid():
            for start, end, href in _links_in(block):
                found.append((start, href, self._line_rect(block, start, end)))
            block = block.next()
        return found

    def _all_runs(self) -> Iterator[tuple[Run, ...]]:
        for paragraph in self.block.paragraphs:
            yield paragraph.runs
        for row in self.block.rows:
            yield from row

    def _line_rect(self, block: QTextBlock, start: int, end: int) -> QRect:
        """Where a stretch of text stands, as far as it is on the line it begins on."""
        line = block.layout().lineForTextPosition(start - block.position())
        last = min(end - block.position(), line.textStart() + line.textLength())
        left, right = sorted(_x_of(line, position) for position in (start - block.position(), last))
        origin = self.document.documentLayout().blockBoundingRect(block).topLeft()
        return QRectF(origin.x() + left, origin.y() + line.y(), right - left, line.height()).toAlignedRect()

    def first_line_width(self) -> float:
        """Natural width of the first line."""
        self.document.size()  # has it laid out
        layout = self.document.firstBlock().layout()
        return layout.lineAt(0).naturalTextWidth() if layout.lineCount() else 0.0


def _per_cent(shares: list[float]) -> list[QTextLength]:
    return [QTextLength(QTextLength.Type.PercentageLength, share) for share in shares]


def _on_line(drawn: Drawn, font: QFont) -> tuple[QImage, QTextCharFormat.VerticalAlignment]:
    """An image that stands on the line of its text; Qt knows but two ways to go below that line.

    "Baseline" goes as deep as the font does, "middle" to half the height less a quarter of an x: empty rows
    make the one that is near enough exact.
    """
    metrics = QFontMetricsF(font)
    if drawn.descent <= metrics.descent():
        image = drawn.padded(0, metrics.descent() - drawn.descent)
        return image, QTextCharFormat.VerticalAlignment.AlignBaseline
    missing = drawn.height - metrics.xHeight() / 2 - 2 * drawn.descent
    image = drawn.padded(max(0.0, -missing), max(0.0, missing))
    return image, QTextCharFormat.VerticalAlignment.AlignMiddle


def _links_in(block: QTextBlock) -> list[tuple[int, int, str]]:
    """Start, end and address of each link; one that is bold in part is several fragments."""
    found: list[tuple[int, int, str]] = []
    part = block.begin()
    while not part.atEnd():
        fragment = part.fragment()
        start, end = fragment.position(), fragment.position() + fragment.length()
        if href := fragment.charFormat().anchorHref():
            if found and found[-1][1:] == (start, href):
                start = found.pop()[0]
            found.append((start, end, href))
        part += 1
    return found


def _x_of(line: QTextLine, position: int) -> float:
    found: Any = line.cursorToX(position)  # PySide gives back the position too, and declares an object
    return float(found[0])


_ALIGNMENTS = {
    "center": Qt.AlignmentFlag.AlignHCenter,
    "right": Qt.AlignmentFlag.AlignRight,
    "left": Qt.AlignmentFlag.AlignLeft,
}
