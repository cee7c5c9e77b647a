"""A list of prompts through the columns: by plan, stopped, resumed after a restart, exported."""

import asyncio
import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput, DataFolderUnusable, EngineOffline
from slmdesk.base.jobs import JobRunner
from slmdesk.engines.base import Delta, Options, Request, Timings
from slmdesk.engines.registry import Registry
from slmdesk.features.compare.batch import Batch
from slmdesk.features.compare.export import exporter, to_csv, to_html, to_markdown
from slmdesk.features.compare.fairness import MachineState
from slmdesk.features.compare.plan import LaneSpec, plan_run
from slmdesk.features.compare.report import Report, ReportLane, ReportRow, report_of_batch
from slmdesk.features.compare.setups import Setup, SetupColumn, setup_from_stored, setup_to_plain
from slmdesk.store.batches import Batches
from slmdesk.store.setups import Setups, StoredSetup
from tests.data.hostile import corpus
from tests.fakes.scripted_engine import Script, ScriptedEngine, Step, says
from tests.fakes.until import until
from tests.unit.features.conftest import Store

SPECS = [LaneSpec("scripted/a"), LaneSpec("scripted/b")]
PROMPTS = [f"p{number}" for number in range(4)]
TOGETHER, IN_TURN = (plan_run(SPECS, [0, 0], 10**9, is_sequential=chosen) for chosen in (False, True))


def echo(request: Request) -> list[Step]:
    return list(says(f"{request.model}:{request.messages[-1].content}"))


async def begin(store: Store, **scripts: Script) -> tuple[Batch, ScriptedEngine]:
    engine = ScriptedEngine(scripts or {"a": echo, "b": echo})
    registry = Registry([engine])
    await registry.refresh()
    batch = Batch(Batches(store.database), store.runs, registry, machine=lambda: MachineState(1.0))
    return batch, engine


async def test_prompt_by_prompt_side_by_side(store: Store) -> None:
    batch, engine = await begin(store)
    await batch.create("Four", PROMPTS, SPECS, TOGETHER)
    assert batch.cell(3, 1).state == "waiting"
    seen: list[tuple[int, int]] = []
    batch.cell_changed.subscribe(seen.append)
    await batch.run(TOGETHER)
    assert batch.words == "8 of 8 answers"
    cell = batch.cell(2, 1)
    assert (cell.state, cell.text, cell.tokens, cell.tokens_per_s) == ("done", "b:p2", 2, 20.0)
    assert [request.model for request in engine.requests[:4]] == ["a", "b", "a", "b"]
    assert engine.most_running == 2
    assert seen[-1] == (3, 1)
    assert engine.unloaded == []


async def test_model_by_model_where_memory_demands_it(store: Store) -> None:
    batch, engine = await begin(store)
    await batch.create("Four", PROMPTS, SPECS, IN_TURN)
    await batch.run(IN_TURN)
    assert [request.model for request in engine.requests] == ["a"] * 4 + ["b"] * 4
    assert engine.unloaded == ["a"]
    assert engine.most_running == 1


async def test_stopped_it_goes_on_after_a_restart_and_asks_nothing_twice(store: Store) -> None:
    gate = asyncio.Event()

    def slow(request: Request) -> list[Step]:
        return [Delta("half"), gate] if request.messages[-1].content == "p2" else echo(request)

    batch, _ = await begin(store, a=slow, b=echo)
    await batch.create("Four", PROMPTS, SPECS, IN_TURN)
    jobs = JobRunner(lambda key, error: pytest.fail(f"{key}: {error}"))
    jobs.start("batch", lambda: batch.run(IN_TURN))
    await until(lambda: batch.cell(2, 0).text == "half")
    with pytest.raises(BadInput, match="still running"):
        await batch.run(IN_TURN)
    await jobs.aclose()
    assert not batch.is_running
    assert batch.cell(2, 0).state == "stopped"
    assert batch.cell(3, 0).state == "waiting"

    resumed, other = await begin(store)
    await resumed.open(batch.id)
    assert (resumed.prompts, resumed.specs, resumed.name) == (batch.prompts, batch.specs, "Four")
    assert resumed.cell(2, 0).text == "half"
    assert resumed.words == "2 of 8 answers"
    await resumed.run(IN_TURN)
    asked = [(request.model, request.messages[-1].content) for request in other.requests]
    assert asked == [("a", "p2"), ("a", "p3"), *(("b", prompt) for prompt in PROMPTS)]
    stored = await Batches(store.database).load(batch.id)
    assert [[lane.text for lane in run.lanes] for run in stored.runs] == [
        [f"{name}:{prompt}" for name in "ab"] for prompt in PROMPTS
    ]


