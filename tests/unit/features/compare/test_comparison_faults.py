"""P6 with the network in between: real engines, a real server, and a proxy that does harm to each lane."""

import asyncio
import contextlib
import json
import random
import re
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from slmdesk.base.errors import EngineError, Interrupted
from slmdesk.engines.answer import AnswerState
from slmdesk.engines.base import Chunk, Engine, Options, Request
from slmdesk.engines.ollama.engine import OllamaEngine
from slmdesk.engines.openai_compat.engine import OpenAICompatible
from slmdesk.engines.registry import Registry
from slmdesk.features.compare.comparison import Comparison
from slmdesk.features.compare.lane import Lane
from slmdesk.features.compare.plan import LaneSpec, plan_run
from tests.fakes.fault_proxy import FaultProxy, Faults
from tests.fakes.http_server import Call, HttpServer
from tests.fakes.openai_server import DONE, delta, finish
from tests.fakes.until import until
from tests.unit.features.conftest import Store

MODELS = ("small", "tall", "wide")
MARK = re.compile(r"\[([^\[\]]*)\]")
HARMLESS = (Faults(), Faults(latency_s=0.002), Faults(slice_bytes=3), Faults(bytes_per_s=200_000.0))
ENDS = {AnswerState.DONE, AnswerState.STOPPED, AnswerState.FAILED, AnswerState.INTERRUPTED}
BEHAVIOURS = ("whole",) * 5 + ("busy", "broken", "hang up", "reset", "stall", "error frame", "garbage")
STUCK_S = 0.3  # a lane whose network hangs is stopped by hand, as its reader would


@dataclass
class Script:
    """What one lane is sent: `pieces` with whether they are thinking; `begun` counts generations."""

    pieces: list[tuple[str, bool]]
    behaviour: str
    begun: int = 0

    def text(self, *, is_thinking: bool = False) -> str:
        return "".join(piece for piece, thinks in self.pieces if thinks is is_thinking)


@dataclass
class Server:
    """Speaks Ollama's protocol and OpenAI's; whom it answers, it knows by the question and the seed."""

    chance: random.Random
    scripts: dict[tuple[str, int], Script] = field(default_factory=dict)

    async def answer(self, call: Call) -> None:
        if call.path not in ("/api/chat", "/v1/chat/completions"):
            await call.respond(200, {"models": [{"model": name} for name in MODELS], "data": MODEL_ENTRIES})
            return
        is_ollama, body = call.path == "/api/chat", call.json
        seed = body["options"]["seed"] if is_ollama else body["seed"]
        script = self.scripts[body["messages"][-1]["content"], seed]
        match script.behaviour:
            case "busy":
                await call.respond(429, {"error": {"message": "Too many requests"}})
            case "broken":
                await call.respond(500, {"error": {"message": "The server fell over"}})
            case _:
                script.begun += 1
                await self._write(call, script, is_ollama=is_ollama)

    async def _write(self, call: Call, script: Script, *, is_ollama: bool) -> None:
        closes = self.chance.random() < 0.7
        await call.start(200, {"connection": "close"} if closes else {})
        stops_at = self.chance.randrange(len(script.pieces) + 1)
        for number, (piece, thinks) in enumerate(script.pieces):
            if number == stops_at and script.behaviour != "whole":
                break
            await call.send(_frame(piece, is_ollama=is_ollama, thinks=thinks))
            if self.chance.random() < 0.3:
                await asyncio.sleep(0)
        await self._end(call, script.behaviour, is_ollama=is_ollama)
        if closes:
            await call.hang_up()

    @staticmethod
    async def _end(call: Call, behaviour: str, *, is_ollama: bool) -> None:
        match behaviour:
            case "whole":
                await call.send(OLLAMA_END if is_ollama else finish() + DONE)
                await call.end()
            case "hang up":
                await call.hang_up()
            case "reset":
                call.abort()
            case "stall":
                await call.is_gone.wait()
            case "error frame":
                line = json.dumps({"error": "out of breath"}).encode()
                await call.send(line + b"\n" if is_ollama else b"data: " + line + b"\n\n")
                await call.end()
            case "garbage":
                await call.send(b"\xff\xfe{{{\n\ndata: {]\n\n")
                await call.end()


MODEL_ENTRIES = [{"id": name, "object": "model"} for name in MODELS]
OLLAMA_END = b'{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}\n'


