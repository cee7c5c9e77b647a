"""Messages of a transcript: their blocks, where these stand, and what is laid out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from slmdesk.base.text_cleaning import clean
from slmdesk.ui.widgets.markdown.blocks import Block
from slmdesk.ui.widgets.markdown.followers import Change
from slmdesk.ui.widgets.markdown.look import Look
from slmdesk.ui.widgets.markdown.sheet import Sheet
from slmdesk.ui.widgets.markdown.splitter import Splitter

PLAIN_LINES = 60
LONG_TEXT = 48_000
"""Characters; a longer message is taken in slices, so that opening it stalls nothing."""

FIGURES = "figures"
"""The action whose link is the text of the footer itself"""
IN_THE_MENU = "probabilities"
"""The action that only the context menu of an answer has"""
UNSEEN = (FIGURES, IN_THE_MENU)
"""Actions that are no words at the end of a footer"""


@dataclass(eq=False, slots=True)
class Slot:
    """A block's place in its section; its sheet comes and goes."""

    block: Block
    section: "Section"
    index: int = 0
    top: int = 0
    height: int = 0
    sheet: Sheet | None = None
    is_measured: bool = False
    head_px: int = 0
    """Room above the first line of code, where its label would cover the text"""


class Section:
    """Blocks one below the other."""

    __slots__ = (
        "_splitter", "height", "is_plain", "left", "message", "order", "slots", "tone", "top", "width",
    )  # fmt: skip

    def __init__(self, message: "Message", order: int, is_plain: bool = False) -> None:
        self.message = message
        self.order = order
        self.is_plain = is_plain
        self._splitter: Splitter | None = None
        self.slots: list[Slot] = []
        self.top = 0
        self.left = 0
        self.width = 0
        self.height = 0
        self.tone = ""

    @property
    def splitter(self) -> Splitter:
        """Made when it is first needed: a long chat has thousands of sections that are never seen."""
        if self._splitter is None:
            self._splitter = Splitter()
        return self._splitter

    def set_plain(self, text: str) -> None:
        """Show `text` as it is."""
        lines = clean(text).split("\n")
        parts = ["\n".join(lines[at : at + PLAIN_LINES]) for at in range(0, len(lines), PLAIN_LINES)]
        texts = [part[at : at + 4_000] for part in parts for at in range(0, max(1, len(part)), 4_000)]
        blocks = [Block("plain", part, text=part) for part in texts] if text else []
        self.slots = [Slot(block, self, index) for index, block in enumerate(blocks)]

    def sync(self, change: Change) -> int:
        """Follow the splitter; index of the first slot whose place may have changed."""
        blocks = self.splitter.blocks
        old = {id(slot.block): slot for slot in self.slots[change.first :]}
        del self.slots[change.first :]
        for block in blocks[change.first :]:
            slot = old.get(id(block)) or Slot(block, self)
            slot.index = len(self.slots)
            self.slots.append(slot)
        if change.first and change.first == len(self.slots):
            return change.first - 1
        return change.first

    def place(self, first: int, look: Look) -> None:
        """Compute tops from slot `first` on."""
        first = min(first, len(self.slots))
        y = self.slots[first - 1].top + self.slots[first - 1].height if first else 0
        for slot in self.slots[first:]:
            if not slot.height:
                slot.height = estimate(slot.block, self.width, look)
            y += gap_before(slot, look)
            slot.top = y
            y += slot.height
        self.height = y

    def copy_text(self) -> str:
        return "\n".join(copy_text(slot.block) for slot in self.slots)


