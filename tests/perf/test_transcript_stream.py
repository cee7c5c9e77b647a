"""Cost of drawing a stream, beside QPlainTextEdit as the lower bound: counts first, then ratios of one run.

Each ratio is the median of rounds in which both sides take turns, in CPU time of the main thread. Where a
busy machine makes a ratio jump, the gate is looser than the goal; both are printed.
"""

import statistics
import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget

from slmdesk.base.markdown_parser import Parsed
from slmdesk.ui.widgets.markdown.formulas import shelf
from slmdesk.ui.widgets.markdown.sheet import Sheet
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.transcript import BlockView
from tests.data.streams import answer_tokens, fence_tokens, list_tokens, paragraph_tokens, table_tokens
from tests.perf.gates import assert_within

pytestmark = pytest.mark.perf

TOKENS_PER_FLUSH = 2  # 50 to 60 tokens a second at 30 flushes
ROUNDS = 5
WIDTH, HEIGHT = 850, 700


class ByHand(PaintScheduler):
    """Draws only when the measurement says so."""

    def request(self, pane: object, is_first: bool = False) -> None:
        pass


class Plain:
    """The lower bound: text appended to a plain text widget that follows its end."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.rows = 0
        outer = self

        class Counting(QPlainTextEdit):
            def paintEvent(self, event):
                outer.rows += event.rect().height()
                super().paintEvent(event)

        self.widget = Counting()
        self.widget.setReadOnly(True)
        self.widget.setUndoRedoEnabled(False)
        self.widget.resize(width, height)
        self.widget.show()
        self._cursor = QTextCursor(self.widget.document())

    def feed(self, text: str) -> None:
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._cursor.insertText(text)
        bar = self.widget.verticalScrollBar()
        bar.setValue(bar.maximum())


class Blocks:
    """The transcript, streaming one answer."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT, history: int = 0) -> None:
        self.widget = BlockView(ByHand())
        self.widget.resize(width, height)
        self.widget.show()
        for number in range(history):
            role = "assistant" if number % 2 else "user"
            self.widget.add_message(
                str(number), role, f"**Message** {number}, with some words in it.\n\nAnd more."
            )
        self.widget.begin_answer("answer")
        self.widget.scroll_to_end()

    @property
    def rows(self) -> int:
        return self.widget.painted_rows

    def feed(self, text: str) -> None:
        self.widget.append("answer", text)
        self.widget.flush()


def stream(target: Plain | Blocks, tokens: list[str]) -> float:
    """CPU seconds a token of feeding and painting."""
    app = QApplication.instance()
    app.processEvents()
    began = time.thread_time()
    for at in range(0, len(tokens), TOKENS_PER_FLUSH):
        target.feed("".join(tokens[at : at + TOKENS_PER_FLUSH]))
        app.processEvents()
    return (time.thread_time() - began) / len(tokens)


def close(*targets: Plain | Blocks) -> None:
    for target in targets:
        target.widget.close()
        target.widget.deleteLater()
    QApplication.instance().processEvents()


def ratio(
    one: Callable[[], float], other: Callable[[], float], rounds: int = ROUNDS
) -> tuple[float, float, float]:
    """Median of the ratios of rounds taken in turn, and the medians of both sides."""
    pairs = []
    for number in range(rounds):
        if number % 2:
            second, first = other(), one()
        else:
            first, second = one(), other()
        pairs.append((first, second))
    return (
        statistics.median(a / b for a, b in pairs),
        statistics.median(a for a, _b in pairs),
        statistics.median(b for _a, b in pairs),
    )


def once(make: Callable[[], Plain | Blocks], tokens: list[str], before: str = "") -> Callable[[], float]:
    def run() -> float:
        target = make()
        if before:
            target.feed(before)
        try:
            return stream(target, tokens)
        finally:
            close(target)

    return run


def micros(ours: float, theirs: float) -> str:
    return f"{ours * 1e6:.0f}/{theirs * 1e6:.0f} µs"


@pytest.fixture(autouse=True)
def _with_app(qapp: QApplication) -> Iterator[None]:
    warm = Blocks()
    warm.feed("```python\nx = 1\n```\n\n| a |\n|---|\n| b |\n\n$x$ **b**\n")
    shelf.wait()
    close(warm)
    yield
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QWidget):
            widget.close()


@pytest.mark.parametrize("count", [2_000, 8_000])
def test_r4_few_characters_are_parsed_for_each_that_streams(count: int) -> None:
    tokens = answer_tokens(count)
    blocks = Blocks()
    before = Parsed.characters
    for at in range(0, count, TOKENS_PER_FLUSH):
        blocks.feed("".join(tokens[at : at + TOKENS_PER_FLUSH]))
    parsed = (Parsed.characters - before) / len("".join(tokens))
    close(blocks)
    assert_within(f"R4 characters parsed per streamed character, {count} tokens", parsed, 10)


