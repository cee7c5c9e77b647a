"""Splits a growing Markdown text into blocks, at a cost that follows what is new and not what is there.

What cannot change any more is settled; the tail is parsed again, unless what came can just be appended.
"""

import re
from collections.abc import Sequence
from typing import Any

from slmdesk.base.markdown_parser import parse
from slmdesk.base.text_cleaning import Cleaner
from slmdesk.ui.widgets.markdown.blocks import Block, Piece, pieces_of
from slmdesk.ui.widgets.markdown.followers import Change, Follower, Growth, OpenFence, OpenTable, expanded

MAX_TAIL = 8_000
"""Characters of the open block; a longer one is cut, since it would be parsed and laid out as a whole."""
SLICE = 6_000
"""Characters of a long text that are taken in at once."""
MAX_CANONICAL = 20_000
"""A longer text is parsed once more at its end only if it defines links: all else is known to be equal."""

_SPECIAL = re.compile(r"[\\`*_\[\]<>&!$~|\n\t;]")
_SETTLED = re.compile(
    r"\s*(?:>\s?)*(?:(?:[-+*]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?)?"  # containers that are open already
    r"(?:#{1,6}\s+|\d[\d,]*\s+)?[(\"'“„«‘]*(?:\*{1,3}(?=[^\s*])|_{1,3}(?=[^\s_]))?[(\"'“„«‘]*[^\W\d_]"
)
_DELIMITERS = re.compile(r"[-:|][-:|\s]+")
_LONG_RUN = re.compile(r"\S{150}\Z")


