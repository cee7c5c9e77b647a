"""An evaluation on the built-in engine (E1, E2), and against a server with 256 slots."""

import asyncio
import contextlib
import json
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from slmdesk.engines.answer import Answer, NoSink
from slmdesk.engines.base import Engine, Message, Options, Request
from slmdesk.engines.builtin.engine import BuiltinEngine
from slmdesk.engines.openai_compat.engine import OpenAICompatible
from slmdesk.features.documents.prompt import without_marks
from slmdesk.features.evaluate import asking
from slmdesk.features.evaluate.cell import CellKey, CellState
from slmdesk.features.evaluate.evaluation import Evaluation
from slmdesk.features.evaluate.pack import Document, Pack
from slmdesk.features.evaluate.setup import Setup
from slmdesk.features.evaluate.starters import load_starter
from slmdesk.store.db import Database
from tests.fakes.packs import evaluation_of, reports
from tests.fakes.slots_engine import SlotsEngine
from tests.models import STARTER_NAME
from tests.perf.gates import assert_within

pytestmark = pytest.mark.perf

STARTER = f"builtin/{STARTER_NAME}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """As the engine counted them."""

    sent: int
    computed: int


def breach(documents: int) -> Pack:
    """So many documents, nine questions."""
    pack = load_starter("breach")
    names = [document.name for document in pack.documents[:documents]]
    assert len(pack.questions) == 9
    expected = {key: answer for key, answer in pack.expected.items() if key[0] in names}
    return replace(pack, documents=pack.documents[:documents], expected=expected)


@contextlib.asynccontextmanager
async def builtin(folder: Path, free_bytes: int = 8 << 30) -> AsyncIterator[BuiltinEngine]:
    engine = BuiltinEngine(folder, (), threads=1, idle_unload_s=600, free_bytes=lambda: free_bytes)
    try:
        yield engine
    finally:
        await engine.aclose()


@contextlib.asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Database]:
    database = Database.open(path)
    try:
        yield database
    finally:
        await database.aclose()


def tokens_of(evaluation: Evaluation) -> Tokens:
    """Of everything that was answered in this run."""
    sent = computed = 0
    for document in evaluation.pack.documents:
        for question in evaluation.pack.questions:
            cell = evaluation.cell(CellKey(STARTER, document.name, question.id))
            assert cell.state is CellState.DONE, cell.error
            if cell.is_from_cache:
                continue
            timings = cell.timings
            assert timings
            assert timings.prompt_tokens is not None
            assert timings.prompt_tokens_cached is not None
            sent += timings.prompt_tokens
            computed += timings.prompt_tokens - timings.prompt_tokens_cached
    return Tokens(sent, computed)


async def naive(engine: Engine, pack: Pack, options: Options) -> Tokens:
    """The same texts in the order of most scripts: the question before the document, one request each."""
    sent = computed = 0
    system = Message("system", asking.system_text(pack.instructions))
    for document in pack.documents:
        for question in pack.questions:
            text = f"{asking.question_text(question)}\n\n{asking.document_text(document.text, without_marks)}"
            answer = Answer()
            limit = replace(options, max_tokens=1, seed=1)
            await answer.receive(
                engine, Request(STARTER_NAME, (system, Message("user", text)), limit), NoSink()
            )
            timings = answer.timings
            assert timings.prompt_tokens is not None, answer.error
            assert timings.prompt_tokens_cached is not None
            sent += timings.prompt_tokens
            computed += timings.prompt_tokens - timings.prompt_tokens_cached
    return Tokens(sent, computed)


@pytest.mark.engine
@pytest.mark.timeout(600)
@pytest.mark.parametrize("documents", [2, pytest.param(6, marks=pytest.mark.slow)])
async def test_e1_prompts_are_used_again(tmp_path: Path, documents: int) -> None:
    pack, usual = breach(documents), Setup((STARTER,))
    setup = replace(usual, options=replace(usual.options, max_tokens=8, context_tokens=2048))
    async with builtin(tmp_path) as engine, opened(tmp_path / "db.sqlite") as database:
        evaluation = await evaluation_of(database, [engine], pack, setup)
        await evaluation.run()
        first = tokens_of(evaluation)
        again = await evaluation_of(database, [engine], pack, setup)
        await again.run()
        second = tokens_of(again)
        head, *others = pack.questions
        changed = replace(pack, questions=(replace(head, text=f"{head.text} Say so."), *others))
        third = await evaluation_of(database, [engine], changed, setup)
        left = third.price().requests
        await third.run()
        script = await naive(engine, pack, setup.options)
    share = first.computed / script.computed
    more = f"{first.computed:,} of {first.sent:,}, question first {script.computed:,} of {script.sent:,}"
    gate = 0.2 if documents == 6 else 0.22  # these two are short
    print(f"E1 second run: {second.computed} computed; a changed question: {left} of {documents * 9} answers")
    assert_within(f"E1 {documents} × 9, prompt tokens computed / question first", share, 0.2, gate, more)
    assert second == Tokens(0, 0)
    assert left == documents


@pytest.mark.engine
async def test_e2_each_model_is_loaded_once(tmp_path: Path) -> None:
    """Three models, memory for one, two seeds: a model that gave way would be loaded again."""
    async with builtin(tmp_path) as engine, opened(tmp_path / "db.sqlite") as database:
        engine.custom_models.save(_custom("one"))
        engine.custom_models.save(_custom("two"))
        models = (STARTER, "builtin/one", "builtin/two")
        usual = Setup(models, seeds=(1, 2))
        setup = replace(usual, options=replace(usual.options, max_tokens=4, context_tokens=1024))
        evaluation = await evaluation_of(database, [engine], reports(2), setup)
        await evaluation.run()
        loads = [
            evaluation.cell(CellKey(model, document.name, question.id)).timings.load_s  # type: ignore[union-attr]  # answered
            for model in models
            for document in evaluation.pack.documents
            for question in evaluation.pack.questions
        ]
        assert await engine.loaded() == []
    count = sum(load is not None for load in loads)
    print(f"\nE2 loads: {count} for {len(models)} models")
    assert count == len(models)


def _custom(name: str) -> Any:
    from slmdesk.engines.builtin.custom_models import CustomModel

    return CustomModel(name, STARTER_NAME, f"You are {name}.")


@contextlib.contextmanager
def slots_server(slots: int) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.fakes.slots_server", str(slots), "0.2", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def stats(address: str) -> dict[str, float]:
    with urllib.request.urlopen(f"{address}/stats", timeout=10) as reply:  # noqa: S310 (our own server)
        return dict(json.load(reply))


async def gaps_s(work: asyncio.Task[None]) -> Sequence[float]:
    """How long others waited for the loop while `work` ran, in seconds of its CPU: others work here, too."""
    gaps: list[float] = []
    while not work.done():
        before = time.thread_time()
        await asyncio.sleep(0.01)
        gaps.append(time.thread_time() - before)
    work.result()
    return sorted(gaps)


def many(documents: int) -> Pack:
    pack = reports(documents)
    text = "It was found on Monday by the night shift, and the regulator was told. " * 4
    return replace(pack, documents=tuple(Document(d.name, f"{d.text} {text}") for d in pack.documents))


async def measured(evaluation: Evaluation) -> None:
    """Run it, and see that it is bounded in memory and leaves the loop to others."""
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, cpu = time.monotonic(), time.process_time()
    gaps = await gaps_s(asyncio.ensure_future(evaluation.run()))
    took_s, cpu_s = time.monotonic() - began, time.process_time() - cpu
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024
    cells, p99 = evaluation.progress.total, gaps[len(gaps) * 99 // 100]
    print(
        f"\n{cells:,} cells in {took_s:.1f} s, {cpu_s / cells * 1e3:.2f} ms of CPU each, {grown_mib:.0f} MiB"
    )
    print(f"   CPU between two looks at the loop: p99 {p99 * 1e3:.0f} ms, most {gaps[-1] * 1e3:.0f} ms")
    assert evaluation.progress.done == cells
    assert evaluation.progress.reused_share is None
    assert grown_mib < 50 + cells / 1000 * 4


@pytest.mark.timeout(120)
async def test_slots_are_kept_busy(tmp_path: Path) -> None:
    """The runner alone: an engine in this process, whose answers cost no CPU."""
    engine = SlotsEngine(256, 0.2, 2.0)
    async with opened(tmp_path / "db.sqlite") as database:
        evaluation = await evaluation_of(database, [engine], many(2_000), Setup(("box/small",)))
        await measured(evaluation)
    print(f"   256 slots busy {engine.busy_share:.3f} until the last request (limit 0.95)")
    assert engine.most_running == 256
    assert engine.busy_share >= 0.95


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_slots_of_a_server_are_kept_busy_for_a_hundred_thousand_cells(tmp_path: Path) -> None:
    """With HTTP: the client of `openai` alone takes 3 ms a request, so this needs most of a core."""
    with slots_server(256) as address:
        engine = OpenAICompatible("box", "Box", address)
        async with opened(tmp_path / "db.sqlite") as database:
            evaluation = await evaluation_of(database, [engine], many(33_334), Setup(("box/small",)))
            await measured(evaluation)
        await engine.aclose()
        found = stats(address)
    share = found["busy_s_at_last"] / (found["s_at_last"] * 256)
    whole = found["busy_s"] / (found["wall_s"] * 256)
    print(f"   256 slots busy {share:.3f} until the last request (limit 0.95), {whole:.3f} to the end")
    assert share >= 0.95
