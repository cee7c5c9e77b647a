"""Which engine a name means, and that one engine's trouble is not another's."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from slmdesk.base.errors import EngineError, EngineOffline, ModelMissing
from slmdesk.engines.base import Capabilities, Chunk, Engine, LoadedModel, ModelInfo, Request, Vector
from slmdesk.engines.registry import Registry


class Shelf:
    """An engine that offers names, or a problem, and generates nothing."""

    capabilities = Capabilities()
    address = ""
    is_local = True

    def __init__(self, engine_id: str, *names: str, problem: EngineError | None = None) -> None:
        self.id = self.label = engine_id
        self.names = names
        self.problem = problem
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_closed = False

    async def models(self) -> list[ModelInfo]:
        await self.gate.wait()
        if self.problem:
            raise self.problem
        return [ModelInfo(self.id, name) for name in self.names]

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        raise EngineOffline("nothing to say")
        yield

    async def embed(self, model: str, texts: Sequence[str]) -> list[Vector]:
        return []

    async def count_tokens(self, model: str, text: str) -> int | None:
        if self.problem:
            raise self.problem
        return len(text.split())

    async def loaded(self) -> list[LoadedModel]:
        if self.problem:
            raise self.problem
        return [LoadedModel(self.id, name) for name in self.names]

    async def unload(self, model: str) -> None: ...

    async def renew(self, model: str) -> None: ...

    async def aclose(self) -> None:
        self.is_closed = True


async def looked_at(*engines: Engine) -> Registry:
    registry = Registry(engines)
    await registry.refresh()
    return registry


async def test_each_engine_has_its_own_state() -> None:
    registry = await looked_at(Shelf("a", "x"), Shelf("b", problem=EngineOffline("gone")), Shelf("c"))
    assert [model.ref for model in registry.models()] == ["a/x"]
    assert list(registry.states) == ["a", "b", "c"]
    assert (registry.states["b"].problem, registry.states["b"].is_online) == ("gone.", False)
    assert registry.states["b"].next_step
    assert registry.states["c"].is_online


async def test_a_slow_engine_holds_up_nobody() -> None:
    slow, quick = Shelf("slow", "x"), Shelf("quick", "y")
    slow.gate.clear()
    registry = Registry([slow, quick])
    seen: list[list[str]] = []
    registry.changed.subscribe(lambda _: seen.append(list(registry.states)))
    refresh = asyncio.ensure_future(registry.refresh())
    async with asyncio.timeout(5):
        while not seen:  # noqa: ASYNC110 - a plain callback has no event
            await asyncio.sleep(0)
    assert seen == [["quick"]]
    slow.gate.set()
    await refresh
    assert seen[-1] == ["slow", "quick"]


@pytest.mark.parametrize(
    ("ref", "engine_id", "name"),
    [
        ("a/x", "a", "x"),
        ("b/qwen3:4b", "b", "qwen3:4b"),
        ("b/hf.co/me/it:q4", "b", "hf.co/me/it:q4"),
        ("hf.co/me/it:q4", "b", "hf.co/me/it:q4"),
        ("qwen3:4b", "b", "qwen3:4b"),
        ("b/tiny", "b", "tiny:latest"),
        ("tiny", "b", "tiny:latest"),
        ("down/anything", "down", "anything"),
    ],
)
async def test_resolve(ref: str, engine_id: str, name: str) -> None:
    down = Shelf("down", problem=EngineOffline("gone"))
    registry = await looked_at(
        Shelf("a", "x", "both"), Shelf("b", "qwen3:4b", "hf.co/me/it:q4", "tiny:latest", "both"), down
    )
    engine, found = registry.resolve(ref)
    assert (engine.id, found) == (engine_id, name)


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("both", "a/both and b/both"),
        ("a/y", "a/x"),
        ("quen3:4b", "b/qwen3:4b"),
        ("b/qwen3", "b/qwen3:4b"),
        ("zzzzzzzz", "another model"),
        ("", "another model"),
    ],
)
async def test_a_wrong_name_gets_near_ones(ref: str, words: str) -> None:
    registry = await looked_at(Shelf("a", "x", "both"), Shelf("b", "qwen3:4b", "both"))
    with pytest.raises(ModelMissing) as caught:
        registry.resolve(ref)
    assert words in caught.value.next_step


async def test_an_engine_not_looked_at_is_believed() -> None:
    assert Registry([Shelf("a")]).resolve("a/new")[1] == "new"


async def test_info() -> None:
    registry = await looked_at(Shelf("a", "x", "tiny:latest"))
    assert registry.info("a/x") == ModelInfo("a", "x")
    assert registry.info("a/tiny") == ModelInfo("a", "tiny:latest")
    assert registry.info("x") is None


async def test_loaded_leaves_out_who_does_not_answer() -> None:
    registry = await looked_at(Shelf("a", "x"), Shelf("b", "y", problem=EngineOffline("gone")))
    assert [model.ref for model in await registry.loaded()] == ["a/x"]


async def test_replace_keeps_what_is_known_and_hands_back_what_is_gone() -> None:
    kept, gone = Shelf("a", "x"), Shelf("b", "y")
    registry = await looked_at(kept, gone)
    assert registry.replace([kept, Shelf("c", "z")]) == (gone,)
    assert list(registry.states) == ["a"]
    assert registry.replace([new := Shelf("a", "n")])[0] is kept
    assert list(registry.states) == []  # the id is the same, the engine is not
    await registry.aclose()
    assert new.is_closed
    assert not gone.is_closed


async def test_a_look_at_an_engine_that_was_replaced_meanwhile_is_dropped() -> None:
    old = Shelf("a", "old")
    old.gate.clear()
    registry = Registry([old])
    refresh = asyncio.ensure_future(registry.refresh())
    await asyncio.sleep(0)
    registry.replace([Shelf("a", "new")])
    old.gate.set()
    await refresh
    assert registry.models() == []


@pytest.mark.parametrize(
    ("refs", "seen"),
    [
        (["a/x"], ["a"]),
        (["a/x", "b/y"], ["a", "b"]),
        (["a/x", "bare"], ["a", "b", "c"]),  # a bare name may be anybody's
        (["gone/x"], ["a", "b", "c"]),
        ([], ["a", "b", "c"]),
    ],
)
async def test_only_the_engines_that_are_named_are_looked_at(refs: list[str], seen: list[str]) -> None:
    registry = Registry([Shelf("a", "x"), Shelf("b", "y"), Shelf("c", "z")])
    await registry.refresh(refs)
    assert list(registry.states) == seen
    assert [model.engine_id for model in await registry.loaded(refs)] == seen


async def test_tokens_are_counted_or_not_but_nothing_is_raised() -> None:
    registry = await looked_at(Shelf("a", "x"), Shelf("b", "y", problem=EngineOffline("gone")))
    assert await registry.count_tokens("a/x", "two words") == 2
    assert await registry.count_tokens("a/none", "two words") is None
    assert await registry.count_tokens("b/y", "two words") is None


async def test_a_model_is_lost_with_its_engine_or_where_the_engine_answers_without_it() -> None:
    registry = await looked_at(Shelf("a", "x"), Shelf("b", problem=EngineOffline("gone")))
    assert not registry.is_lost("a/x")
    assert registry.is_lost("a/y")
    assert not registry.is_lost("b/x")  # nobody knows
    assert registry.is_lost("c/x")
    assert not Registry().is_lost("c/x")  # the engines are not built yet
