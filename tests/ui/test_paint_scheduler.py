"""Who is drawn when, told by counting flushes."""

import time

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from slmdesk.ui.widgets.paint_scheduler import PaintScheduler


class Pane(QWidget):
    """Counts its flushes; each may cost CPU time."""

    def __init__(self, cost_s: float = 0.0) -> None:
        super().__init__()
        self.flushes: list[float] = []
        self.cost_s = cost_s

    def flush(self) -> None:
        self.flushes.append(time.perf_counter())
        end = time.thread_time() + self.cost_s
        while time.thread_time() < end:
            pass


@pytest.fixture
def scheduler(qtbot: QtBot) -> PaintScheduler:
    return PaintScheduler()


def make(qtbot: QtBot, cost_s: float = 0.0) -> Pane:
    pane = Pane(cost_s)
    qtbot.addWidget(pane)
    pane.show()
    return pane


def feed(qtbot: QtBot, scheduler: PaintScheduler, panes: list[Pane], seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for pane in panes:
            scheduler.request(pane)
        qtbot.wait(4)


def test_the_first_token_is_drawn_at_once(qtbot: QtBot, scheduler: PaintScheduler) -> None:
    pane = make(qtbot)
    scheduler.request(pane, is_first=True)
    assert len(pane.flushes) == 1


def test_the_pane_in_focus_is_drawn_thirty_times_a_second_and_others_fifteen(
    qtbot: QtBot, scheduler: PaintScheduler
) -> None:
    focused, other = make(qtbot), make(qtbot)
    scheduler.set_focused(focused)
    feed(qtbot, scheduler, [focused, other], 1.0)
    assert len(focused.flushes) <= 32
    assert len(other.flushes) <= 17
    assert len(focused.flushes) > len(other.flushes) > 3


def test_a_hidden_pane_is_not_drawn_and_catches_up(qtbot: QtBot, scheduler: PaintScheduler) -> None:
    pane = make(qtbot)
    pane.hide()
    feed(qtbot, scheduler, [pane], 0.1)
    assert not pane.flushes
    pane.show()
    scheduler.shown(pane)
    qtbot.waitUntil(lambda: len(pane.flushes) == 1)


def test_a_dear_pane_is_drawn_no_more_often_than_an_eighth_of_the_time(
    qtbot: QtBot, scheduler: PaintScheduler
) -> None:
    pane = make(qtbot, cost_s=0.02)
    feed(qtbot, scheduler, [pane], 1.0)
    assert len(pane.flushes) <= 7


def test_all_get_their_turn_when_a_frame_is_spent(qtbot: QtBot, scheduler: PaintScheduler) -> None:
    panes = [make(qtbot, cost_s=0.005) for _ in range(6)]
    feed(qtbot, scheduler, panes, 0.8)
    counts = [len(pane.flushes) for pane in panes]
    assert min(counts) >= 2
    assert max(counts) <= 2 * min(counts) + 1


def test_a_pane_that_is_gone_is_forgotten(qtbot: QtBot, scheduler: PaintScheduler) -> None:
    pane = Pane()
    pane.show()
    scheduler.request(pane)
    del pane
    qtbot.wait(50)
    assert not scheduler._panes


def test_a_pane_that_qt_took_down_is_not_drawn_though_a_name_still_holds_it(
    qtbot: QtBot, scheduler: PaintScheduler
) -> None:
    gone, staying = Pane(), make(qtbot)
    gone.show()
    scheduler.request(gone)
    delete(gone)
    scheduler.request(staying)
    qtbot.waitUntil(lambda: bool(staying.flushes))
    assert not gone.flushes


def test_one_dear_flush_does_not_freeze_the_answer(qtbot: QtBot, scheduler: PaintScheduler) -> None:
    pane = make(qtbot, cost_s=0.15)
    scheduler.request(pane, is_first=True)  # such as the first code block, which loads the highlighter
    pane.cost_s = 0.0
    feed(qtbot, scheduler, [pane], 0.5)
    assert len(pane.flushes) > 2


def test_a_clock_that_ticks_does_not_put_off_the_answer(qtbot: QtBot, scheduler: PaintScheduler) -> None:
    pane = make(qtbot)
    scheduler.request(pane)
    for _ in range(200):  # ten seconds of "reading 320/1,458", painted twenty times a second
        scheduler.add_cost(pane, 0.006)
    end = time.perf_counter() + 0.6
    while time.perf_counter() < end:
        scheduler.request(pane)
        scheduler.add_cost(pane, 0.006)
        qtbot.wait(20)
    assert len(pane.flushes) > 1