def test_r4_does_not_grow_with_the_answer() -> None:
    shares = []
    for count in (2_000, 8_000):
        tokens = answer_tokens(count)
        blocks, before = Blocks(), Parsed.characters
        for at in range(0, count, TOKENS_PER_FLUSH):
            blocks.feed("".join(tokens[at : at + TOKENS_PER_FLUSH]))
        shares.append((Parsed.characters - before) / len("".join(tokens)))
        close(blocks)
    assert_within("R4 growth from 2,000 to 8,000 tokens", shares[1] / shares[0], 1.5)


def test_r5_as_few_rows_are_painted_as_the_lower_bound_paints() -> None:
    tokens = answer_tokens(1_500)
    plain, blocks = Plain(), Blocks()
    stream(plain, tokens)
    stream(blocks, tokens)
    value = blocks.rows / plain.rows
    more = f"{blocks.rows / 1_500:.0f} against {plain.rows / 1_500:.0f} rows a token"
    close(plain, blocks)
    assert_within("R5 painted rows a token / QPlainTextEdit", value, 2, more=more)


@pytest.mark.parametrize("history", [0, 400])
def test_r7_two_documents_at_most_are_laid_out_per_flush(history: int) -> None:
    tokens = answer_tokens(1_500)
    blocks = Blocks(history=history)
    QApplication.instance().processEvents()
    worst = 0
    for at in range(0, len(tokens), TOKENS_PER_FLUSH):
        slots = blocks.widget.column.messages[-1].answer.slots
        closed_before, laid_before = len(slots), Sheet.laid_out
        blocks.feed("".join(tokens[at : at + TOKENS_PER_FLUSH]))
        closed = max(0, len(blocks.widget.column.messages[-1].answer.slots) - closed_before)
        worst = max(worst, Sheet.laid_out - laid_before - closed)
    close(blocks)
    assert_within(
        f"R7 documents laid out per flush beyond the blocks closed, {history} messages before", worst, 2
    )


@pytest.mark.parametrize("count", [2_000, pytest.param(8_000, marks=pytest.mark.slow)])
def test_r3_a_token_costs_at_most_twice_the_lower_bound(count: int) -> None:
    tokens = answer_tokens(count)
    value, ours, theirs = ratio(once(Blocks, tokens), once(Plain, tokens))
    assert_within(
        f"R3 CPU a token / QPlainTextEdit, {count} tokens",
        value,
        2.0,
        2.4,
        f"{ours * 1e6:.0f}/{theirs * 1e6:.0f} µs",
    )


def test_r1_a_token_costs_the_same_after_8000_tokens() -> None:
    _check_growth(8_000, 3)


@pytest.mark.slow
def test_r1_a_token_costs_the_same_after_32000_tokens() -> None:
    _check_growth(32_000, 5)


def _check_growth(count: int, rounds: int) -> None:
    tokens = answer_tokens(2_000)
    before = "".join(answer_tokens(count - 2_000))
    value, late, early = ratio(once(Blocks, tokens, before), once(Blocks, tokens), rounds)
    more = micros(late, early)
    assert_within(f"R1 CPU a token behind {count:,} tokens / at 2,000", value, 1.2, 1.4, more)


@pytest.mark.parametrize(
    ("name", "make", "goal"),
    [
        ("fence", fence_tokens, 3.0),
        ("list", list_tokens, 3.0),
        ("table of 91 rows", table_tokens, 3.0),
        ("paragraph of 1,000 tokens", paragraph_tokens, 1.5),
    ],
)
def test_r6_long_blocks_stay_cheap(name: str, make: Callable[[], list[str]], goal: float) -> None:
    tokens = make()
    value, ours, theirs = ratio(once(Blocks, tokens), once(Plain, tokens))
    assert_within(
        f"R6 {name}: CPU a token / QPlainTextEdit",
        value,
        goal,
        goal * 1.4,
        f"{ours * 1e6:.0f}/{theirs * 1e6:.0f} µs",
    )


def test_r8_history_costs_nothing_while_streaming() -> None:
    tokens = answer_tokens(600)
    value, ours, theirs = ratio(once(lambda: Blocks(history=1_000), tokens), once(Blocks, tokens))
    assert_within(
        "R8 cost a token with 1,000 messages / none",
        value,
        1.3,
        1.5,
        f"{ours * 1e6:.0f}/{theirs * 1e6:.0f} µs",
    )