def _frame(piece: str, *, is_ollama: bool, thinks: bool) -> bytes:
    if not is_ollama:
        return delta(reasoning_content=piece) if thinks else delta(content=piece)
    message = {"role": "assistant", "content": "" if thinks else piece, "thinking": piece if thinks else ""}
    return json.dumps({"message": message, "done": False}).encode() + b"\n"


@dataclass
class Rig:
    """Four engines, each behind a proxy of its own before the one server."""

    comparison: Comparison
    server: Server
    proxies: list[FaultProxy]
    engines: list[Engine]
    chance: random.Random
    ends: Counter[str] = field(default_factory=Counter)

    async def compare(self, number: int) -> None:
        """One comparison of four lanes, with what is to be found wrong in it."""
        prompt = f"run {number}"
        places = [self.chance.randrange(4) for _ in range(4)]
        for proxy in self.proxies:
            proxy.faults = self._faults()
        specs = [
            LaneSpec(f"{self.engines[place].id}/{self.chance.choice(MODELS)}", Options(seed=seed))
            for seed, place in enumerate(places)
        ]
        for seed in range(4):
            self.server.scripts[prompt, seed] = self._script(f"{number}:{seed}")
        task = asyncio.ensure_future(self.comparison.run(prompt, specs, plan_run(specs, [0] * 4, 10**9)))
        await self._help(task, prompt, places)
        for seed, lane in enumerate(self.comparison.lanes):
            script = self.server.scripts.pop((prompt, seed))
            self._check(lane, f"{number}:{seed}", script, self.proxies[places[seed]].faults)

    async def _help(self, task: "asyncio.Task[None]", prompt: str, places: list[int]) -> None:
        """Wait for all that can end; then stop what hangs, as its reader would."""
        may_hang = {
            seed
            for seed, place in enumerate(places)
            if self.proxies[place].faults.hang_after is not None
            or self.proxies[place].faults.corrupt_at is not None
            or self.server.scripts[prompt, seed].behaviour == "stall"
        }
        await until(lambda: task.done() or self._is_ended(prompt, may_hang), within_s=20)
        await asyncio.wait({task}, timeout=STUCK_S if may_hang else None)
        self.comparison.stop_all()
        await task

    def _is_ended(self, prompt: str, may_hang: Collection[int]) -> bool:
        lanes = self.comparison.lanes
        has_begun = bool(lanes) and self.comparison.prompt == prompt
        return has_begun and not any(lane.is_running for lane in lanes if lane.index not in may_hang)

    def _faults(self) -> Faults:
        at = self.chance.randrange(1, 1600)
        harm = (Faults(cut_after=at), Faults(reset_after=at), Faults(corrupt_at=at, slice_bytes=40))
        kind = self.chance.random()
        if kind < 0.5:
            return self.chance.choice(HARMLESS)
        if kind < 0.94:
            return self.chance.choice(harm)
        return self.chance.choice((Faults(hang_after=at), Faults(is_refusing=True)))

    def _script(self, mark: str) -> Script:
        count = self.chance.randrange(1, 12)
        pieces = [(f"[{mark}:{at}] ", self.chance.random() < 0.25) for at in range(count)]
        return Script(sorted(pieces, key=lambda piece: not piece[1]), self.chance.choice(BEHAVIOURS))

    def _check(self, lane: Lane, mark: str, script: Script, faults: Faults) -> None:
        answer = lane.answer
        assert answer is not None
        assert answer.state in ENDS, answer.state
        self.ends[type(answer.error).__name__ if answer.error else answer.state.value] += 1
        assert (answer.error is None) == (answer.state in (AnswerState.DONE, AnswerState.STOPPED))
        if answer.error is not None:
            assert isinstance(answer.error, EngineError)
            assert type(answer.error) is not EngineError  # it has a kind
            assert answer.error.sentence()
        assert script.begun <= 1, "a generation was repeated"
        said = answer.text + answer.thinking
        if faults.corrupt_at is None:
            assert script.text().startswith(answer.text), (mark, answer.text)
            assert script.text(is_thinking=True).startswith(answer.thinking), (mark, answer.thinking)
        else:  # one byte may be another one; a whole mark of somebody else it cannot become
            wrong = [found for found in MARK.findall(said) if found.rpartition(":")[0] != mark]
            assert len(wrong) <= 1, (mark, said)
        if faults in HARMLESS and script.behaviour == "whole":
            assert answer.state is AnswerState.DONE, (mark, answer.error)
            assert (answer.text, answer.thinking) == (script.text(), script.text(is_thinking=True))

    async def check_stored(self) -> None:
        """What the store has is what the lanes show."""
        run = await self.comparison._runs.load(self.comparison.run_id)
        for lane, stored in zip(self.comparison.lanes, run.lanes, strict=True):
            assert lane.answer is not None
            assert (stored.text, stored.thinking) == (lane.answer.text, lane.answer.thinking)
            assert stored.state == lane.answer.state.value


