"""The text of a PDF, page by page."""

import io
import time

from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, PyPdfError

from slmdesk.base.errors import BadInput
from slmdesk.base.words import counted, say
from slmdesk.features.documents import kinds
from slmdesk.features.documents.document import Content, Kind
from slmdesk.features.documents.limits import MAX_TEXT_CHARS, READING_S

_SHORT_PAGE_CHARS = 8  # a page number printed over a scan is not its text
_LISTED_PAGES = 8
# What pypdf raises for a page that is not as it should be. One such page is no reason to lose the others.
_DAMAGE = (PyPdfError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def read(name: str, data: bytes) -> Content:
    """Every page headed by its number; raises BadInput for an encrypted or a scanned one."""
    deadline = time.monotonic() + READING_S
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        _unlock(name, reader)
    page_count, texts, damaged, length = len(reader.pages), [], [], 0
    for page in reader.pages:
        try:
            texts.append(page.extract_text().strip())
        except _DAMAGE:
            texts.append("")
            damaged.append(len(texts))
        length += len(texts[-1])
        if length > MAX_TEXT_CHARS or time.monotonic() > deadline:
            break
    empty = [number for number, text in enumerate(texts, 1) if not text and number not in damaged]
    if damaged and not any(texts):
        raise kinds.damaged(name)
    if all(len(text) < _SHORT_PAGE_CHARS for text in texts):
        raise _without_text(name, any(map(_has_picture, reader.pages[:_LISTED_PAGES])))
    notes = [say("Damaged and left out: {damaged}.", damaged=_listed(damaged))] if damaged else []
    if len(texts) < page_count:
        notes.append(
            say(
                "Only the first {count} of {page_count} pages were read.",
                count=len(texts),
                page_count=page_count,
            )
        )
    if empty:
        notes.append(say("No text on {empty}: empty, or a picture of text.", empty=_listed(empty)))
    parts = [f"[page {number}]\n{text}" for number, text in enumerate(texts, 1) if text]
    return Content(Kind.PDF, "\n\n".join(parts), tuple(notes), page_count)


def _unlock(name: str, reader: PdfReader) -> None:
    """Many files only forbid to print or to copy, and open without a password."""
    try:
        is_open = bool(reader.decrypt(""))
    except (DependencyError, ValueError):
        is_open = False
    if not is_open:
        raise BadInput(
            say("“{name}” is protected with a password.", name=name),
            next_step=say("Open it, save or print it as a PDF without the password and attach that."),
        )


def _without_text(name: str, has_pictures: bool) -> BadInput:
    if not has_pictures:
        return BadInput(
            say("“{name}” holds no text.", name=name), next_step=say("Look into it: its pages may be empty.")
        )
    return BadInput(
        say("“{name}” holds pictures of text, not text: it was scanned.", name=name),
        next_step=say("Run it through an OCR program, or give its pages as pictures to a vision model."),
    )


def _has_picture(page: PageObject) -> bool:
    return "/XObject" in page.get("/Resources", {})


def _listed(numbers: list[int]) -> str:
    """[1, 2, 5] as "pages 1, 2, 5", many shortened."""
    shown = ", ".join(map(str, numbers[:_LISTED_PAGES]))
    more = len(numbers) - _LISTED_PAGES
    if more > 0:
        return say("pages {shown} and {more} more", shown=shown, more=more)
    return counted(len(numbers), "page {shown}", "pages {shown}", shown=shown)
