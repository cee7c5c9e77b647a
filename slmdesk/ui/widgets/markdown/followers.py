"""Fences and tables that are still open: they grow by lines and are never parsed again from their start."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from slmdesk.base.markdown_parser import parse
from slmdesk.base.text_cleaning import utf16_length
from slmdesk.ui.widgets.markdown.blocks import Block, Paragraph, pieces_of, table_text
from slmdesk.ui.widgets.markdown.runs import Row

CODE_LINES = 80
TABLE_ROWS = 16
"""Qt lays out a whole table at every change: a long one is several documents."""


@dataclass(slots=True)
class Growth:
    """What was added at the end of a block that stays."""

    block: Block
    removed: int = 0
    """Characters, as Qt counts them, to take off its end first"""
    text: str = ""
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Change:
    """Blocks from `first` on are new or have another height; `growths` are blocks that stay and grew."""

    first: int
    growths: list[Growth] = field(default_factory=list)


class Follower(Protocol):
    """Takes in the text of one open block."""

    @property
    def block(self) -> Block: ...
    def go_on(self, blocks: list[Block]) -> None:
        """The blocks are in place now: go on with the last one."""

    def feed(self, delta: str, blocks: list[Block], change: Change) -> str | None:
        """Take in `delta`; once the block has ended, what comes after it."""


def expanded(block: Block) -> list[Block]:
    """The documents of a block: several for a long fence or table, and for a list item with code in it."""
    if block.kind == "item" and any(paragraph.fence is not None for paragraph in block.paragraphs):
        return list(_parts_of(block))
    if block.kind == "code":
        lines = block.text.split("\n")
        texts = ["\n".join(lines[at : at + CODE_LINES]) for at in range(0, len(lines), CODE_LINES)]
        block.text = texts[0]
        return [block, *(_next_code(block, text) for text in texts[1:])]
    if block.kind == "table":
        head, body = block.rows[:1], block.rows[1:]
        groups = [body[at : at + TABLE_ROWS] for at in range(0, len(body), TABLE_ROWS)] or [[]]
        block.rows = head + groups[0]
        block.text = table_text(block.rows)
        return [block, *(_next_table(block, rows) for rows in groups[1:])]
    return [block]


def _parts_of(item: Block) -> Iterator[Block]:
    """Text and code in turn; the marker stands before a text, be it an empty one."""
    lines: list[Paragraph] = []
    for paragraph in item.paragraphs:
        is_other = bool(lines) and (paragraph.role == "code") != (lines[0].role == "code")
        if lines and (is_other or paragraph.fence is not None):
            yield _part_of(item, lines)
            lines = []
        if paragraph.fence is not None and paragraph.marker:
            yield _part_of(item, [replace(paragraph, runs=(), role="text", fence=None)])
            paragraph = replace(paragraph, marker="")
        lines.append(paragraph)
    yield _part_of(item, lines)


def _part_of(item: Block, lines: list[Paragraph]) -> Block:
    text = "\n".join(line.text for line in lines)
    language = lines[0].fence
    if language is None:
        return Block("item", text, lines, text, number=item.number, part_of=item)
    source = f"```{language}\n{text}\n```"
    return Block("code", source, text=text, language=language, part_of=item, indent=lines[0].indent)


def _next_code(first: Block, text: str) -> Block:
    return Block("code", text, text=text, language=first.language, first=first)


def _next_table(first: Block, rows: list[Row]) -> Block:
    text = table_text(rows)
    return Block("table", text, text=text, rows=rows, alignments=first.alignments, first=first)


class OpenFence:
    """A fence whose end has not come."""

    def __init__(self, block: Block, opening: str, lines: list[str], line: str) -> None:
        self._block = block
        mark = re.match(r"`+|~+", opening)
        length = mark.end() if mark else 3
        self._end = re.compile(rf" {{0,3}}{re.escape(opening[0])}{{{length},}}[ \t]*")
        self._line = line
        self._lines = lines

    @property
    def block(self) -> Block:
        return self._block

    def go_on(self, blocks: list[Block]) -> None:
        self._block = blocks[-1]
        done = sum(CODE_LINES for block in blocks if block.first is (self._block.first or self._block))
        self._lines = self._lines[done:]

    def feed(self, delta: str, blocks: list[Block], change: Change) -> str | None:
        *finished, last = delta.split("\n")
        for number, end in enumerate(finished):
            line, self._line = self._line + end, ""
            if self._end.fullmatch(line):
                self._show(blocks, change)
                return "\n".join([*finished[number + 1 :], last])
            self._add(line, blocks, change)
        self._line += last
        self._show(blocks, change)
        return None

    def _add(self, line: str, blocks: list[Block], change: Change) -> None:
        if len(self._lines) >= CODE_LINES:
            self._roll(blocks, change)
        self._lines.append(line)

    def _roll(self, blocks: list[Block], change: Change) -> None:
        line, self._line = self._line, ""
        self._show(blocks, change)
        first = self._block.first or self._block
        self._block, self._lines, self._line = _next_code(first, ""), [], line
        change.first = min(change.first, len(blocks))
        blocks.append(self._block)

    def _show(self, blocks: list[Block], change: Change) -> None:
        is_shown = self._line.strip(" \t") != "" and not self._end.fullmatch(self._line)
        if is_shown and len(self._lines) >= CODE_LINES:
            self._roll(blocks, change)
        text = "\n".join([*self._lines, self._line] if is_shown else self._lines)
        old = self._block.text
        if text == old:
            return
        kept = len(old) if text.startswith(old) else len(text) if old.startswith(text) else 0
        self._block.text = text
        change.first = min(change.first, len(blocks) - 1)
        change.growths.append(Growth(self._block, removed=utf16_length(old[kept:]), text=text[kept:]))


class OpenTable:
    """A table to which rows are added when their line has ended."""

    def __init__(self, block: Block, head: str, line: str, rows: int) -> None:
        self._block = block
        self._head = head
        self.line = line
        block.rows = block.rows[:rows]  # an unfinished row is not shown

    @property
    def block(self) -> Block:
        return self._block

    def go_on(self, blocks: list[Block]) -> None:
        self._block = blocks[-1]

    def feed(self, delta: str, blocks: list[Block], change: Change) -> str | None:
        *finished, last = (self.line + delta).split("\n")
        self.line = last
        for number, line in enumerate(finished):
            if not (rows := self._rows(line)):
                return "\n".join([*finished[number:], last])
            self._add(line, rows, blocks, change)
        return None

    def _rows(self, line: str) -> list[Row]:
        source = f"{self._head}{line}\n"
        if not line.strip():
            return []
        pieces = pieces_of(parse(source, {}), source.splitlines(keepends=True), ("", 0))
        return pieces[0].block.rows[1:] if len(pieces) == 1 and pieces[0].block.kind == "table" else []

    def _add(self, line: str, rows: list[Row], blocks: list[Block], change: Change) -> None:
        body = len(self._block.rows) - (self._block.first is None)
        if body >= TABLE_ROWS:
            first = self._block.first or self._block
            self._block = _next_table(first, [])
            blocks.append(self._block)
        block = self._block
        block.rows.extend(rows)
        block.text = table_text(block.rows)
        change.first = min(change.first, len(blocks) - 1)
        change.growths.append(Growth(block, rows=rows))
