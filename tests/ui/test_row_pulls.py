"""A pull in its row of the table: how far it is, paused and gone on with there; custom models are marked."""

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QToolButton

from slmdesk.base.machine import Machine
from slmdesk.engines.base import ModelInfo
from slmdesk.engines.ollama.engine import OllamaEngine
from slmdesk.features.catalog.catalogue import shipped_catalogue
from slmdesk.features.catalog.listed import ListedModel, listed
from slmdesk.features.pulls.pasted import HubModel, OllamaModel, WebFile
from slmdesk.features.pulls.progress import PullProgress
from slmdesk.features.pulls.puller import Source
from slmdesk.features.pulls.queue import Pull, PullState
from slmdesk.ui.panes.models_pane import ModelsPane
from slmdesk.ui.widgets.models.catalogue_delegate import CatalogueDelegate
from slmdesk.ui.widgets.models.catalogue_model import ACTION
from slmdesk.ui.widgets.models.row_pulls import RowPull, row_pulls
from tests.fakes.http_server import Call, HttpServer
from tests.fakes.until import until
from tests.ui.test_getting_models import open_desk

NAME = "qwen2.5:0.5b"


def rows(*models: ModelInfo) -> list[ListedModel]:
    return list(listed(shipped_catalogue(), models, Machine(None, None), 4096, {}))


def pull(source: Source, state: PullState = PullState.RUNNING, **more: Any) -> Pull:
    return Pull("7", source.name, "ollama", source, 1.0, state, **more)


def key_of(found: list[ListedModel], name: str) -> str:
    return next(row.key for row in found if row.card and name in row.card.entry.ollama)


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        (OllamaModel(NAME), True),
        (OllamaModel("QWEN2.5:0.5B"), True),
        (OllamaModel("somebody/qwen2.5:0.5b"), False),
        (OllamaModel("registry.example/x/qwen2.5:0.5b", "registry.example"), False),
        (WebFile("https://example.org/qwen2.5.gguf", "qwen2.5.gguf"), False),
    ],
)
def test_a_pull_is_found_by_any_name_of_the_entry(source: Source, is_found: bool) -> None:
    all_rows = rows()
    assert set(row_pulls([pull(source)], all_rows)) == ({key_of(all_rows, NAME)} if is_found else set())


def test_a_file_of_the_entry_at_hugging_face_is_found() -> None:
    all_rows = rows()
    entry = next(row.card.entry for row in all_rows if row.card and NAME in row.card.entry.ollama)
    assert entry.hugging_face
    found = row_pulls([pull(HubModel(entry.hugging_face.upper(), "Q4_K_M"))], all_rows)
    assert list(found) == [entry.id]


def test_one_that_is_here_is_found_at_its_engine() -> None:
    all_rows = rows(ModelInfo("ollama", NAME), ModelInfo("box", NAME))
    assert list(row_pulls([pull(OllamaModel(NAME))], all_rows)) == [f"ollama/{NAME}"]


@pytest.mark.parametrize(
    ("state", "progress", "expected"),
    [
        (PullState.RUNNING, PullProgress(fraction=0.649, done_bytes=5), RowPull("7", "64 %", 0.649, True)),
        (PullState.RUNNING, PullProgress(done_bytes=12_000_000), RowPull("7", "12 MB", 0.0, True)),
        (PullState.RUNNING, PullProgress(), RowPull("7", "…", 0.0, True)),
        (PullState.WAITING, PullProgress(fraction=0.5), RowPull("7", "waits", 0.5, True)),
        (PullState.PAUSED, PullProgress(fraction=0.5), RowPull("7", "50 %", 0.5, False)),
        (PullState.FAILED, PullProgress(fraction=0.5), RowPull("7", "failed", 0.5, False)),
        (PullState.DONE, PullProgress(fraction=1.0), None),
    ],
)
def test_how_it_stands(state: PullState, progress: PullProgress, expected: RowPull | None) -> None:
    found = row_pulls([pull(OllamaModel(NAME), state, progress=progress)], rows())
    assert list(found.values()) == ([expected] if expected else [])


class HalfwayOllama(HttpServer):
    """Has nothing, gives half of a model and is silent then; the second time it gives all of it."""

    def __init__(self) -> None:
        super().__init__(self._play)

    async def _play(self, call: Call) -> None:
        if call.path == "/api/tags":
            await call.respond(200, {"models": []})
        elif call.path == "/api/pull":
            await call.start(200, {"content-type": "application/x-ndjson"})
            layer = {"digest": f"sha256:{'a' * 64}", "total": 400_000_000, "completed": 200_000_000}
            await call.send(json.dumps({"status": "pulling aaaaaaaaaaaa", **layer}).encode() + b"\n")
            if len(self.to("/api/pull")) == 1:
                await call.is_gone.wait()
            await call.send(b'{"status": "success"}\n')
            await call.end()
        else:
            await call.respond(200, b"{}")


def press_action(pane: ModelsPane, key: str) -> None:
    table = pane.table
    table.choose(key)
    index = table.rows.index(table.rows.row_of(key) or 0, ACTION)
    delegate = table.itemDelegate()
    assert isinstance(delegate, CatalogueDelegate)
    place = delegate.button_rect(table.visualRect(index), index).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_pull_is_paused_and_gone_on_with_in_its_row(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            HalfwayOllama() as server,
            open_desk(tmp_path, OllamaEngine(server.address)) as (_, pane),
        ):
            table = pane.table.rows
            await until(lambda: table.is_measured)
            key = key_of(list(table.all_rows), NAME)

            def cell(role: Qt.ItemDataRole = Qt.ItemDataRole.DisplayRole) -> str:
                return str(table.index(table.row_of(key) or 0, ACTION).data(role))

            assert cell() == "Pull"
            pane.getting.strip.take(NAME)
            await until(lambda: cell() == "50 %")
            assert cell(Qt.ItemDataRole.AccessibleTextRole) == "Action: 50 %, Pause"
            pane.grab()  # it is painted
            press_action(pane, key)
            await until(lambda: not table.pulls[key].is_going)
            assert cell(Qt.ItemDataRole.AccessibleTextRole).endswith("Go on")
            press_action(pane, key)
            await until(lambda: key not in table.pulls)
            assert len(server.to("/api/pull")) == 2

    run_ui(scenario())


def test_a_custom_model_is_marked_and_its_card_leads_to_all_that_can_be_done(
    run_ui: Any, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with open_desk(tmp_path) as (desk, pane):
            base = "builtin/smollm2-135m-instruct"
            await desk.services.keeper.make("monk", base, "Be calm.", {})
            pane.refresh()
            rows = pane.table.rows
            await until(lambda: rows.is_measured and rows.row_of("builtin/monk") is not None)
            index = rows.index(rows.row_of("builtin/monk") or 0, 0)
            assert "A custom model over smollm2-135m-instruct." in index.data(Qt.ItemDataRole.ToolTipRole)
            assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Model: monk (custom)"
            pane.table.choose("builtin/monk")
            assert "custom" in pane.card.words()
            assert "Apache" in pane.card.words()  # what is known of its base holds for it
            button = next(
                one
                for one in pane.card.findChildren(QToolButton)
                if one.accessibleName() == "What can be done with monk"
            )
            QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
            menu = next(one for one in pane.findChildren(QMenu) if one.isVisible())
            words = [action.text() for action in menu.actions() if action.text()]
            for wanted in ("Keep in memory", "Details…", "Change…", "Copy…", "Delete…"):
                assert wanted in words
            menu.close()

    run_ui(scenario())
