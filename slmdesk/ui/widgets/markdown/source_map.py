"""Which characters of a Markdown source the drawn ones are, where there is but one way to see it."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from slmdesk.ui.widgets.markdown.blocks import Block
from slmdesk.ui.widgets.markdown.runs import MUTED, Run

UNKNOWN = -1
_WILD = (
    "\0"  # stands for what is drawn and not written so: a formula, the words for a picture, a line between
)
_ENTITY = re.compile(r"&(?:#\w+|\w+);")  # drawn as a character that is not there
_SPACES = str.maketrans("\n\t\u2028", "   ")  # a line break in a paragraph may be drawn as any of them


class SourceMap:
    """Of one whole text and its blocks; what is asked of a block is worked out then."""

    def __init__(self, source: str, blocks: Sequence[Block]) -> None:
        self._groups: dict[int, tuple[Block, tuple[Block, ...], int]] = {}
        self._places: dict[int, list[int]] = {}
        position = 0
        for _, members in groupby(blocks, key=lambda block: id(_whole(block))):
            group = tuple(members)
            whole = _whole(group[0])
            begin = source.find(whole.source, position)
            if begin < 0 or source[position:begin].strip():
                return  # what stands between two blocks is not known: nothing after it is certain
            position = begin + len(whole.source)
            for block in group:
                self._groups[id(block)] = whole, group, begin

    def places(self, block: Block) -> list[int]:
        """The place in the source of each character of the block's text, UNKNOWN where it is not certain."""
        if id(block) not in self._places:
            found = self._groups.get(id(block))
            if found is None:
                return [UNKNOWN] * len(block.text)
            self._work_out(*found)
        return self._places[id(block)]

    def _work_out(self, whole: Block, group: Sequence[Block], begin: int) -> None:
        """Of all blocks that were written as one: what is found in one of them cannot be in another."""
        drawn = [_drawn(block) for block in group]
        text = _WILD.join(drawn)
        exact = _verbatim(whole, group)
        found = list(range(exact, exact + len(text))) if exact else _aligned(whole.source, text)
        at = 0
        for block, part in zip(group, drawn, strict=True):
            inside = found[at : at + len(part)]
            self._places[id(block)] = [UNKNOWN if place < 0 else begin + place for place in inside]
            at += len(part) + 1


def _whole(block: Block) -> Block:
    """What the block was written as a part of: a long fence or table, a list item with code in it."""
    return block.part_of or block.first or block


def _verbatim(whole: Block, group: Sequence[Block]) -> int:
    """Where the lines of a fence begin in its source, if they stand there as they are drawn; else 0."""
    if whole.kind != "code":
        return 0
    start = whole.source.find("\n") + 1
    return start if whole.source.startswith("\n".join(block.text for block in group), start) else 0


def _drawn(block: Block) -> str:
    """The block's text, with what is not written so replaced."""
    if block.rows:
        return _WILD.join(_of_runs(cell) for row in block.rows for cell in row)
    if block.paragraphs:
        return _WILD.join(_of_runs(paragraph.runs) for paragraph in block.paragraphs)
    return block.text


def _of_runs(runs: Sequence[Run]) -> str:
    return "".join(_WILD * len(run.text) if run.formula or run.style & MUTED else run.text for run in runs)


def _aligned(source: str, drawn: str) -> list[int]:
    """Markdown leaves marks out and keeps the rest in order: where the leftmost and the rightmost way to
    find `drawn` in `source` agree about a character, there is no other place for it.
    """
    nothing = [UNKNOWN] * len(drawn)
    if _ENTITY.search(source):
        return nothing
    written, wanted = source.translate(_SPACES), drawn.translate(_SPACES)
    left = list(_embedded(written, wanted))
    right = list(_embedded(written[::-1], wanted[::-1]))[::-1]
    if not len(left) == len(right) == len(drawn):
        return nothing
    last = len(source) - 1
    return [one if one == last - other else UNKNOWN for one, other in zip(left, right, strict=True)]


def _embedded(written: str, wanted: str) -> Iterator[int]:
    """The first place for each character, one after the other; ends early where there is none."""
    at = 0
    for character in wanted:
        if character == _WILD:
            yield UNKNOWN
            continue
        found = written.find(character, at)
        if found < 0:
            return
        yield found
        at = found + 1
