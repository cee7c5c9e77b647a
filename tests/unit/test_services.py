"""The composition root opens quickly, builds what the settings ask for, and closes all of it in time."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from slmdesk.base.errors import AlreadyRunning, DataFolderUnusable, EngineOffline
from slmdesk.config.paths import Paths
from slmdesk.config.secrets import Secrets
from slmdesk.config.servers import ServerAddress
from slmdesk.config.settings import Settings, load_settings, save_settings
from slmdesk.engines.assembly import Assembly
from slmdesk.engines.base import Options
from slmdesk.engines.discovery import discover
from slmdesk.features.compare.plan import LaneSpec
from slmdesk.features.monitor.gpus import GpuSample
from slmdesk.features.monitor.processes import ProcessShare
from slmdesk.features.monitor.sampler import Sample
from slmdesk.features.pulls.pasted import HubModel
from slmdesk.services import STARTER_MODEL, Services
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until

GB = 1_000_000_000


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> ScriptedEngine:
    """The only engine that the services find."""
    scripted = ScriptedEngine({"m": says("hello"), "n": says("hi")}, sizes={"m": GB, "n": 900 * GB})
    monkeypatch.setattr(Assembly, "build", lambda _self, _settings: ((scripted,), ()))
    return scripted


@pytest_asyncio.fixture
async def services(engine: ScriptedEngine, tmp_path: Path) -> AsyncIterator[Services]:
    opened = Services.open(tmp_path / "data")
    await opened.start()
    yield opened
    await opened.aclose()


async def test_a_chat_and_a_comparison_through_the_services(services: Services) -> None:
    assert services.default_model() == STARTER_MODEL
    session = await services.session()
    assert session.chat.settings.model_ref == STARTER_MODEL
    await session.update_settings(replace(session.chat.settings, model_ref="scripted/m"))
    await session.send("hello?")
    assert session.messages[-1].text == "hello"
    assert await services.session(session.chat.id) is session

    comparison = services.comparison()
    specs = [LaneSpec("scripted/m"), LaneSpec("scripted/m", Options(seed=1))]
    plan = services.plan(specs)
    assert plan.words.startswith(("Both fit together", "Both need no more memory"))
    await comparison.run("hello?", specs, plan)
    assert [lane.state_word for lane in comparison.lanes] == ["done", "done"]
    assert services.plan(specs, is_sequential=True).groups == ((0,), (1,))


async def test_a_new_chat_begins_as_settings_and_preset_say(services: Services) -> None:
    await services.update_settings(replace(services.settings, default_context_tokens=2048))
    plain = (await services.session()).chat.settings
    assert (plain.options["context_tokens"], plain.options["temperature"]) == (2048, None)
    await services.presets.set_default("scripted/m", "extraction")
    await services.presets.set_default(STARTER_MODEL, "tutor")
    tutor = (await services.session()).chat.settings
    assert tutor.system_prompt == services.presets.named("tutor").system_prompt
    assert (tutor.options["context_tokens"], tutor.options["temperature"]) == (2048, 0.5)
    assert services.new_chat_settings("scripted/m").options["context_tokens"] == 8192
    assert services.new_chat_settings("scripted/n").system_prompt == ""


async def test_pulls_are_kept_though_chats_are_not(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.create()
    save_settings(paths, Settings(is_history_kept=False))
    for expected in ([], ["hf.co/org/x"]):
        passing = Services.open(tmp_path)
        await passing.keeper.queue.load()
        assert [pull.name for pull in passing.keeper.queue.pulls] == expected
        await passing.keeper.queue.add(HubModel("org/x"))
        await passing.aclose()
    beside = Services.open(tmp_path, is_kept=False)  # another program may have the folder
    assert beside.keeper.queue.pulls == []
    await beside.aclose()


async def test_chats_that_are_not_kept_are_gone_at_the_end_and_after_a_crash(
    engine: ScriptedEngine, tmp_path: Path
) -> None:
    kept = Services.open(tmp_path)
    await kept.session()
    await kept.update_settings(replace(kept.settings, is_history_kept=False))
    await kept.aclose()

    passing = Services.open(tmp_path)
    await (await passing.session()).send("a secret")
    assert len(await passing.chats.list()) == 1
    assert passing.database.path.is_relative_to(passing.paths.passing)
    await passing.aclose()
    assert not passing.paths.passing.exists()

    passing.paths.passing.mkdir()
    (passing.paths.passing / "slmdesk.sqlite").write_text("left by a crash")
    save_settings(passing.paths, replace(passing.settings, is_history_kept=True))
    again = Services.open(tmp_path)
    assert not again.paths.passing.exists()
    assert len(await again.chats.list()) == 1
    await again.aclose()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"a secret" in path.read_bytes()]


async def test_everything_can_be_forgotten(services: Services) -> None:
    await services.session()
    services.activity.add("chat", "A chat was begun.")
    await services.forget_everything()
    assert await services.chats.list() == []
    assert services.activity.entries() == ()


async def test_notices_are_found_in_the_log_of_activity(tmp_path: Path, engine: ScriptedEngine) -> None:
    (tmp_path / "settings.json").write_text("[")
    first = Services.open(tmp_path)
    await first.aclose()
    again = Services.open(tmp_path)
    assert [entry.kind for entry in again.activity.entries()] == ["notice"]
    assert "damaged" in again.activity.entries()[0].sentence
    await again.aclose()


async def test_a_column_goes_on_as_a_chat_with_its_turns_and_settings(services: Services) -> None:
    comparison = services.comparison()
    specs = [LaneSpec("scripted/m", Options(seed=4), "Be brief.", is_thinking=True), LaneSpec("scripted/n")]
    await comparison.run("one", specs, services.plan(specs))
    await comparison.follow_up("two", services.plan(specs))
    session = await services.chat_from(comparison.continuation(0))
    assert [(message.role, message.text) for message in session.messages] == [
        ("user", "one"),
        ("assistant", "hello"),
        ("user", "two"),
        ("assistant", "hello"),
    ]
    assert session.options == Options(seed=4)
    assert session.chat.settings.system_prompt == "Be brief."
    assert session.chat.settings.is_thinking
    assert session.messages[-1].timings["output_tokens"] == 2
    assert services.memory_bytes("scripted/m", 4096)
    await session.send("three")
    assert session.messages[-1].text == "hello"


async def test_the_load_of_other_programs_is_told_only_while_it_is_measured(services: Services) -> None:
    batch, comparison = services.batch(), services.comparison()
    specs = [LaneSpec("scripted/m"), LaneSpec("scripted/n")]
    await comparison.run("one", specs, services.plan(specs))
    assert comparison.machine.other_cpu_percent is None
    share = ProcessShare("Engine", (1,), 30.0, None)
    services.sampler.take(Sample(cpu_percent=75.0, processes=(share,)))
    await comparison.run("two", specs, services.plan(specs))
    assert comparison.machine.other_cpu_percent == 45.0
    await batch.create("x", ["p"], specs, services.plan(specs))
    assert batch.machine.other_cpu_percent == 45.0


async def test_a_session_that_nobody_holds_is_read_from_the_store_again(services: Services) -> None:
    session = await services.session()
    chat_id = session.chat.id
    await session.update_settings(replace(session.chat.settings, model_ref="scripted/m"))
    await session.send("kept?")
    del session
    again = await services.session(chat_id)
    assert [message.text for message in again.messages] == ["kept?", "hello"]


async def test_a_model_far_too_large_is_refused_by_chat_and_lane(
    services: Services, engine: ScriptedEngine
) -> None:
    assert services.fit("scripted/n").kind == "too large"  # type: ignore[union-attr]  # it is known
    session = await services.session()
    await session.update_settings(replace(session.chat.settings, model_ref="scripted/n"))
    await session.send("hello?")
    assert "can be had" in session.messages[-1].error
    comparison = services.comparison()
    specs = [LaneSpec("scripted/m"), LaneSpec("scripted/n")]
    plan = services.plan(specs)
    assert "n too large (9" in plan.words
    await comparison.run("hello?", specs, plan)
    assert [lane.state_word for lane in comparison.lanes] == ["done", "failed"]
    assert [request.model for request in engine.requests] == ["m"]


async def test_engines_are_asked_again_for_models_and_memory(
    services: Services, engine: ScriptedEngine
) -> None:
    engine.in_memory["n"] = 4096
    await services.refresh_engines()
    assert services.fit("scripted/n").kind == "fits"  # type: ignore[union-attr]  # it is loaded now
    assert services.sampler._engine_pids() == {}


async def test_free_memory_of_graphics_cards_is_summed(services: Services) -> None:
    cards = (GpuSample("a", None, 2 * GB, 8 * GB), GpuSample("b", None, None, 8 * GB), GpuSample("c"))
    services.sampler.latest = Sample(gpus=cards)
    assert await services._free_video_bytes() == 6 * GB


async def test_errors_of_jobs_reach_whoever_listens(services: Services) -> None:
    heard: list[tuple[str, Exception]] = []
    services.on_error = lambda key, error: heard.append((key, error))

    async def fail() -> None:
        raise ZeroDivisionError

    services.jobs.start("k", fail)
    await until(lambda: heard)
    assert (heard[0][0], type(heard[0][1])) == ("k", ZeroDivisionError)


@pytest.mark.warns_ok
async def test_errors_that_nobody_listens_to_are_logged(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    services.jobs.start("lonely", fail)
    await until(lambda: "lonely" in caplog.text)


async def test_one_instance_a_folder_and_a_private_store_beside_it(
    services: Services, engine: ScriptedEngine
) -> None:
    folder = services.paths.data_dir
    with pytest.raises(AlreadyRunning):
        Services.open(folder, has_window=False)
    beside = Services.open(folder, is_kept=False)
    private = beside.database.path.parent
    assert private != folder
    await beside.chats.create((await services.session()).chat.settings)
    await beside.aclose()
    assert not private.exists()
    assert len(await services.chats.list()) == 1


def test_a_folder_that_cannot_be_used_is_said_and_not_locked(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("I am no folder")
    with pytest.raises(DataFolderUnusable, match="file") as caught:
        Services.open(blocked)
    assert "--data-dir" in caught.value.next_step


async def test_damaged_files_are_kept_aside_and_said(tmp_path: Path, engine: ScriptedEngine) -> None:
    (tmp_path / "slmdesk.sqlite").write_bytes(b"no database " * 500)
    (tmp_path / "settings.json").write_text("{")
    services = Services.open(tmp_path)
    assert any("settings could not be read" in notice for notice in services.notices.current)
    assert any("database was damaged" in notice for notice in services.notices.current)
    await services.aclose()
    reopened = Services.open(tmp_path)
    assert reopened.notices.current == []
    await reopened.aclose()


async def test_closing_ends_jobs_then_engines_then_the_store(
    services: Services, engine: ScriptedEngine
) -> None:
    order: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            assert not engine.is_closed
            await services.chats.list()
            order.append("job")

    services.jobs.start("work", work)
    await asyncio.sleep(0)
    await services.aclose()
    assert order == ["job"]
    assert engine.is_closed
    with pytest.raises(RuntimeError):
        await services.chats.list()


@pytest.mark.warns_ok
async def test_closing_takes_less_than_three_seconds_whatever_hangs(
    tmp_path: Path, engine: ScriptedEngine
) -> None:
    services = Services.open(tmp_path)
    await services.start()
    is_let_go = asyncio.Event()

    async def never() -> None:
        await is_let_go.wait()

    async def stubborn() -> None:
        while not is_let_go.is_set():
            try:
                await is_let_go.wait()
            except asyncio.CancelledError:
                continue

    engine.aclose = never  # type: ignore[method-assign]  # the fault of this test
    task = services.jobs.start("stubborn", stubborn)
    await asyncio.sleep(0)
    begun = time.monotonic()
    await services.aclose()
    assert time.monotonic() - begun < 3
    await Services.open(tmp_path).aclose()  # the folder is free again
    is_let_go.set()
    await task


async def test_changed_settings_are_saved_and_only_their_engines_rebuilt(tmp_path: Path) -> None:
    services = Services.open(tmp_path)
    services.kept.now = Settings(ollama_host="http://127.0.0.1:9")
    heard: list[Settings] = []
    services.settings_changed.subscribe(heard.append)
    await services.start()
    before = {engine.id: engine for engine in services.registry.engines}
    assert list(before) == ["builtin", "ollama"]

    server = ServerAddress("box", "Box", "http://127.0.0.1:9/v1")
    changed = replace(services.settings, openai_servers=(server,))
    await services.update_settings(changed)
    after = {engine.id: engine for engine in services.registry.engines}
    assert list(after) == ["builtin", "ollama", "box"]
    assert after["builtin"] is before["builtin"]
    assert after["ollama"] is before["ollama"]

    changed = replace(changed, model_files=(str(tmp_path / "gone.gguf"),))
    await services.update_settings(changed)
    assert services.registry.engines[0] is before["builtin"]  # its answers go on
    gone = services.registry.info("builtin/gone")
    assert gone is not None
    assert "not there any more" in gone.problem
    assert heard[-1] == changed
    assert json.loads(services.paths.settings.read_text())["openai_servers"][0]["id"] == "box"

    services.secrets.set(server.address, "new key")
    await services.update_settings(replace(changed, ollama_host="what is this?"))
    last = {engine.id: engine for engine in services.registry.engines}
    assert list(last) == ["builtin", "box"]
    assert last["box"] is not after["box"]
    assert any(
        "name of a host" in notice or "not an address" in notice for notice in services.notices.current
    )
    await services.aclose()


async def test_a_keyring_that_asks_for_its_password_holds_up_no_other_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_unlocked = threading.Event()

    def read(_secrets: Secrets, _address: str) -> str | None:
        assert is_unlocked.wait(20)
        return "sk-1"

    monkeypatch.setattr(Secrets, "get", read)
    services = Services.open(tmp_path)
    box = ServerAddress("box", "Box", "http://127.0.0.1:9/v1")
    services.kept.now = Settings(ollama_host="http://127.0.0.1:9", openai_servers=(box,))
    starting = asyncio.ensure_future(services.start())
    await until(lambda: services.registry.info(STARTER_MODEL))
    assert not starting.done()
    is_unlocked.set()
    await starting
    assert [engine.id for engine in services.registry.engines] == ["builtin", "ollama", "box"]
    assert "box" in services.registry.states
    await services.aclose()


def test_threads_can_be_set_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    from slmdesk.features.monitor.sampler import usable_threads

    monkeypatch.setenv("SLMDESK_THREADS", "3")
    assert usable_threads() == 3
    monkeypatch.setenv("SLMDESK_THREADS", "none")
    assert usable_threads() >= 1


def test_before_the_first_paint_nothing_heavy_is_loaded(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from slmdesk.services import Services; "
        f"services = Services.open(Path({str(tmp_path)!r})); "
        "print(*(set(sys.modules) & set('httpx ollama openai pydantic keyring xllamacpp PySide6'.split())))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == []


async def test_a_server_that_is_found_is_on_offer_and_kept_once_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with OpenAIServer() as server:
        monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
        monkeypatch.setattr(
            "slmdesk.engines.servers.discover", lambda *known: discover(*known, (server.port,))
        )
        services = Services.open(tmp_path / "data")
        await services.start()
        assert services.servers.found == ()
        await services.servers.discover()
        (found,) = services.servers.found
        ref = f"{found.server.id}/small"
        assert services.registry.info(ref) is not None
        assert load_settings(services.paths).openai_servers == ()

        engine = services.registry.resolve(ref)[0]
        session = await services.session()
        await session.update_settings(replace(session.chat.settings, model_ref=ref))
        await session.send("hello?")
        assert session.messages[-1].text == "Hello"
        assert services.servers.found == ()
        assert load_settings(services.paths).openai_servers == (found.server,)
        assert services.registry.resolve(ref)[0] is engine  # its answers were not disturbed
        await services.update_settings(replace(services.settings, threads=1))
        assert services.registry.resolve(ref)[0] is engine
        await services.servers.discover()
        assert services.servers.found == ()
        await services.aclose()


async def test_a_found_server_that_has_gone_is_offered_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    services = Services.open(tmp_path / "data")
    await services.start()
    async with OpenAIServer() as server:
        monkeypatch.setattr(
            "slmdesk.engines.servers.discover", lambda *known: discover(*known, (server.port,))
        )
        await services.servers.discover()
        assert len(services.servers.found) == 1
    await services.servers.discover()
    assert services.servers.found == ()
    assert [engine.id for engine in services.registry.engines] == ["builtin", "ollama"]
    await services.aclose()


async def test_two_found_servers_used_at_once_are_both_kept(services: Services) -> None:
    one, two = (ServerAddress(f"port-{port}", str(port), f"http://127.0.0.1:{port}/v1") for port in (1, 2))
    await asyncio.gather(*(services.servers.keep(server) for server in (one, two, one)))
    assert set(services.settings.openai_servers) == {one, two}
    assert load_settings(services.paths).openai_servers == services.settings.openai_servers


@pytest.mark.warns_ok
async def test_what_went_wrong_is_in_the_activity(tmp_path: Path) -> None:
    services = Services.open(tmp_path)
    engine = ScriptedEngine({"a": (EngineOffline("It has gone."),)})
    services.registry.replace([engine])
    await services.registry.refresh()
    session = await services.session()
    await session.update_settings(replace(session.chat.settings, model_ref="scripted/a"))
    await session.send("Hi?")

    async def broken() -> None:
        raise ValueError("sk-secret")

    services.jobs.start("broken", broken)
    await until(lambda: len(services.activity.entries()) == 3)
    assert [(entry.kind, entry.sentence) for entry in services.activity.entries()] == [
        ("error", "A fault of the program in “broken”: ValueError."),
        ("error", f"In “Hi?”, scripted/a: {EngineOffline('It has gone.').sentence()}"),
        ("engine", "Scripted engine answers; models: 1."),
    ]
    engine.problem = EngineOffline("Nothing answers.")
    await services.registry.refresh()
    assert services.activity.entries()[0].sentence == (
        "Scripted engine does not answer any more. Nothing answers."
    )
    await services.aclose()