async def test_what_failed_is_asked_again_only_when_told_to(store: Store) -> None:
    is_down = True

    def flaky(request: Request) -> list[Step]:
        return [EngineOffline("It is down.")] if is_down else echo(request)

    batch, engine = await begin(store, a=echo, b=flaky)
    await batch.create("x", PROMPTS[:2], SPECS, TOGETHER)
    await batch.run(TOGETHER)
    assert batch.words == "2 of 4 answers, 2 failed"
    assert batch.cell(0, 1).error.startswith("It is down.")
    await batch.run(TOGETHER)
    assert len(engine.requests) == 4
    is_down = False
    await batch.run(TOGETHER, with_failed=True)
    assert batch.words == "4 of 4 answers"
    assert len(engine.requests) == 6


async def test_a_full_disk_ends_it_with_its_sentence(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, engine = await begin(store)
    await batch.create("x", PROMPTS, SPECS, TOGETHER)

    async def refuse(*_: object, **__: object) -> None:
        raise DataFolderUnusable("The data folder is full.")

    monkeypatch.setattr(store.runs, "finish_lane", refuse)
    with pytest.raises(DataFolderUnusable):
        await batch.run(TOGETHER)
    assert not batch.is_running
    assert len(engine.requests) == 2


async def test_an_empty_list_or_one_column_is_refused(store: Store) -> None:
    batch, _ = await begin(store)
    with pytest.raises(BadInput, match="no prompt"):
        await batch.create("x", [], SPECS, TOGETHER)
    with pytest.raises(BadInput, match="2 to 8"):
        await batch.create("x", PROMPTS, SPECS[:1], TOGETHER)
    assert await Batches(store.database).list() == []


async def test_exports_hold_everything_and_nothing_dangerous(store: Store) -> None:
    documents = [text for _, text in corpus(20)][:60]
    texts = iter(["=HYPERLINK(1)", "# Fine **text**", "<script>alert(1)</script>", *documents])
    batch, _ = await begin(store, a=lambda _: says(next(texts)), b=says("B"))
    await batch.create("<b>List</b>", ["@cmd", *(f"q{number}" for number in range(40))], SPECS, IN_TURN)
    await batch.run(IN_TURN)
    report = report_of_batch(batch)
    html = to_html(report)
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;b&gt;List&lt;/b&gt;" in html
    assert "<strong>text</strong>" in html
    assert "20.0 tok/s" in html
    assert "Fairness" in html
    rows = list(csv.DictReader(io.StringIO(to_csv(report), newline="")))
    assert len(rows) == 82
    assert (rows[0]["prompt"], rows[0]["answer"]) == ("'@cmd", "'=HYPERLINK(1)")
    assert rows[1]["output_tokens"] == "2"
    assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    markdown = to_markdown(report)
    assert markdown.startswith("# <b>List</b>")
    assert "### a\n\nscripted/a · context 4,096\n\n=HYPERLINK(1)" in markdown
    assert exporter(Path("x.HTML")) is to_html
    assert exporter(Path("x.csv"))(report) == f"\ufeff{to_csv(report)}"  # so that Excel reads UTF-8
    with pytest.raises(BadInput, match="ends in none"):
        exporter(Path("x.pdf"))


async def test_a_set_up_comes_back_as_it_was_and_damaged_as_far_as_it_can_be_read(store: Store) -> None:
    own = LaneSpec("scripted/b", Options(temperature=1.0), "Odd.", is_thinking=True)
    setup = Setup(
        (SetupColumn("scripted/a"), SetupColumn("scripted/b", own)), LaneSpec("", Options(seed=3), "Brief.")
    )
    stored = await Setups(store.database).save("Two", setup_to_plain(setup))
    (listed,) = await Setups(store.database).list()
    assert setup_from_stored(listed) == setup
    assert setup.specs == (replace(setup.shared, model_ref="scripted/a"), own)
    odd = {
        "shared": 3,
        "columns": [None, {"model": 5}, {"model": "e/a", "own": "?"}, *[{"model": "e/x"}] * 20],
    }
    found = setup_from_stored(StoredSetup(stored.id, "odd", odd))
    assert len(found.columns) == 8
    assert found.columns[0] == SetupColumn("e/a")
    assert setup_from_stored(StoredSetup("1", "x", {"columns": "?"})).columns == ()


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\u00a0=", "＝", "＋", "＠"]
)
def test_no_cell_of_the_csv_is_a_formula(start: str) -> None:
    """Spreadsheets run `=cmd|'/C calc'!A0`, and trim and widen what stands before it."""
    evil = f"{start}cmd|'/C calc'!A0"
    lane = ReportLane(evil, evil, evil, evil, evil, evil, evil, "", Timings())
    row = next(
        csv.DictReader(io.StringIO(to_csv(Report("x", (ReportRow(evil, (lane,), evil),))), newline=""))
    )
    texts = [cell for name, cell in row.items() if not name.endswith(("_s", "tokens", "cached"))]
    assert len(texts) == 9
    assert all(cell.startswith("'") for cell in texts)


def test_no_part_of_a_cell_is_a_formula_where_the_semicolon_parts_cells() -> None:
    lane = ReportLane("a", "", "", "done", "one; =1+1;@x;-2;3", "", "", "", Timings())
    written = to_csv(Report("x", (ReportRow("q", (lane,)),)))
    assert "one; '=1+1;'@x;'-2;3" in written
