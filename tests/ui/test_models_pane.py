"""The Models pane: one list of what is here and what can be had, the card, the guide, the catalogue."""

import json
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QPushButton

from slmdesk.config.paths import resources
from slmdesk.engines.base import Delta, Done, StopReason, Timings
from slmdesk.features.catalog.listed import COLUMNS
from slmdesk.features.monitor import machine_facts
from slmdesk.services import Services
from slmdesk.ui.notify import Dialog
from slmdesk.ui.panes.models_pane import ModelsPane
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.models.catalogue_delegate import CatalogueDelegate
from slmdesk.ui.widgets.models.catalogue_model import ACTION, CatalogueModel
from slmdesk.ui.widgets.models.compare_sheet import CompareSheet
from slmdesk.ui.widgets.models.guide_sheet import GuideSheet
from tests.fakes.http_server import Call
from tests.fakes.panes import desk_over, pane_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.tls_server import TlsServer
from tests.fakes.until import until

HERE = "scripted/qwen2.5:7b"
FRAME_S = 1 / 60
Scenario = Callable[[ModelsPane, Services], Coroutine[Any, Any, None]]


def engine() -> ScriptedEngine:
    sizes = {"qwen2.5:7b": 4_700_000_000, "my-own": 900_000_000}
    return ScriptedEngine({"qwen2.5:7b": says("Yes."), "my-own": says("No.")}, sizes=sizes)


@pytest.fixture
def run(run_ui: Any, tmp_path: Path) -> Callable[[Scenario], None]:
    """Runs a scenario on a pane that has asked the machine."""

    async def over(scenario: Scenario) -> None:
        make = lambda services, actions, _scheduler: ModelsPane(services, actions)  # noqa: E731
        async with pane_over(make, tmp_path, engine()) as (pane, services):
            await until(lambda: pane.table.rows.is_measured)
            await scenario(pane, services)

    return lambda scenario: run_ui(over(scenario))


def keys(pane: ModelsPane) -> list[str]:
    return [row.key for row in pane.table.rows.rows]


def cell(pane: ModelsPane, key: str, column: str) -> str:
    number = pane.table.rows.row_of(key)
    assert number is not None
    return str(pane.table.rows.index(number, COLUMNS.index(column)).data())  # type: ignore[arg-type]  # by name


def heard(signal: Any) -> list[Any]:
    found: list[Any] = []
    signal.connect(found.append)
    return found


def test_what_is_here_and_what_can_be_had_stand_in_one_list(run: Any) -> None:
    async def scenario(pane: ModelsPane, services: Services) -> None:
        assert keys(pane)[:2] == ["scripted/my-own", HERE]
        assert len(keys(pane)) == len(services.catalogue.current.entries) + 1
        assert [cell(pane, HERE, column) for column in ("class", "size", "maker")] == [
            "Medium",
            "4.7 GB",
            "Alibaba · CN",
        ]
        assert cell(pane, "scripted/my-own", "licence") == "–"
        assert pane.counts.text().startswith("2 models here · 5.6 GB on disk · ")
        assert pane.counts.text().endswith(" GB free")

    run(scenario)


