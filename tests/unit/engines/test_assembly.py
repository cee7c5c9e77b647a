"""The engines of the settings: kept while their settings stay, rebuilt when not, refused with a sentence."""

from dataclasses import replace
from pathlib import Path

import pytest

from slmdesk.config.servers import ServerAddress
from slmdesk.config.settings import Settings
from slmdesk.engines.assembly import OWN_IDS, Assembly
from slmdesk.engines.ollama.engine import OllamaEngine

BOX = ServerAddress("box", "Box", "http://127.0.0.1:9/v1")


@pytest.fixture
def keys() -> dict[str, str]:
    return {}


@pytest.fixture
def assembly(tmp_path: Path, keys: dict[str, str]) -> Assembly:
    return Assembly(tmp_path, keys.get, lambda: None, lambda: 1)


def test_the_engines_in_the_order_of_the_picker(assembly: Assembly) -> None:
    engines, problems = assembly.build(Settings(openai_servers=(BOX,)))
    assert [engine.id for engine in engines] == [*OWN_IDS, "box"]
    assert problems == []


def test_what_did_not_change_is_kept(assembly: Assembly, keys: dict[str, str]) -> None:
    settings = Settings(openai_servers=(BOX,))
    builtin, ollama, box = assembly.build(settings)[0]

    assert assembly.build(replace(settings, theme="dark", model_files=("/m.gguf",)))[0] == (
        builtin,
        ollama,
        box,
    )
    assert assembly.build(replace(settings, threads=3))[0][1:] == (ollama, box)
    keys[BOX.address] = "sk-new"
    engines, _ = assembly.build(settings)
    assert engines[1] is ollama
    assert engines[0] is not builtin  # other threads were asked for in between
    assert engines[2] is not box


async def test_ollama_serves_as_many_at_once_as_the_settings_say(assembly: Assembly) -> None:
    engine = assembly.build(Settings(ollama_at_once=2))[0][1]
    assert engine.id == "ollama"
    async with engine._turns.place(), engine._turns.place(), engine._turns.place() as third:
        assert engine._turns.ahead_of(third) == 0
    assert assembly.build(Settings(ollama_at_once=2))[0][1] is engine
    assert assembly.build(Settings())[0][1] is not engine


async def test_the_users_files_reach_the_engine_that_is_there(assembly: Assembly, tmp_path: Path) -> None:
    builtin = assembly.build(Settings())[0][0]
    assembly.build(Settings(model_files=(str(tmp_path / "mine.gguf"),)))
    assert "mine" in [model.name for model in await builtin.models()]
    await builtin.aclose()


def test_an_address_that_is_none_costs_no_other_engine(assembly: Assembly) -> None:
    engines, (problem,) = assembly.build(Settings(ollama_host="ftp://box", openai_servers=(BOX,)))
    assert [engine.id for engine in engines] == ["builtin", "box"]
    assert "ftp://box" in problem


@pytest.mark.parametrize("taken", OWN_IDS)
def test_a_server_does_not_take_the_place_of_an_own_engine(assembly: Assembly, taken: str) -> None:
    engines, (problem,) = assembly.build(Settings(openai_servers=(replace(BOX, id=taken), BOX)))
    assert [engine.id for engine in engines] == [*OWN_IDS, "box"]
    assert f"“Box” has the id “{taken}”" in problem


def test_the_own_ids_are_those_of_the_engines(assembly: Assembly) -> None:
    assert tuple(engine.id for engine in assembly.build(Settings())[0]) == OWN_IDS


async def test_each_kind_of_server_has_its_engine(assembly: Assembly, keys: dict[str, str]) -> None:
    lan = ServerAddress("ollama:lan", "LAN", "http://192.0.2.1:11434", "ollama")
    cloud = ServerAddress("openai", "OpenAI", "https://api.openai.com/v1", "openai")
    azure = ServerAddress("az", "Azure", "https://a.openai.azure.com:443", "azure", ("gpt",), "2024-10-21")
    keys[cloud.address] = "sk-1"
    engines, problems = assembly.build(Settings(openai_servers=(BOX, lan, cloud, azure)))
    assert problems == []
    by_id = {engine.id: engine for engine in engines}
    assert isinstance(by_id["ollama:lan"], OllamaEngine)
    assert [by_id[one].is_local for one in ("box", "ollama:lan", "openai", "az")] == [
        True,
        False,
        False,
        False,
    ]
    assert by_id["az"].address == "https://a.openai.azure.com:443"
    assert by_id["ollama:lan"].label == "LAN"