@dataclass(eq=False, slots=True)
class Message:
    """What one side said, and what stands around it."""

    id: str
    role: str
    index: int = 0
    source: str = ""
    thinking_source: str = ""
    is_parsed: bool = False
    is_streaming: bool = False
    is_thinking_open: bool = False
    has_reader_opened: bool = False
    thinking_label: str = ""
    footer: str = ""
    actions: tuple[tuple[str, str], ...] = ()
    pending: list[tuple[bool, str]] = field(default_factory=list)
    backlog: str = ""
    top: int = 0
    height: int = 0
    width: int = 0
    left: int = 0
    header_top: int = 0
    footer_top: int = 0
    made: dict[int, Section] = field(default_factory=dict)
    """Sections that were needed so far: most messages of a long chat need none"""

    @property
    def thinking(self) -> Section:
        return self.made.get(0) or self._make(0)

    @property
    def answer(self) -> Section:
        return self.made.get(1) or self._make(1, is_plain=self.role == "user")

    @property
    def status(self) -> Section:
        return self.made.get(2) or self._make(2, is_plain=True)

    @property
    def note(self) -> Section:
        return self.made.get(3) or self._make(3, is_plain=True)

    def _make(self, order: int, is_plain: bool = False) -> Section:
        return self.made.setdefault(order, Section(self, order, is_plain))

    @property
    def has_thinking(self) -> bool:
        return bool(self.thinking_source or (0 in self.made and self.thinking.slots))

    @property
    def sections(self) -> list[Section]:
        """What is shown, from top to bottom."""
        shown = [self.thinking] if self.is_thinking_open else []
        shown.append(self.answer if self.answer.slots or not self.status.slots else self.status)
        return [*shown, self.note] if self.note.slots else shown

    def parse(self) -> None:
        """Make the blocks of a message that was not yet looked at."""
        if self.is_parsed:
            return
        self.is_parsed = True
        if self.role == "user":
            self.answer.set_plain(self.source)
            return
        if self.thinking_source:
            self.take(self.thinking, self.thinking_source[:LONG_TEXT])
            self.finish(self.thinking)
        head = self.source[:LONG_TEXT]
        self.backlog = self.source[LONG_TEXT:]
        self.take(self.answer, head)
        if not self.backlog:
            self.finish(self.answer)

    def forget_heights(self) -> None:
        """The width is another."""
        for section in self.made.values():
            for slot in section.slots:
                slot.is_measured, slot.height = False, 0

    def take(self, section: Section, delta: str) -> tuple[int, Change | None]:
        """Feed a section; the first slot that moved, and what changed."""
        change = section.splitter.feed(delta)
        return (section.sync(change) if change else len(section.slots)), change

    def finish(self, section: Section) -> int:
        change = section.splitter.finish()
        return section.sync(change) if change else len(section.slots)

    @property
    def text(self) -> str:
        """The answer as Markdown, the user's message as it is."""
        return self.answer.splitter.source if self.is_parsed and self.role != "user" else self.source

    def plain_text(self) -> str:
        """The answer without its Markdown."""
        self.parse()
        return self.answer.copy_text()


def gap_before(slot: Slot, look: Look) -> int:
    """Pixels between a block and the one above it."""
    if slot.index == 0 or slot.block.first is not None:
        return 0
    above = slot.section.slots[slot.index - 1].block
    if slot.section.is_plain:
        return 0
    if slot.block.kind == "item" and above.kind == "item":
        return look.size_px // 4
    if slot.block.kind == "heading":
        return round(look.size_px * 1.0)
    # A line of text has its leading above it, so a box seems nearer to the line above than to the one below.
    return round(look.size_px * (0.4 if above.kind in ("code", "table") else 0.6))


def estimate(block: Block, width: int, look: Look) -> int:
    """Height of a block that is not laid out, from its characters."""
    if block.kind == "code":
        return (block.text.count("\n") + 1) * look.code_line_px + 16
    if block.kind == "table":
        return len(block.rows) * (look.line_px + look.size_px)
    per_line = max(10, int(width / look.character_px))
    lines = sum(1 + len(line) // per_line for line in block.text.split("\n")[:500])
    return lines * look.line_px


def copy_text(block: Block) -> str:
    """A block as plain text with its markers."""
    if block.rows:
        return "\n".join("\t".join(cell_text(cell) for cell in row) for row in block.rows)
    if not block.paragraphs:
        return block.text
    return "\n".join(
        "  " * max(0, p.indent - 1)
        + (f"{p.marker} " if p.marker else "")
        + "".join(run.source if run.formula else run.text for run in p.runs).replace("\u2028", "\n")
        for p in block.paragraphs
    )


def cell_text(cell: Sequence[object]) -> str:
    return "".join(getattr(run, "source", "") or getattr(run, "text", "") for run in cell).replace(
        "\u2028", " "
    )