def test_before_the_machine_is_measured_the_list_is_there_and_says_so(
    run_ui: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_held = [True]
    measure = machine_facts.measure_bandwidth

    def slow(threads: int) -> Any:
        while is_held[0]:
            time.sleep(0.01)
        return measure(threads, for_s=0.01)

    monkeypatch.setattr(machine_facts, "measure_bandwidth", slow)

    async def scenario() -> None:
        async with desk_over(tmp_path, engine()) as desk:
            assert not desk.services.jobs.is_running("models:list")  # nothing is measured unasked
            pane: Any = desk.window.open_pane("models")
            await until(lambda: len(keys(pane)) > 50)
            assert cell(pane, HERE, "fit") == "measuring…"
            assert "measuring…" in pane.card.words()
            pane.open_guide()
            assert pane.findChildren(GuideSheet) == []
            is_held[0] = False
            await until(lambda: pane.table.rows.is_measured)
            assert cell(pane, HERE, "fit") != "measuring…"
            await until(lambda: "measuring…" not in pane.card.words())

    try:
        run_ui(scenario())
    finally:
        is_held[0] = False


def test_chips_and_words_narrow_the_list(run: Any) -> None:
    async def scenario(pane: ModelsPane, _services: Services) -> None:
        pane.tools.chips["installed"].click()
        assert keys(pane) == ["scripted/my-own", HERE]
        pane.tools.chips["embedding"].click()
        assert "bge-m3" in keys(pane)
        assert HERE not in keys(pane)
        assert [chip.isChecked() for chip in pane.tools.chips.values()].count(True) == 1
        pane.tools.chips["all"].click()
        pane.tools.search.setText("falcon3 10b")
        assert keys(pane) == ["falcon3-10b-instruct"]
        pane.tools.search.setText("nothing is called so")
        assert pane.empty.isVisible()
        pane.tools.search.clear()
        assert not pane.empty.isVisible()

    run(scenario)


def test_the_headings_sort_and_the_chosen_row_stays(run: Any) -> None:
    async def scenario(pane: ModelsPane, _services: Services) -> None:
        pane.table.choose(HERE)
        header = pane.table.horizontalHeader()
        header.setSortIndicator(COLUMNS.index("parameters"), Qt.SortOrder.DescendingOrder)
        assert keys(pane)[-1] == "scripted/my-own"  # unknown
        counts = [row.parameters for row in pane.table.rows.rows if row.parameters]
        assert counts == sorted(counts, reverse=True)
        row = pane.table.current_row()
        assert row is not None
        assert row.key == HERE

    run(scenario)


def test_what_is_chosen_stays_chosen_when_the_list_is_made_anew(run: Any) -> None:
    async def scenario(pane: ModelsPane, services: Services) -> None:
        pane.tools.search.setText("falcon3")
        pane.table.selectAll()
        chosen = [row.key for row in pane.table.chosen_rows()]
        assert len(chosen) > 1
        before = pane.table.rows.all_rows
        await services.refresh_engines()
        await until(lambda: pane.table.rows.all_rows is not before)
        assert [row.key for row in pane.table.chosen_rows()] == chosen

    run(scenario)


def test_keys_walk_type_and_act(run: Any) -> None:
    async def scenario(pane: ModelsPane, _services: Services) -> None:
        chats, pulls = heard(pane.chat_requested), heard(pane.pull_requested)
        pane.table.choose("scripted/my-own")
        QTest.keyClick(pane.table, Qt.Key.Key_Down)
        row = pane.table.current_row()
        assert row is not None
        assert row.key == HERE
        QTest.keyClick(pane.table, Qt.Key.Key_Return)
        assert chats == [HERE]
        QTest.keyClicks(pane.table, "g")
        QTest.keyClicks(pane.tools.search, "emma3:1b")
        assert pane.tools.search.text() == "gemma3:1b"
        QTest.keyClick(pane.tools.search, Qt.Key.Key_Return)
        QTest.keyClick(pane.table, Qt.Key.Key_Return)
        (gemma,) = pane.table.rows.rows
        assert pulls == [gemma.pull_name]

    run(scenario)


def test_the_button_of_a_row_is_pressed_with_the_mouse(run: Any) -> None:
    async def scenario(pane: ModelsPane, _services: Services) -> None:
        chats = heard(pane.chat_requested)
        index = pane.table.rows.index(pane.table.rows.row_of(HERE) or 0, ACTION)
        delegate: Any = pane.table.itemDelegate()
        button = delegate.button_rect(pane.table.visualRect(index), index)
        view = pane.table.viewport()
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(button.right() + 8, button.center().y()))
        assert chats == []
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=button.center())
        assert chats == [HERE]

    run(scenario)


def test_the_button_of_the_cell_with_the_focus_is_seen(run: Any) -> None:
    async def scenario(pane: ModelsPane, _services: Services) -> None:
        table = pane.table
        number = table.rows.row_of(HERE) or 0
        table.selectRow(number)
        place = table.visualRect(table.rows.index(number, ACTION))
        painted = []
        for column in (0, ACTION):
            table.setCurrentIndex(table.rows.index(number, column))
            table.setFocus()
            inner = place.adjusted(4, 3, -4, -3)  # without the frame of the focus
            painted.append(table.viewport().grab(inner).toImage())
        assert painted[0] == painted[1]

    run(scenario)


