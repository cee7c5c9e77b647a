"""Blocks of a Markdown text: what is drawn, laid out, selected and thrown away as one piece."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from slmdesk.base.text_cleaning import clean
from slmdesk.ui.widgets.markdown.runs import CODE, FORMULA_MARK, LINE_BREAK, Row, Run, runs_of

if TYPE_CHECKING:
    from markdown_it.token import Token

MAX_COLUMNS = 24
_TASK = re.compile(r"\[([ xX])\](?:\s|$)")
_FENCE_END = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One text block of a document."""

    runs: tuple[Run, ...]
    role: str = "text"
    """text, h1 … h6, code, rule or formula"""
    indent: int = 0
    marker: str = ""
    """What stands before a list item: •, 3. or ☐"""
    quote: int = 0
    fence: str | None = None
    """The language, where a fence begins; None elsewhere"""

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    def with_text(self, text: str) -> "Paragraph":
        """With plain text at its end."""
        last = self.runs[-1] if self.runs else None
        if not text or last is None or last.style or last.href or last.formula:
            return replace(self, runs=(*self.runs, Run(text)) if text else self.runs)
        return replace(self, runs=(*self.runs[:-1], Run(last.text + text)))


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where the text of the open block ends: text that changes nothing may be appended there."""

    kind: str
    """paragraph, heading, fence, or empty"""
    line: int
    """First line that comes after it"""


@dataclass(eq=False, slots=True)
class Block:
    """A piece of a message with its own small document."""

    kind: str
    """paragraph, heading, item, quote, code, table, formula, rule or plain"""
    source: str
    paragraphs: list[Paragraph] = field(default_factory=list)
    text: str = ""
    """As it stands in the document, without markers"""
    language: str = ""
    number: int = -1
    """Of an ordered item"""
    rows: list[Row] = field(default_factory=list)
    alignments: tuple[str, ...] = ()
    first: "Block | None" = None
    """The block that this one goes on from: a long table or fence is drawn in pieces"""
    part_of: "Block | None" = None
    """The list item that this is a part of: code in it is a block of its own"""
    indent: int = 0
    """Of code in a list"""

    def is_same(self, other: "Block") -> bool:
        return (
            self.source == other.source
            and (self.kind, self.number, self.text) == (other.kind, other.number, other.text)
            and (self.paragraphs, self.rows) == (other.paragraphs, other.rows)
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """A block and the lines it came from."""

    block: Block
    start: int
    end: int
    leaf: Leaf
    of_list: "Token | None" = None
    is_open_fence: bool = False


def pieces_of(tokens: "Sequence[Token]", lines: Sequence[str], numbering: tuple[str, int]) -> list[Piece]:
    """Top-level blocks, lists split into their items.

    `numbering` is the delimiter and next number of a list that began before these lines.
    """
    pieces = []
    for group, of_list, position in _groups(tokens):
        if of_list is None:
            pieces.append(_piece(group, lines))
        else:
            pieces.append(
                _item(group, of_list, position, lines, numbering if of_list is tokens[0] else ("", 0))
            )
    return pieces


def _groups(tokens: "Sequence[Token]") -> "Iterator[tuple[Sequence[Token], Token | None, int]]":
    index = 0
    while index < len(tokens):
        end = _closing(tokens, index)
        if tokens[index].type in ("bullet_list_open", "ordered_list_open"):
            position, item = 0, index + 1
            while item < end:
                item_end = _closing(tokens, item)
                yield tokens[item : item_end + 1], tokens[index], position
                item, position = item_end + 1, position + 1
        else:
            yield tokens[index : end + 1], None, 0
        index = end + 1


def _closing(tokens: "Sequence[Token]", index: int) -> int:
    """Index of the token that closes the one at `index`."""
    if tokens[index].nesting != 1:
        return index
    level = tokens[index].level
    end = index + 1
    while tokens[end].level != level or tokens[end].nesting != -1:
        end += 1
    return end


def _piece(tokens: "Sequence[Token]", lines: Sequence[str]) -> Piece:
    start, end = tokens[0].map or (0, 0)
    source = "".join(lines[start:end]).rstrip("\n")
    head = tokens[0]
    block = Block(_KINDS.get(head.type, "paragraph"), source)
    if head.type == "table_open":
        _fill_table(block, tokens)
    elif head.type in ("fence", "code_block"):
        block.language = language_of(head.info)
        block.text = without_newline(head.content)
    else:
        _fill(block, tokens, Look())
    is_open_fence = head.type == "fence" and not _is_closed(head, lines)
    return Piece(block, start, end, _leaf(tokens), is_open_fence=is_open_fence)


_KINDS = {
    "heading_open": "heading",
    "blockquote_open": "quote",
    "fence": "code",
    "code_block": "code",
    "table_open": "table",
    "math_block": "formula",
    "hr": "rule",
}


def _item(
    tokens: "Sequence[Token]",
    of_list: "Token",
    position: int,
    lines: Sequence[str],
    numbering: tuple[str, int],
) -> Piece:
    number = -1
    if of_list.type == "ordered_list_open":
        mark, following = numbering
        begin = following if mark == of_list.markup else int(of_list.attrs.get("start", 1))
        number = begin + position
    start, end = tokens[0].map or (0, 0)
    block = Block("item", "".join(lines[start:end]).rstrip("\n"), number=number)
    marker = f"{number}." if number >= 0 else "•"
    _fill(block, tokens, Look(indent=1, marker=marker))
    return Piece(block, start, end, _leaf(tokens), of_list=of_list)


def language_of(info: str) -> str:
    """The language's name from a fence's info string."""
    words = clean(info).replace("{", " ").replace("}", " ").split()
    return words[0].lstrip(".")[:24] if words else ""


def without_newline(text: str) -> str:
    return text.removesuffix("\n")


def _is_closed(fence: "Token", lines: Sequence[str]) -> bool:
    start, end = fence.map or (0, 0)
    if end - start < 2:
        return False
    found = _FENCE_END.fullmatch(lines[end - 1].rstrip("\n"))
    return bool(found and found[1][0] == fence.markup[0] and len(found[1]) >= len(fence.markup))


def _leaf(tokens: "Sequence[Token]") -> Leaf:
    for token in reversed(tokens):
        if token.nesting == -1:
            continue
        if token.type == "inline" and token.map:
            is_heading = any(t.type == "heading_open" and t.map == token.map for t in tokens)
            return Leaf("heading" if is_heading else "paragraph", token.map[1])
        break
    return Leaf("", 0)


@dataclass(frozen=True, slots=True)
class Look:
    """What the containers around a paragraph give it."""

    indent: int = 0
    marker: str = ""
    quote: int = 0


def _fill(block: Block, tokens: "Sequence[Token]", look: Look) -> None:
    paragraphs = list(_Walker(look).walk(tokens))
    block.paragraphs = paragraphs or [Paragraph((), indent=look.indent, marker=look.marker)]
    block.text = "\n".join(paragraph.text for paragraph in block.paragraphs)


class _Walker:
    """Goes through the tokens of one block and hands out its paragraphs."""

    def __init__(self, look: Look) -> None:
        self._indent, self._marker, self._quote = look.indent, look.marker, look.quote
        self._role = "text"
        self._numbers: list[int | None] = []

    def walk(self, tokens: "Sequence[Token]") -> Iterator[Paragraph]:
        for token in tokens:
            self._enter(token)
            yield from self._paragraphs(token)
            if token.type == "list_item_close" and self._marker:
                yield self._paragraph(())  # an empty item
        if self._marker:
            yield self._paragraph(())

    def _enter(self, token: "Token") -> None:
        kind = token.type
        if kind == "blockquote_open":
            self._quote += 1
        elif kind == "blockquote_close":
            self._quote -= 1
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self._indent += 1
            is_ordered = kind == "ordered_list_open"
            self._numbers.append(int(token.attrs.get("start", 1)) if is_ordered else None)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._indent -= 1
            self._numbers.pop()
        elif kind == "list_item_open" and self._numbers:
            number = self._numbers[-1]
            self._marker = "•◦▪"[min(self._indent, 3) - 1] if number is None else f"{number}."
            if number is not None:
                self._numbers[-1] = number + 1
        elif kind == "heading_open":
            self._role = token.tag
        elif kind == "heading_close":
            self._role = "text"

    def _paragraphs(self, token: "Token") -> Iterator[Paragraph]:
        if token.type == "inline":
            yield self._paragraph(self._task(runs_of(token)))
        elif token.type in ("fence", "code_block"):
            first, *lines = clean(without_newline(token.content)).split("\n")
            yield replace(self._code(first), fence=language_of(token.info))
            yield from map(self._code, lines)
        elif token.type == "math_block":
            yield self._formula(token)
        elif token.type == "hr":
            yield self._paragraph((), "rule")

    def _code(self, line: str) -> Paragraph:
        return self._paragraph((Run(line, CODE),), "code")

    def _formula(self, token: "Token") -> Paragraph:
        closer = token.info if token.meta["is_closed"] and token.markup else ""
        gap = "\n" if "\n" in token.content else ""
        source = f"{token.markup}{gap}{token.content}{gap}{closer}"
        if not token.meta["is_closed"]:
            return self._paragraph((Run(source.replace("\n", LINE_BREAK), CODE),))
        run = Run(FORMULA_MARK, formula=token.content, source=source, is_display=True)
        return self._paragraph((run,), "formula")

    def _task(self, runs: tuple[Run, ...]) -> tuple[Run, ...]:
        if self._marker and runs and (found := _TASK.match(runs[0].text)):
            self._marker = "☐" if found[1] == " " else "☑"
            rest = runs[0].text[found.end() :]
            return (Run(rest, runs[0].style), *runs[1:]) if rest else runs[1:]
        return runs

    def _paragraph(self, runs: tuple[Run, ...], role: str = "") -> Paragraph:
        marker, self._marker = self._marker, ""
        return Paragraph(runs, role or self._role, self._indent, marker, self._quote)


def _fill_table(block: Block, tokens: "Sequence[Token]") -> None:
    rows: list[Row] = []
    alignments: list[str] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "th_open":
            alignments.append(str(token.attrs.get("style", "")).removeprefix("text-align:"))
        elif token.type == "inline":
            rows[-1].append(runs_of(token))
    if len(alignments) > MAX_COLUMNS:
        block.kind, block.text = "plain", block.source.rstrip("\n")
        return
    block.rows, block.alignments = rows, tuple(alignments)
    block.text = table_text(rows)


def table_text(rows: Sequence[Row]) -> str:
    """Cells one a line, as a text document gives them."""
    return "\n".join("".join(run.text for run in cell) for row in rows for cell in row)


def common_length(one: Block, other: Block) -> int:
    """Characters from the start on that look the same in both."""
    if one.kind == other.kind == "code":
        return len(one.text) if other.text.startswith(one.text) else 0
    count = 0
    for a, b in zip(one.paragraphs, other.paragraphs, strict=False):
        if a == b:
            count += len(a.text) + 1
            continue
        if (a.role, a.indent, a.marker, a.quote) != (b.role, b.indent, b.marker, b.quote):
            return count
        for run, run_b in zip(a.runs, b.runs, strict=False):
            if (run.style, run.href, run.formula) != (run_b.style, run_b.href, run_b.formula):
                return count
            if run.text != run_b.text:
                pairs = zip(run.text, run_b.text, strict=False)
                return count + next((at for at, (x, y) in enumerate(pairs) if x != y), 0)
            count += len(run.text)
        return count
    return count
