"""Custom models of the built-in engine: what they add to a request, and a real adapter at work."""

import random
import struct
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from slmdesk.base.errors import LoadFailed
from slmdesk.engines.base import Delta, Message, Options, Request
from slmdesk.engines.builtin.custom_models import CustomModel
from slmdesk.engines.builtin.engine import BuiltinEngine
from tests import models
from tests.data.gguf import F32, STRING, entry, gguf, tensor

BASE = models.STARTER_NAME
WIDTH, RANK = 576, 4  # of the starter


def asked(text: str, *, model: str = "pirate", system: str = "", **options: object) -> Request:
    messages = (Message("user", text),)
    if system:
        messages = (Message("system", system), *messages)
    return Request(model, messages, Options(context_tokens=512, **options))  # type: ignore[arg-type]  # any of them


def test_what_the_request_says_goes_first() -> None:
    custom = CustomModel(
        "pirate", BASE, "Be a pirate.", {"temperature": 0.5, "num_predict": 9, "stop": ["END"]}
    )
    bare = custom.dressed(asked("Hi"))
    assert [message.content for message in bare.messages] == ["Be a pirate.", "Hi"]
    assert (bare.options.temperature, bare.options.max_tokens, bare.options.stop) == (0.5, 9, ("END",))
    own = custom.dressed(asked("Hi", system="Be a monk.", temperature=0.0, max_tokens=3, stop=("X",)))
    assert [message.content for message in own.messages] == ["Be a monk.", "Hi"]
    assert (own.options.temperature, own.options.max_tokens, own.options.stop) == (0.0, 3, ("X",))


async def test_another_prompt_under_the_same_name_is_another_model(engine: BuiltinEngine) -> None:
    digests = []
    for system in ("Be a pirate.", "Be a monk.", "Be a pirate."):
        engine.custom_models.save(CustomModel("pirate", BASE, system))
        digests.append(next(model.digest for model in await engine.models() if model.name == "pirate"))
    assert digests[0] == digests[2] != digests[1]
    assert digests[0]


def adapter(strength: float) -> bytes:
    """A LoRA adapter of noise for the first layer's queries."""
    chance = random.Random(3)
    down = struct.pack(f"<{WIDTH * RANK}f", *(chance.gauss(0, strength) for _ in range(WIDTH * RANK)))
    up = struct.pack(f"<{WIDTH * RANK}f", *(chance.gauss(0, strength) for _ in range(WIDTH * RANK)))
    entries = [
        entry("general.architecture", STRING, "llama"),
        entry("general.type", STRING, "adapter"),
        entry("adapter.type", STRING, "lora"),
        entry("adapter.lora.alpha", F32, float(RANK)),
    ]
    tensors = [
        tensor("blk.0.attn_q.weight.lora_a", (WIDTH, RANK)),
        tensor("blk.0.attn_q.weight.lora_b", (RANK, WIDTH), offset=len(down)),
    ]
    return gguf(entries, tensors, down + up)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[BuiltinEngine]:
    running = BuiltinEngine(tmp_path, (), threads=1, idle_unload_s=60, free_bytes=lambda: 16_000_000_000)
    yield running
    await running.aclose()


async def answer(engine: BuiltinEngine, request: Request) -> str:
    text = ""
    async with aclosing(engine.stream(request)) as chunks:
        async for chunk in chunks:
            text += chunk.text if isinstance(chunk, Delta) else ""
    return text


@pytest.mark.engine
async def test_a_custom_model_is_its_base_in_memory(engine: BuiltinEngine) -> None:
    system = "You are a pirate called Redbeard. Always say your name."
    engine.custom_models.save(CustomModel("pirate", BASE, system, {"temperature": 0, "num_predict": 16}))
    custom = await answer(engine, asked("Who are you?"))
    plain = await answer(
        engine, asked("Who are you?", model=BASE, system=system, temperature=0.0, max_tokens=16)
    )
    assert custom == plain
    assert custom != await answer(engine, asked("Who are you?", model=BASE, temperature=0.0, max_tokens=16))
    assert [model.name for model in await engine.loaded()] == [BASE]
    assert await engine.count_tokens("pirate", "Hello there") == 2
    await engine.unload("pirate")
    assert await engine.loaded() == []


@pytest.mark.engine
async def test_an_adapter_changes_the_answers(engine: BuiltinEngine, tmp_path: Path) -> None:
    path = tmp_path / "noise.lora"
    path.write_bytes(adapter(2.0))
    parameters = {"temperature": 0, "num_predict": 12}
    engine.custom_models.save(CustomModel("pirate", BASE, "", parameters, str(path)))
    changed = await answer(engine, asked("Who are you?"))
    plain = await answer(engine, asked("Who are you?", model=BASE, temperature=0.0, max_tokens=12))
    assert changed != plain
    assert {model.name for model in await engine.loaded()} == {BASE, "pirate"}


@pytest.mark.engine
async def test_an_adapter_of_another_model_is_refused_in_words(engine: BuiltinEngine, tmp_path: Path) -> None:
    path = tmp_path / "wrong.lora"
    path.write_bytes(adapter(2.0).replace(b"blk.0.attn_q.weight.lora_a", b"blk.9.attn_x.weight.lora_a"))
    engine.custom_models.save(CustomModel("pirate", BASE, "", {}, str(path)))
    with pytest.raises(LoadFailed):
        await answer(engine, asked("Who are you?"))