def test_a_long_name_does_not_widen_the_card(run_ui: Any, qapp: QApplication, tmp_path: Path) -> None:
    qapp.setStyleSheet('QLabel[role="title"] { font-size: 26px; }')  # which is set after the words are
    name = "a-very-long-name-of-a-model-" * 6
    engine = ScriptedEngine({name: says("Yes.")}, sizes={name: 4_700_000_000})

    async def scenario() -> None:
        make = lambda services, actions, _scheduler: ModelsPane(services, actions)  # noqa: E731
        async with pane_over(make, tmp_path, engine) as (pane, _services):
            await until(lambda: pane.table.rows.is_measured)
            pane.table.choose(f"scripted/{name}")
            await until(lambda: pane.card.shown is not None and pane.card.shown.row.name == name)
            await until(lambda: pane.card._area.horizontalScrollBar().maximum() == 0)
            assert name in pane.card.words()
            pane.card.show_model(replace(pane.card.shown, row=replace(pane.card.shown.row, name="short-one")))
            title = next(one for one in pane.card.findChildren(ElidedLabel) if one.full_text == "short-one")
            await until(lambda: title.text() == "short-one")  # nothing is left out where there is room

    run_ui(scenario())


def test_the_menu_key_is_about_the_row_with_the_focus(run: Any) -> None:
    async def scenario(pane: ModelsPane, _services: Services) -> None:
        table = pane.table
        asked = []
        table.menu_asked.connect(lambda row, place: asked.append((row.key, place)))
        table.choose(HERE)
        middle = table.viewport().rect().center()
        event = QContextMenuEvent(
            QContextMenuEvent.Reason.Keyboard, middle, table.viewport().mapToGlobal(middle)
        )
        QApplication.sendEvent(table.viewport(), event)
        ((key, place),) = asked
        assert key == HERE
        assert table.visualRect(table.currentIndex()).contains(table.viewport().mapFromGlobal(place))
        QApplication.activePopupWidget().close()

    run(scenario)


def test_a_right_click_offers_what_can_be_done(run: Any) -> None:
    async def scenario(pane: ModelsPane, _services: Services) -> None:
        row = next(row for row in pane.table.rows.rows if row.key == HERE)
        pane.table.menu_asked.emit(row, QPoint(10, 10))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        actions = {action.text(): action for action in menu.actions() if not action.isSeparator()}
        common = ["Chat", "Copy the name", "Compare the chosen models"]
        assert list(actions) == [
            *common,
            "Measure speed (20 s)",
            "Keep in memory",
        ]  # its engine keeps no models
        actions["Copy the name"].trigger()
        assert QApplication.clipboard().text() == "qwen2.5:7b"
        menu.close()

    run(scenario)


def test_another_context_is_priced_anew(run: Any) -> None:
    async def scenario(pane: ModelsPane, _services: Services) -> None:
        def needed() -> int:
            return next(row for row in pane.table.rows.rows if row.key == HERE).fit.needed_bytes or 0

        pane.table.choose(HERE)
        before = needed()
        pane.tools.context_chosen.emit(32_768)
        await until(lambda: needed() > before)
        assert pane.tools.context.text() == "32K ▾"
        assert "at 32K" in pane.card.words()

    run(scenario)


def test_the_card_says_all(run: Any) -> None:
    async def scenario(pane: ModelsPane, _services: Services) -> None:
        pane.table.choose("qwen3-8b")
        words = pane.card.words()
        for wanted in (
            "weights 5.2 · context",
            "from the memory bandwidth measured here",
            "90 / 100",
            "0/10: what it was trained on: not published",
            "Apache 2.0 (commercial use: yes",
            "Alibaba (China)",
            "grouped-query attention",
            "GB needed",
            "recommended",
            "2025-04",
        ):
            assert wanted in words, wanted
        pulls = heard(pane.pull_requested)
        more = next(one for one in pane.card.findChildren(QPushButton) if "other form" in one.text())
        others = [one for one in pane.card.findChildren(QPushButton) if one.text() == "Pull"]
        assert [one.isVisibleTo(pane.card) for one in others] == [True] + [False] * (len(others) - 1)
        more.click()
        assert all(one.isVisibleTo(pane.card) for one in others)
        others[-1].click()
        assert pulls == [others[-1].toolTip()]

    run(scenario)


