"""Every control of the window has a name for a screen reader, is reached with Tab, and shows the focus."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QWidget,
)

from slmdesk.engines.token_trail import PlacedToken, pack
from slmdesk.ui import theme
from slmdesk.ui.desk import Desk
from slmdesk.ui.notify import Dialog
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.panes.compare_pane import ComparePane
from slmdesk.ui.panes.evaluate_pane import EvaluatePane
from slmdesk.ui.widgets.compare.list_sheet import ListSheet
from slmdesk.ui.widgets.compare.rating_sheet import RatingSheet
from slmdesk.ui.widgets.compare.run_card import FairnessList
from slmdesk.ui.widgets.evaluate.evaluate_face import Tab
from tests.fakes.evaluated_pane import show_answered
from tests.fakes.panes import desk_over, show_example
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until

LONG = "hf.co/maker/A-Very-Long-Name-Of-A-Model-That-Goes-On-And-On-13B-Instruct-GGUF:Q5_K_M"
PANES = (
    "chat",
    "chat edited",
    "compare",
    "evaluate",
    "evaluate documents",
    "evaluate questions",
    "evaluate models",
    "evaluate results",
    "evaluate verdict",
    "models",
    "settings",
)
CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit)


@asynccontextmanager
async def open_at(data_dir: Path, pane_id: str) -> AsyncIterator[tuple[Desk, Any]]:
    """The pane with something in it: an answer, a comparison."""
    engine = ScriptedEngine({"a": says("Text."), "b": says("Other.")}, sizes={"a": 9, "b": 9})
    async with desk_over(data_dir, engine) as desk:
        desk.window.activateWindow()
        pane = desk.window.open_pane(pane_id.split()[0])
        await until(lambda: QApplication.activeWindow() is desk.window)
        if isinstance(pane, ChatPane | ComparePane):
            pane.prompt.set_text("Hi?")
            pane.prompt.send_button.click()
        if isinstance(pane, ChatPane):
            await until(lambda: pane._session is not None and len(pane._session.messages) == 2)
        if isinstance(pane, ComparePane):
            await until(lambda: pane.tie_button.isVisible())
        await until(lambda: not desk.services.jobs.is_running("chat:1"))
        if isinstance(pane, EvaluatePane) and (tab := pane_id.partition(" ")[2]):
            await show_example(pane, Tab[tab.upper()])
            if Tab[tab.upper()] in {Tab.RESULTS, Tab.VERDICT}:
                await show_answered(desk, pane, Tab[tab.upper()])
        if pane_id == "chat edited":
            pane.find_bar.open()
            pane.branch_line.set_origin(pane.open.wanted, "Origin")
            pane.list.import_line.show_count(1)
            pane.turns.edit_last()
        yield desk, pane


@pytest.fixture(params=[theme.LIGHT, theme.DARK], ids=["light", "dark"])
def dressed(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    theme.apply(qapp, request.param)
    yield
    theme.apply(qapp, theme.LIGHT)
    qapp.setStyleSheet("")


def name_of(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


def is_control(widget: QWidget) -> bool:
    """What is pressed or filled in; the parts inside of one are reached through it.

    The corner between the headings of a table is Qt's own, and does nothing where it is disabled.
    """
    is_corner = widget.objectName() == "qt_tableview_cornerbutton" and not widget.isEnabled()
    return isinstance(widget, CONTROLS) and not isinstance(widget.parent(), CONTROLS) and not is_corner


def described(widget: QWidget) -> str:
    text = getattr(widget, "text", lambda: "")()
    return f"{type(widget).__name__} {widget.objectName()} {text}".strip()


def visible(root: QWidget) -> list[QWidget]:
    return [each for each in root.findChildren(QWidget) if each.isVisible() and each.window() is root]


def check_named_and_reached(root: QWidget) -> None:
    focusable = [
        each for each in visible(root) if each.focusPolicy() & Qt.FocusPolicy.TabFocus and each.isEnabled()
    ]
    assert [
        described(each) for each in focusable if not name_of(each).strip() and not each.focusProxy()
    ] == []
    controls = [each for each in visible(root) if is_control(each)]
    unreached = [each for each in controls if not each.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert [described(each) for each in unreached] == []


@pytest.mark.parametrize("pane_id", PANES)
def test_every_control_is_named_and_reached(run_ui: Any, tmp_path: Path, pane_id: str) -> None:
    async def scenario() -> None:
        async with open_at(tmp_path, pane_id) as (desk, _):
            check_named_and_reached(desk.window)

    run_ui(scenario())


POPUPS: dict[str, Callable[[Any, Any], object]] = {
    "models": lambda pane, _window: pane.header.picker.open_list(),
    "system prompt": lambda pane, _window: pane.settings.open_system_prompt(),
    "options": lambda pane, _window: pane.settings.open_options(),
    "palette": lambda _pane, window: window.commands.get("palette").trigger(),
}


@pytest.mark.parametrize("popup", POPUPS)
def test_every_control_of_a_popup_is_named_and_reached(run_ui: Any, tmp_path: Path, popup: str) -> None:
    async def scenario() -> None:
        async with open_at(tmp_path, "chat") as (desk, pane):
            POPUPS[popup](pane, desk.window)
            await until(lambda: QApplication.activePopupWidget() is not None)
            root = QApplication.activePopupWidget()
            check_named_and_reached(root)
            assert name_of(root)
            root.close()

    run_ui(scenario())


@pytest.mark.parametrize("pane_id", ["chat", "compare", "evaluate", "models"])
def test_a_screen_of_200_percent_squeezes_no_control(
    run_ui: Any, tmp_path: Path, dressed: None, pane_id: str
) -> None:
    """1440x900 at 200 % leave 720x410 for the window."""

    async def scenario() -> None:
        engine = ScriptedEngine({LONG: says("Text."), "b": says("Other.")}, sizes={LONG: 9, "b": 9})
        async with desk_over(tmp_path, engine) as desk:
            window = desk.window
            window.setMinimumSize(720, 410)
            window.resize(720, 410)
            pane = window.open_pane(pane_id)
            if isinstance(pane, EvaluatePane):
                await show_example(pane, Tab.DOCUMENTS)
            squeezed = partial(squeezed_in, window)
            with contextlib.suppress(TimeoutError):  # the layout takes some turns of the loop
                await until(lambda: not squeezed(), 2)
            assert squeezed() == []

    run_ui(scenario())


def squeezed_in(root: QWidget) -> list[str]:
    return [described(each) for each in visible(root) if is_control(each) and is_squeezed(each)]


def is_squeezed(control: QWidget) -> bool:
    if control.minimumSize() == control.maximumSize():  # drawn to a size of the design
        return False
    least = control.minimumSizeHint()
    return control.height() < least.height() or control.width() < least.width()


def picture(window: QWidget, around: QWidget) -> QImage:
    rect = QRect(around.mapTo(window, QPoint(0, 0)), around.size()).adjusted(-3, -3, 3, 3)
    return window.grab(rect).toImage()


@pytest.mark.parametrize("pane_id", PANES)
def test_the_focus_is_seen_wherever_it_is(run_ui: Any, tmp_path: Path, dressed: None, pane_id: str) -> None:
    async def scenario() -> None:
        async with open_at(tmp_path, pane_id) as (desk, _):
            window, unseen, reached = desk.window, [], set()
            while (now := QApplication.focusWidget()) is not None and now not in reached:
                reached.add(now)
                then: QWidget | None = now
                for _inside in range(20):  # a conversation has its own stops
                    QTest.keyClick(now, Qt.Key.Key_Tab)
                    if (then := QApplication.focusWidget()) is not now:
                        break
                if then is None or then is now:
                    break
                with_focus = picture(window, then)
                now.setFocus(Qt.FocusReason.TabFocusReason)
                without = picture(window, then)
                then.setFocus(Qt.FocusReason.TabFocusReason)
                if with_focus == without:
                    unseen.append(described(then))
            assert len(reached) > 8
            assert unseen == [], len(unseen)

    run_ui(scenario())


SHEETS: dict[str, Callable[[ComparePane], object]] = {
    "list": lambda pane: pane.extras.lists.open_sheet(),
    "rating": lambda pane: pane.extras._open_rating(),
    "fairness": lambda pane: pane.run_card.fairness_button.click(),
}


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_control_of_a_sheet_of_the_comparison_is_named_and_reached(
    run_ui: Any, tmp_path: Path, sheet: str
) -> None:
    async def scenario() -> None:
        async with open_at(tmp_path, "compare") as (desk, pane):
            SHEETS[sheet](pane)
            kinds = (ListSheet, RatingSheet, FairnessList)
            await until(lambda: any(map(pane.findChildren, kinds)))
            root = next(found[0] for found in map(pane.findChildren, kinds) if found)
            await until(lambda: root.isVisible())
            check_named_and_reached(root)
            root.close()
            await until(lambda: not desk.services.jobs.is_running("compare:rating"))

    run_ui(scenario())


def test_every_control_of_a_list_of_prompts_is_named_and_reached(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_at(tmp_path, "compare") as (desk, pane):
            pane.extras.lists._on_wanted(["One?", "Two?"], "Two questions")
            await until(lambda: pane.extras.lists.page is not None)
            await until(lambda: not desk.services.jobs.is_running("compare:list"))
            check_named_and_reached(desk.window)

    run_ui(scenario())


@pytest.mark.parametrize("action", ["figures", "probabilities"])
def test_every_control_of_a_sheet_of_an_answer_is_named_and_reached(
    run_ui: Any, tmp_path: Path, action: str
) -> None:
    async def scenario() -> None:
        async with open_at(tmp_path, "chat") as (_desk, pane):
            session = pane._session
            tokens = pack([PlacedToken("Text", -1.0, (("Word", -2.0),), 0, 4)])
            session.messages[-1] = replace(session.messages[-1], tokens=tokens)
            pane.transcript.action_clicked.emit(session.messages[-1].id, action)
            await until(lambda: bool(pane.findChildren(Dialog)))
            (root,) = pane.findChildren(Dialog)
            await until(root.isVisible)
            check_named_and_reached(root)
            root.close()

    run_ui(scenario())