@contextlib.asynccontextmanager
async def rig(store: Store, seed: int) -> AsyncIterator[Rig]:
    chance = random.Random(seed)
    server = Server(chance)
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(HttpServer(server.answer))
        proxies = [await stack.enter_async_context(FaultProxy(http.address)) for _ in range(4)]
        engines: list[Engine] = [
            OllamaEngine(proxies[0].address, engine_id="ollama:one"),
            OllamaEngine(proxies[1].address, engine_id="ollama:two"),
            OpenAICompatible("box", "Box", proxies[2].address + "/v1"),
            OpenAICompatible("shelf", "Shelf", proxies[3].address + "/v1"),
        ]
        registry = Registry(engines)
        stack.push_async_callback(registry.aclose)
        await registry.refresh()
        yield Rig(Comparison(store.runs, registry), server, proxies, engines, chance)


async def check_comparisons(store: Store, folder: Path, count: int, seed: int) -> Counter[str]:
    """P6: no lane has a token of another or disturbs another, and nothing of a lane is left behind."""
    process, before = psutil.Process(), asyncio.all_tasks()
    async with rig(store, seed) as tested:
        handles: list[int] = []
        for number in range(count):
            await tested.compare(number)
            if number % 10 == 0:
                await tested.check_stored()
                handles.append(process.num_fds())
        kept_open = sum(proxy.connection_count for proxy in tested.proxies)
        middle = handles[len(handles) // 2 :]
        assert max(middle) - min(handles) < 60, handles  # kept-alive connections, and no more
        print(f"\nP6 {count} comparisons: {dict(tested.ends)}, {kept_open} connections")
        print(f"P6 open handles: first {handles[0]}, most {max(handles)}, last {handles[-1]}")
    assert asyncio.all_tasks() == before
    assert process.children() == []
    await until(lambda: not any((folder / "journal").iterdir()))
    assert process.num_fds() <= handles[0]
    return tested.ends


async def test_p6_four_lanes_through_a_harmful_network(store: Store, tmp_path: Path) -> None:
    ends = await check_comparisons(store, tmp_path, 50, seed=6)
    assert sum(ends.values()) == 200


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_p6_a_thousand_comparisons_through_a_harmful_network(store: Store, tmp_path: Path) -> None:
    ends = await check_comparisons(store, tmp_path, 1_000, seed=60)
    assert sum(ends.values()) == 4_000
    assert len(ends) >= 6


async def test_p6_canary_a_token_in_the_wrong_lane_is_found(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Server._write

    async def swapped(self: Server, call: Call, script: Script, *, is_ollama: bool) -> None:
        other = self.chance.choice([one for one in self.scripts.values() if one is not script])
        script.pieces, kept = other.pieces[:1] + script.pieces[1:], script.pieces
        try:
            await written(self, call, script, is_ollama=is_ollama)
        finally:
            script.pieces = kept

    monkeypatch.setattr(Server, "_write", swapped)
    with pytest.raises(AssertionError):
        await check_comparisons(store, tmp_path, 5, seed=6)


async def test_p6_canary_a_generation_asked_twice_is_found(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = OpenAICompatible.stream

    async def stubborn(self: OpenAICompatible, request: Request) -> AsyncGenerator[Chunk, None]:
        for _ in range(2):
            try:
                async with contextlib.aclosing(stream(self, request)) as chunks:
                    async for chunk in chunks:
                        yield chunk
                return
            except Interrupted:
                continue

    monkeypatch.setattr(OpenAICompatible, "stream", stubborn)
    with pytest.raises(AssertionError, match="repeated"):
        await check_comparisons(store, tmp_path, 10, seed=6)


async def test_p6_canary_a_lane_that_another_disturbs_is_found(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_lane = Comparison._run_lane

    async def fragile(self: Comparison, lane: Lane, *, is_oversized_allowed: bool) -> None:
        await run_lane(self, lane, is_oversized_allowed=is_oversized_allowed)
        if lane.has_failed:
            self.stop_all()

    monkeypatch.setattr(Comparison, "_run_lane", fragile)
    with pytest.raises(AssertionError, match="STOPPED"):
        await check_comparisons(store, tmp_path, 10, seed=6)