def test_what_was_measured_takes_the_place_of_the_estimate(run_ui: Any, tmp_path: Path) -> None:
    timings = Timings(output_tokens=40, output_s=2.0)
    answers = ScriptedEngine(
        {"qwen2.5:7b": [Delta("Yes."), Done(StopReason.END, timings)]}, sizes={"qwen2.5:7b": 4_700_000_000}
    )

    async def scenario() -> None:
        async with desk_over(tmp_path, answers) as desk:
            pane: Any = desk.window.open_pane("models")
            await until(lambda: pane.table.rows.is_measured)
            pane.table.choose(HERE)
            assert "Speed to expect" in pane.card.words()
            session = await desk.services.session()
            await session.send("Are you there?")
            pane.refresh()
            await until(lambda: "20.0 tok/s" in pane.card.words())
            assert "Speed measured here" in pane.card.words()
            await desk.services.room.refresh()
            pane.refresh()
            await until(lambda: "Memory measured here\n4.7 GB\nwith a context of 4K" in pane.card.words())
            assert "weights" not in pane.card.words().partition("Openness")[0]
            await answers.unload("qwen2.5:7b")
            await desk.services.room.refresh()
            pane.refresh()
            await until(lambda: not pane.card.shown.row.fit.is_loaded)
            assert "Memory measured here\n4.7 GB" in pane.card.words()  # it was measured, and stays so

    run_ui(scenario())


def test_what_the_catalogue_does_not_know_is_measured_all_the_same(run_ui: Any, tmp_path: Path) -> None:
    timings = Timings(output_tokens=40, output_s=2.0)
    answers = ScriptedEngine({"my-own": [Delta("Yes."), Done(StopReason.END, timings)]}, sizes={"my-own": 7})

    async def scenario() -> None:
        async with desk_over(tmp_path, answers) as desk:
            pane: Any = desk.window.open_pane("models")
            await until(lambda: pane.table.rows.is_measured)
            pane.table.choose("scripted/my-own")
            assert "its first answers will tell" in pane.card.words()
            session = await desk.services.session()
            await session.send("Are you there?")
            pane.refresh()
            await until(lambda: "20.0 tok/s" in pane.card.words())

    run_ui(scenario())


