"""The text of a Word document as Markdown: headings, lists, tables, in the order of the page."""

import io
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn

from slmdesk.base.errors import BadInput
from slmdesk.base.words import counted, say
from slmdesk.features.documents.document import Content, Kind

_PARAGRAPH, _TABLE, _ROW, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_TEXT, _TAB, _BREAKS = qn("w:t"), qn("w:tab"), {qn("w:br"), qn("w:cr")}
_STYLE, _NUMBERED, _VALUE = qn("w:pStyle"), qn("w:numPr"), qn("w:val")
_PROPERTIES = {qn("w:pPr"), qn("w:rPr"), qn("w:tblPr"), qn("w:tcPr"), qn("w:trPr")}
# A text box is stored twice, for new and for old programs. Text that was moved away is stored as if it stood.
_SKIPPED = {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
    qn("w:moveFrom"),
    *_PROPERTIES,
}
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic"
_MAX_HEADING = 6


def read(name: str, data: bytes) -> Content:
    """Body text with tables as Markdown; deleted text, headers and footers are left out."""
    document = docx.Document(io.BytesIO(data))
    body = document.element.body
    marks = {style.style_id: _mark(style.name or "") for style in document.styles}
    text = "\n\n".join(_blocks(body, marks)).strip()
    if not text:
        raise BadInput(
            say("“{name}” holds no text.", name=name),
            next_step=say("If it holds pictures of text, attach those as pictures."),
        )
    pictures = sum(1 for _ in body.iter(_PICTURE))
    left_out = counted(pictures, "{count} picture left out.", "{count} pictures left out.")
    return Content(Kind.DOCX, text, (left_out,) if pictures else ())


def _mark(style_name: str) -> str:
    """What Markdown puts before a paragraph of this style; the names are English in every language."""
    word, _, number = style_name.lower().partition(" ")
    if word == "title":
        return "# "
    if word == "heading" and number.isdecimal():
        return f"{'#' * min(int(number), _MAX_HEADING)} "
    return "- " if word == "list" and number.startswith(("bullet", "number")) else ""


def _blocks(element: Any, marks: dict[str, str]) -> Iterator[str]:
    """Paragraphs and tables; whatever else holds some, such as a form field, is looked into."""
    for child in element:
        if child.tag == _PARAGRAPH:
            if text := _inline(child).strip():
                yield _marked(child, text, marks)
        elif child.tag == _TABLE:
            yield "\n".join(_rows(child))
        elif child.tag not in _SKIPPED:
            yield from _blocks(child, marks)


def _marked(paragraph: Any, text: str, marks: dict[str, str]) -> str:
    style = paragraph.find(f".//{_STYLE}")
    mark = marks.get(style.get(_VALUE), "") if style is not None else ""
    if not mark and paragraph.find(f".//{_NUMBERED}") is not None:
        mark = "- "
    return mark + text


def _rows(table: Any) -> Iterator[str]:
    """A Markdown table; its first row is the head, as Markdown has no table without."""
    for index, row in enumerate(table.iterchildren(_ROW)):
        cells = [" ".join(_inline(cell).split()).replace("|", "\\|") for cell in row.iter(_CELL)]
        yield f"| {' | '.join(cells)} |"
        if index == 0:
            yield f"|{' --- |' * len(cells)}"


def _inline(element: Any) -> str:
    return "".join(_pieces(element))


def _pieces(element: Any) -> Iterator[str]:
    """Text in reading order. Deleted text has a tag of its own and is not met here."""
    for child in element:
        if child.tag == _TEXT:
            yield child.text or ""
        elif child.tag == _TAB:
            yield "\t"
        elif child.tag in _BREAKS:
            yield "\n"
        elif child.tag not in _SKIPPED:
            yield from _pieces(child)
            if child.tag == _PARAGRAPH:
                yield "\n"
