"""How documents stand in a prompt: each between its own marks, all of them before the question.

Document first, question last: the next question about the same documents finds them computed already.
"""

import re
from collections.abc import Sequence

from slmdesk.features.documents.document import Document

CUT_MARK = "[The rest of this document was left out.]"
_MAX_NAME_CHARS = 120
# Our own marks, and the control tokens of chat templates, which servers obey wherever they stand.
_MARKS = re.compile(
    r"<(?=/?\s*documents?\b)"
    r"|<(?=[|｜][^\s<>]{1,60}[|｜]>)"
    r"|<(?=/?(?:s|bos|eos|pad|unk|think|start_of_turn|end_of_turn|start_of_image|end_of_image|image)>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|IMG)\])",
    re.IGNORECASE,
)
_ESCAPES = {"<": "&lt;", "[": "&#91;"}


def document_block(index: int, document: Document, text: str, *, is_cut: bool = False) -> str:
    """One document as the model reads it; `text` is the part of it that is sent, `index` counts from 1."""
    attributes = f'index="{index}" name="{_attribute(document.name)}"'
    if document.source:
        attributes += f' source="{_attribute(document.source)}"'
    if document.language:
        attributes += f' language="{document.language}"'
    end = f"\n{CUT_MARK}" if is_cut else ""
    return f"<document {attributes}>\n{without_marks(text.strip(chr(10)))}{end}\n</document>"


def with_question(blocks: Sequence[str], question: str) -> str:
    """The text of the message: documents, a blank line, the question as it was typed."""
    return "\n\n".join([*blocks, question])


def without_marks(text: str) -> str:
    """The text with everything escaped that a model or its server could take for the end of the document."""
    return _MARKS.sub(lambda mark: _ESCAPES[mark.group()], text)


def _attribute(value: str) -> str:
    """One line without quotes, brackets and invisible signs, which names of files and titles may hold."""
    line = "".join(char if char.isprintable() else " " for char in value)
    line = " ".join(line.split())
    line = line if len(line) <= _MAX_NAME_CHARS else f"{line[:_MAX_NAME_CHARS]}…"
    for char, escape in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        line = line.replace(char, escape)
    return without_marks(line)