class Splitter:
    """The blocks of one text that grows."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._cleaner = Cleaner()
        self._source: list[str] = []
        self._references: dict[str, Any] = {}
        self._settled = 0  # blocks that cannot change any more
        self._tail = ""
        self._lost = ""  # white space at the end of the tail that is not shown yet
        self._leaf = ""  # what the tail ends in, if text may be appended there
        self._numbering = ("", 0)
        self._follower: Follower | None = None
        self._has_definitions = False

    @property
    def source(self) -> str:
        """All that came, cleaned."""
        if len(self._source) > 1:
            self._source = ["".join(self._source)]
        return self._source[0] if self._source else ""

    @property
    def open_fence(self) -> Block | None:
        """The code block that has not ended."""
        return self._follower.block if isinstance(self._follower, OpenFence) else None

    @property
    def is_in_table(self) -> bool:
        """Whether an unfinished row is held back."""
        return isinstance(self._follower, OpenTable)

    def feed(self, delta: str) -> Change | None:
        """Take in `delta`; None when nothing changes on the screen."""
        delta = self._cleaner.feed(delta)
        if not delta:
            return None
        self._source.append(delta)
        if self._follower is None and self._can_append(delta):
            return self._append(delta)
        change = Change(len(self.blocks))
        while delta:
            end = _cut(delta)
            self._take(delta[:end], change)
            delta = delta[end:]
        return change if change.growths or change.first < len(self.blocks) else None

    def finish(self) -> Change | None:
        """The text has ended: show what was held back, and parse all of it once more."""
        change = Change(len(self.blocks))
        if isinstance(self._follower, OpenTable) and self._follower.line:
            self._take("\n", change)
        source = self.source
        if len(source) <= MAX_CANONICAL or (self._has_definitions and len(source) <= 5 * MAX_CANONICAL):
            change.first = min(change.first, self._replace(blocks_of(source), 0))
        return change if change.growths or change.first < len(self.blocks) else None

    def _take(self, delta: str, change: Change) -> None:
        while delta:
            if self._follower is None:
                change.first = min(change.first, self._parse(delta))
                return
            rest = self._follower.feed(delta, self.blocks, change)
            if rest is None:
                return
            self._follower = None
            self._settle_all("")
            delta = rest

    def _can_append(self, delta: str) -> bool:
        tail = self._tail
        if not self._leaf or _SPECIAL.search(delta) or len(tail) + len(delta) > MAX_TAIL:
            return False
        line = tail[tail.rfind("\n") + 1 :]
        if not _SETTLED.match(line) or _SPECIAL.match(line[-1]) or _LONG_RUN.search(line):
            return False
        if self._leaf == "heading" and ("#" in delta or line.rstrip().endswith("#")):
            return False
        return ")" not in delta or "](" not in tail

    def _append(self, delta: str) -> Change | None:
        self._tail += delta
        text = self._lost + delta
        visible = text.rstrip(" \t")
        self._lost = text[len(visible) :]
        last = self.blocks[-1]
        last.source += delta
        last.text += visible
        last.paragraphs[-1] = last.paragraphs[-1].with_text(visible)
        if not visible:
            return None
        return Change(len(self.blocks) - 1, [Growth(last, text=visible)])

    def _parse(self, delta: str) -> int:
        """Parse the tail again; index of the first block that changed."""
        first = len(self.blocks)
        if len(self._tail) > MAX_TAIL:
            first = self._cut_tail()
        self._tail += delta
        lines = self._tail.splitlines(keepends=True)
        references = dict(self._references)
        pieces = pieces_of(parse(self._tail, references), lines, self._numbering)
        self._has_definitions = self._has_definitions or len(references) > len(self._references)
        complete = len(lines) - (not self._tail.endswith("\n"))
        self._follower = _follower(pieces, lines, complete)
        fresh = [expanded(piece.block) for piece in pieces]
        first = min(first, self._replace([block for group in fresh for block in group], self._settled))
        if self._follower:
            self._follower.go_on(self.blocks)
            self._learn(self._tail)
        else:
            self._settle(pieces, fresh, lines, complete)
        return first

    def _replace(self, fresh: Sequence[Block], start: int) -> int:
        """Put `fresh` in place of the blocks from `start` on, keeping those that are equal."""
        old = self.blocks[start:]
        kept = 0
        while kept < min(len(old), len(fresh)) and old[kept].is_same(fresh[kept]):
            old[kept].part_of = fresh[kept].part_of  # the item may have grown behind it
            kept += 1
        end = 0
        while end < min(len(old), len(fresh)) - kept and old[-1 - end].is_same(fresh[-1 - end]):
            old[-1 - end].part_of = fresh[-1 - end].part_of
            end += 1
        self.blocks[start + kept : len(self.blocks) - end] = fresh[kept : len(fresh) - end]
        is_equal = kept == len(old) == len(fresh)
        return len(self.blocks) if is_equal else start + kept

    def _settle(
        self, pieces: Sequence[Piece], fresh: Sequence[Sequence[Block]], lines: Sequence[str], complete: int
    ) -> None:
        last = pieces[-1] if pieces else None
        is_open = last is not None and last.leaf.line == len(lines) and not self._tail.endswith("\n")
        self._leaf = last.leaf.kind if last and is_open else ""
        self._lost = self._tail[len(self._tail.rstrip(" \t")) :]
        for index in range(len(pieces) - 1, 0, -1):
            if _is_certain(pieces, index, lines, complete):
                piece, before = pieces[index], pieces[index - 1]
                self._learn("".join(lines[: piece.start]))
                self._settled += sum(len(group) for group in fresh[:index])
                self._tail = "".join(lines[piece.start :])
                is_same_list = piece.of_list is not None and piece.of_list is before.of_list
                is_numbered = is_same_list and piece.block.number >= 0
                self._numbering = (
                    (piece.of_list.markup, piece.block.number) if is_numbered and piece.of_list else ("", 0)
                )
                return

    def _learn(self, settled: str) -> None:
        """Keep the link definitions of text that is certain, and of no other."""
        if self._has_definitions and "]:" in settled:
            parse(settled, self._references)

    def _settle_all(self, tail: str) -> None:
        self._settled, self._tail, self._leaf, self._lost = len(self.blocks), tail, "", ""
        self._numbering = ("", 0)

    def _cut_tail(self) -> int:
        """End the open block by force, at its last space."""
        cut = max(self._tail.rfind(" "), self._tail.rfind("\n")) + 1 or len(self._tail)
        head, rest = self._tail[:cut], self._tail[cut:]
        first = self._replace(blocks_of(head, self._numbering), self._settled)
        self._settle_all(rest)
        return first


def blocks_of(source: str, numbering: tuple[str, int] = ("", 0)) -> list[Block]:
    """The blocks of a whole text, from one fresh parse."""
    pieces = pieces_of(parse(source, {}), source.splitlines(keepends=True), numbering)
    return [block for piece in pieces for block in expanded(piece.block)]


def _cut(delta: str) -> int:
    """Length of the part that is taken in at once, up to the end of a line or word where there is one."""
    if len(delta) <= SLICE:
        return len(delta)
    return max(delta.rfind("\n", SLICE // 2, SLICE), delta.rfind(" ", SLICE // 2, SLICE)) + 1 or SLICE


def _is_certain(pieces: Sequence[Piece], index: int, lines: Sequence[str], complete: int) -> bool:
    """Whether nothing that comes can change what stands before piece `index`."""
    piece, before = pieces[index], pieces[index - 1]
    needed = _lines_needed(lines[piece.start])
    if piece.start + needed > complete:
        return False
    if needed == 2 and piece.of_list is not None and _DELIMITERS.fullmatch(lines[piece.start + 1].strip()):
        return False  # an item inside its list, but a table were it to stand first
    # Lines between two blocks belong to a link definition, whose title may still grow.
    return not lines[piece.start - 1].strip() or before.end >= piece.start


def _lines_needed(line: str) -> int:
    """Any line with a bar may turn out to be a table's header once the line below it is there."""
    return 2 if "|" in line else 1


def _follower(pieces: Sequence[Piece], lines: Sequence[str], complete: int) -> Follower | None:
    """Long fences and tables are not parsed again from their start: a line is added to them."""
    if not pieces:
        return None
    last = pieces[-1]
    partial = lines[-1] if complete < len(lines) else ""
    is_certain = last.start + _lines_needed(lines[last.start]) <= complete
    if last.is_open_fence and is_certain and lines[last.start][0] in "`~":
        content = [line.rstrip("\n") for line in lines[last.start + 1 : complete]]
        return OpenFence(last.block, lines[last.start], content, partial)
    if last.block.kind == "table" and last.start + 2 <= complete <= last.end:
        head = "".join(lines[last.start : last.start + 2])
        return OpenTable(last.block, head, partial, complete - last.start - 1)
    return None