def test_chat_opens_a_new_chat_with_the_model(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_over(tmp_path, engine()) as desk:
            pane: Any = desk.window.open_pane("models")
            await until(lambda: pane.table.rows.is_measured)
            pane.table.choose(HERE)
            QTest.keyClick(pane.table, Qt.Key.Key_Return)
            title, chat = desk.window.pane_on_screen()
            assert title == "Chat"
            assert chat.header.picker.ref == HERE  # type: ignore[union-attr]  # the chat pane

    run_ui(scenario())


def test_two_to_four_are_compared(run: Any) -> None:
    async def scenario(pane: ModelsPane, _services: Services) -> None:
        pane.compare()
        assert pane.findChildren(CompareSheet) == []
        pane.tools.search.setText("falcon3")
        pane.table.selectAll()
        assert 2 <= len(pane.table.chosen_rows()) <= 4
        pane.compare()
        (sheet,) = pane.findChildren(CompareSheet)
        names = [sheet.table.verticalHeaderItem(row).text() for row in range(sheet.table.rowCount())]
        assert {"maker", "architecture", "licence", "this machine"} <= set(names)
        maker = names.index("maker")
        assert not sheet.table.isRowHidden(maker)
        sheet.differences.setChecked(True)
        assert sheet.table.isRowHidden(maker)
        assert not sheet.table.isRowHidden(names.index("parameters"))
        sheet.reject()

    run(scenario)


def test_the_guide_recommends_and_says_when_nothing_fits(run: Any) -> None:
    async def scenario(pane: ModelsPane, _services: Services) -> None:
        pane.guide_button.click()
        (sheet,) = pane.findChildren(GuideSheet)
        sheet.memory.setValue(6.0)
        await until(lambda: len(offers(sheet)) == 3)
        sheet.countries.actions_by_code["CN"].trigger()
        assert sheet.answers().countries_refused == ("CN",)
        assert "China" in sheet.countries.text()
        pulls = heard(pane.pull_requested)
        await until(lambda: len(offers(sheet)) == 3)
        pull = next(one for one in offers(sheet) if one.text() == "Pull")
        source = pull.toolTip()
        pull.click()
        assert pulls == [source]
        pane.open_guide()
        again = next(one for one in pane.findChildren(GuideSheet) if one.isVisible())
        again.memory.setValue(0.1)
        await until(lambda: "Nothing fits" in " ".join(label.text() for label in again.findChildren(QLabel)))
        assert offers(again) == []
        again.reject()

    run(scenario)


def offers(sheet: GuideSheet) -> list[QPushButton]:
    """The buttons of what is recommended now."""
    return [
        button
        for button in sheet.findChildren(QPushButton)
        if button.text() in ("Pull", "Chat") and button.isVisibleTo(sheet)
    ]


def test_another_catalogue_and_the_way_back(run: Any, tmp_path: Path) -> None:
    plain = json.loads((resources() / "catalog.json").read_bytes())
    plain["models"] = plain["models"][:3]
    few, broken = tmp_path / "few.json", tmp_path / "broken.json"
    few.write_text(json.dumps(plain), "utf-8")
    broken.write_text("{}", "utf-8")

    async def scenario(pane: ModelsPane, _services: Services) -> None:
        every = len(keys(pane))
        pane.catalogue.take_file(few)
        await until(lambda: len(keys(pane)) == 5)
        pane.catalogue.take_file(broken)
        await until(lambda: bool(pane.findChildren(Dialog)))
        (told,) = pane.findChildren(Dialog)
        assert "The catalogue stays as it is" in told.windowTitle()
        told.accept()
        assert len(keys(pane)) == 5
        pane.catalogue.go_back()
        await until(lambda: len(keys(pane)) == every)
        pane.catalogue.take_address("http://example.org/catalog.json")
        await until(lambda: any(one.isVisible() for one in pane.findChildren(Dialog)))
        next(one for one in pane.findChildren(Dialog) if one.isVisible()).accept()
        assert len(keys(pane)) == every

    run(scenario)


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_catalogue_is_fetched_over_https_from_the_own_network(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_trusted: bool
) -> None:
    plain = json.loads((resources() / "catalog.json").read_bytes())
    plain["models"] = plain["models"][:3]

    async def give(call: Call) -> None:
        await call.respond(200, plain)

    async def scenario(pane: ModelsPane, _services: Services) -> None:
        every = len(keys(pane))
        async with TlsServer(give, tmp_path) as server:
            if is_trusted:
                monkeypatch.setattr("certifi.where", lambda: str(server.certificate))
            pane.catalogue.ask_address()
            dialog = pane.findChildren(Dialog)[0]
            field = dialog.findChildren(QLineEdit)[0]
            QTest.keyClicks(field, f"{server.address}/catalog.json")
            QTest.keyClick(field, Qt.Key.Key_Return)
            question = await dialog_about(pane, "private network")
            assert not server.calls  # nobody is asked before the answer
            press(question, "Fetch")
            if is_trusted:
                await until(lambda: len(keys(pane)) == 5)
            else:
                (await dialog_about(pane, "no valid certificate")).accept()
                assert len(keys(pane)) == every

    run(scenario)


async def dialog_about(pane: ModelsPane, words: str) -> Dialog:
    def found() -> list[Dialog]:
        dialogs = [one for one in pane.findChildren(Dialog) if one.isVisible()]
        return [one for one in dialogs if any(words in label.text() for label in one.findChildren(QLabel))]

    await until(found)
    return found()[0]


def press(dialog: Dialog, text: str) -> None:
    next(one for one in dialog.findChildren(QPushButton) if one.text() == text).click()


def test_300_rows_are_narrowed_in_the_table_within_a_frame(run: Any) -> None:
    async def scenario(pane: ModelsPane, _services: Services) -> None:
        many = (list(pane.table.rows.all_rows) * 3)[:300]
        model = CatalogueModel()
        model.set_rows(many)

        def once() -> float:
            started = time.perf_counter()
            model.narrow("fits", "chat")
            model.narrow("all", "")
            return (time.perf_counter() - started) / 2

        assert len(model.rows) == 300
        assert min(once() for _ in range(10)) < FRAME_S

    run(scenario)


def test_a_table_of_300_rows_paints_no_more_than_is_seen(run: Any) -> None:
    async def scenario(pane: ModelsPane, _services: Services) -> None:
        painted: list[int] = []

        class Counting(CatalogueDelegate):
            def paint(self, painter: Any, option: Any, index: Any) -> None:
                painted.append(index.row())
                super().paint(painter, option, index)

        pane.table.setItemDelegate(Counting(pane.table))
        pane.table.viewport().grab()
        seen = pane.table.viewport().height() // pane.table.rowHeight(0) + 2
        assert 0 < len(set(painted)) <= seen

    run(scenario)
