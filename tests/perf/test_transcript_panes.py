"""Many panes at once, the first token, long histories: printed beside their limits."""

import gc
import statistics
import time

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.transcript import BlockView
from tests.data.streams import answer_text, answer_tokens
from tests.perf.gates import assert_within

pytestmark = pytest.mark.perf

FRAME_S = 1 / 60
TOKENS_PER_S = 50


class PaintClock(QObject):
    """When a pane was last painted."""

    def __init__(self, view: BlockView) -> None:
        super().__init__(view)
        self.last_s = 0.0
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.last_s = time.perf_counter()
        return False


class Window:
    """Columns of a comparison with one scheduler."""

    def __init__(self, count: int, width: int = 210) -> None:
        self.scheduler = PaintScheduler()
        self.widget = QWidget()
        row = QHBoxLayout(self.widget)
        self.views = [BlockView(self.scheduler, is_card=False) for _ in range(count)]
        for view in self.views:
            row.addWidget(view)
            view.begin_answer("a")
        self.widget.resize(width * count, 700)
        self.widget.show()
        QApplication.processEvents()

    def close(self) -> None:
        self.widget.close()
        self.widget.deleteLater()
        QApplication.processEvents()


@pytest.fixture(autouse=True)
def _warm(qapp: QApplication) -> None:
    window = Window(1)
    window.views[0].append("a", answer_text(3_000))
    window.views[0].flush()
    window.close()
    gc.collect()


def run_in_real_time(window: Window, seconds: float) -> tuple[list[float], float]:
    """CPU seconds of each pass of the loop that did something, and the share of the text that was drawn."""
    tokens = [answer_tokens_of(number, int(seconds * TOKENS_PER_S)) for number in range(len(window.views))]
    sent = [0] * len(window.views)
    shown = [len(view.message_text("a")) for view in window.views]
    passes: list[float] = []
    began = time.perf_counter()
    while (now := time.perf_counter() - began) < seconds:
        pass_began = time.thread_time()
        for number, view in enumerate(window.views):
            due = min(len(tokens[number]), int(now * TOKENS_PER_S))
            if due > sent[number]:
                view.append("a", "".join(tokens[number][sent[number] : due]))
                sent[number] = due
        QApplication.processEvents()
        passes.append(time.thread_time() - pass_began)
        time.sleep(0.001)
    shares = []
    for number, view in enumerate(window.views):
        drawn = len(view.column.messages[0].answer.splitter.source) - shown[number]
        shares.append(drawn / len("".join(tokens[number][: sent[number]])))
    return passes, min(shares)


def answer_tokens_of(number: int, count: int) -> list[str]:
    text = answer_text(count * 6, seed=number)
    return [text[at : at + 4] for at in range(0, count * 4, 4)]


def check_frames(seconds: float) -> None:
    window = Window(8)
    run_in_real_time(window, 0.5)
    passes, share = run_in_real_time(window, seconds)
    window.close()
    late = sum(spent > FRAME_S for spent in passes)
    worst = max(passes) * 1e3
    frames = seconds * 60
    print(
        f"\nP1 8 panes × 50 tokens/s, {seconds:g} s: worst pass {worst:.1f} ms CPU (goal: none over 33)",
        end="",
    )
    print(f", CPU {sum(passes) / seconds:.0%} of a core", end="")
    assert_within("P1 share of frames over 16.7 ms CPU, per cent", 100 * late / frames, 0.1, 1.0)
    assert worst <= 60
    print(f"\nL2 drawn when the last token came, worst of 8 panes: {share:.3f} (goal ≥ 0.99)", end="")
    assert share >= 0.95  # what came within the last frame interval is still to be drawn


def test_p1_eight_panes_stay_within_their_frames() -> None:
    check_frames(5)


@pytest.mark.slow
def test_p1_eight_panes_for_a_minute() -> None:
    check_frames(60)


def cost_a_token(count: int, tokens: list[str]) -> float:
    """Flushed by hand, four tokens at a time, which is 15 flushes a second."""
    window = Window(count)
    spent = 0.0
    for at in range(0, len(tokens), 4):
        began = time.thread_time()
        for view in window.views:
            view._intake.take_all()
            view.column.messages[0].pending.append((False, "".join(tokens[at : at + 4])))
            view._intake.add(view.column.messages[0])
            view.flush()
        QApplication.processEvents()
        spent += time.thread_time() - began
    window.close()
    return spent / len(tokens) / count


def test_p4_a_token_costs_the_same_in_eight_panes_as_in_one() -> None:
    tokens = answer_tokens(400)
    pairs = [(cost_a_token(8, tokens), cost_a_token(1, tokens)) for _ in range(5)]
    value = statistics.median(a / b for a, b in pairs)
    eight, one = (statistics.median(pair[at] for pair in pairs) * 1e6 for at in (0, 1))
    assert_within("P4 cost a token in 8 panes / in 1", value, 1.2, 1.5, f"{eight:.0f}/{one:.0f} µs")


@pytest.mark.parametrize(("count", "goal"), [(1, 2), (8, 3)])
def test_l1_the_first_token_is_painted_within_frames(count: int, goal: int) -> None:
    waits = []
    for _ in range(9):
        window = Window(count)
        clock = PaintClock(window.views[0])
        for view in window.views[1:]:
            view.append("a", "other panes are streaming already, some words")
        QApplication.processEvents()
        clock.last_s, began = 0.0, time.perf_counter()
        window.views[0].append("a", "Hello")
        while not clock.last_s and time.perf_counter() - began < 1:
            for view in window.views[1:]:
                view.append("a", " more")
            QApplication.processEvents()
        waits.append((clock.last_s - began) / FRAME_S)
        window.close()
    assert_within(
        f"L1 first token, append → painted, {count} panes, frames at 60 Hz", statistics.median(waits), goal
    )


def first_paint(count: int) -> tuple[float, int]:
    messages = [
        (str(n), "assistant" if n % 2 else "user", answer_text(400, seed=n % 50)) for n in range(count)
    ]
    view = BlockView(PaintScheduler())
    view.resize(850, 700)
    began = time.thread_time()
    for message in messages:
        view.add_message(*message)
    view.show()
    QApplication.processEvents()
    view.grab()
    spent = time.thread_time() - began
    documents = view.column.live_documents
    view.close()
    view.deleteLater()
    QApplication.processEvents()
    return spent, documents


def test_h1_a_chat_of_a_thousand_messages_opens_as_fast_as_one_of_two_hundred() -> None:
    pairs = [(first_paint(1_000), first_paint(200)) for _ in range(5)]
    value = statistics.median(a[0] / b[0] for a, b in pairs)
    more, fewer = (statistics.median(pair[at][0] for pair in pairs) * 1e3 for at in (0, 1))
    assert_within(
        "H1 1,000 messages / 200: CPU to first paint", value, 1.5, 1.8, f"{more:.0f}/{fewer:.0f} ms"
    )
    assert_within("H1 live documents", max(a[1] for a, _b in pairs), 80)
