"""Room counts what is loaded, what runs elsewhere, and what an engine would give back."""

from pathlib import Path

from slmdesk.base.errors import EngineOffline
from slmdesk.config.paths import Paths
from slmdesk.engines.base import Capabilities, LoadedModel, Options
from slmdesk.engines.registry import Registry
from slmdesk.features.catalog.catalogue_file import CatalogueFile
from slmdesk.features.catalog.room import Room
from tests.fakes.scripted_engine import ScriptedEngine, says

GB = 1_000_000_000


async def room_of(engine: ScriptedEngine, free_bytes: int | None = 4 * GB, video_bytes: int = 0) -> Room:
    async def free_video_bytes() -> int:
        return video_bytes

    registry = Registry([engine])
    await registry.refresh()
    room = Room(registry, lambda: free_bytes, free_video_bytes)
    await room.refresh()
    return room


def engine(**more: object) -> ScriptedEngine:
    sizes = {"small": GB, "large": 9 * GB}
    return ScriptedEngine({name: says("x") for name in (*sizes, "odd")}, sizes=sizes, **more)  # type: ignore[arg-type]  # named as in the class


async def test_what_is_needed_and_what_fits() -> None:
    room = await room_of(engine(in_memory={"large": 4096}))
    assert room.fit("scripted/small", 4096).words == "fits · 1.2 GB"  # type: ignore[union-attr]  # it is known
    assert room.needed_bytes("scripted/small", 4096) == room.fit("scripted/small", 4096).needed_bytes  # type: ignore[union-attr]  # as above
    assert room.fit("scripted/large", 4096).kind == "fits"  # type: ignore[union-attr]  # it is loaded
    assert room.needed_bytes("scripted/large", 4096) == 0
    assert room.needed_bytes("scripted/large", 8192) == room.fit("scripted/large", 8192).needed_bytes  # type: ignore[union-attr]  # as above
    assert room.needed_bytes("scripted/odd", 4096) is None
    assert room.fit("scripted/none", 4096) is None
    assert room.needed_bytes("scripted/none", 4096) is None


async def test_a_context_beyond_the_training_is_loaded_as_far_as_it_goes() -> None:
    room = await room_of(engine(in_memory={"large": 8192}))
    assert room.needed_bytes("scripted/large", 100_000) == 0


async def test_what_runs_elsewhere_needs_nothing_here() -> None:
    for away in (engine(is_local=False), engine(capabilities=Capabilities())):
        room = await room_of(away)
        assert room.fit("scripted/large", 4096) is None
        assert room.needed_bytes("scripted/large", 4096) == 0
        assert await room.check("scripted/large", Options()) is None


async def test_no_load_above_90_per_cent_of_what_can_be_had() -> None:
    room = await room_of(engine())
    problem = await room.check("scripted/large", Options())
    assert problem
    assert problem.message == "large needs about 10.0 GB with this context, and 4.0 GB can be had."
    assert (problem.needed_bytes, problem.free_bytes) == (room.needed_bytes("scripted/large", 4096), 4 * GB)
    assert await room.check("scripted/small", Options()) is None
    assert await room.check("scripted/odd", Options()) is None
    assert await room.check("scripted/none", Options()) is None


async def test_an_engine_makes_room_by_itself() -> None:
    scripted = engine()
    room = await room_of(scripted)
    scripted.sizes = {"large": 9 * GB, "small": 8 * GB}
    scripted.in_memory["small"] = 4096
    assert await room.check("scripted/large", Options()) is None


async def test_a_model_loaded_since_the_last_look_is_no_load() -> None:
    scripted = engine()
    room = await room_of(scripted)
    scripted.in_memory["large"] = 4096
    scripted.sizes = {"large": 1}
    assert await room.check("scripted/large", Options()) is None


async def test_an_engine_that_does_not_tell_gives_nothing_back() -> None:
    scripted = engine()
    room = await room_of(scripted)

    async def fail() -> list[object]:
        raise EngineOffline("gone")

    scripted.loaded = fail  # type: ignore[method-assign, assignment]  # the fault of this test
    assert await room.check("scripted/large", Options())


async def test_unknown_free_memory_refuses_nothing_and_is_asked_once_a_second() -> None:
    room = await room_of(engine(), None)
    assert await room.check("scripted/large", Options()) is None
    looks = iter([5 * GB])
    room._ask_free_bytes = lambda: next(looks)
    room._asked_at = float("-inf")
    assert room.free_bytes == room.free_bytes == 5 * GB


async def test_the_memory_of_graphics_cards_is_for_engines_that_use_it() -> None:
    room = await room_of(engine(), video_bytes=8 * GB)
    assert room.fit("scripted/large", 4096).kind == "tight"  # type: ignore[union-attr]  # it is known
    assert await room.check("scripted/large", Options()) is None
    room = await room_of(engine(id="builtin"), video_bytes=8 * GB)
    assert room.fit("builtin/large", 4096).kind == "too large"  # type: ignore[union-attr]  # as above


async def test_the_builtin_engine_refuses_by_itself() -> None:
    room = await room_of(engine(id="builtin"))
    assert await room.check("builtin/large", Options()) is None


async def test_what_happens_if_one_more_is_loaded() -> None:
    server = engine()
    room = await room_of(server)
    assert room.fit("scripted/small", 4096).outlook == "Would need 1.2 GB; 4.0 GB free."  # type: ignore[union-attr]  # as above
    assert room.fit("scripted/odd", 4096).outlook == ""  # type: ignore[union-attr]  # as above
    room.loaded = {"scripted/small": LoadedModel("scripted", "small", GB, expires_at=1.0)}
    outlook = room.fit("scripted/large", 4096).outlook  # type: ignore[union-attr]  # as above
    assert outlook == "Would need 10.0 GB; 4.0 GB free; not enough even when small leaves."
    room.loaded = {"scripted/large": LoadedModel("scripted", "large", 9 * GB)}
    assert room.fit("scripted/large", 4096).outlook == ""  # type: ignore[union-attr]  # it is loaded


async def test_every_look_is_told() -> None:
    room = await room_of(engine(in_memory={"small": 4096}))
    told: list[list[str]] = []
    room.looked.subscribe(lambda loaded: told.append(list(loaded)))
    await room.refresh()
    assert told == [["scripted/small"]]


async def test_what_the_catalogue_knows_of_the_layers_counts_but_for_the_built_in_engine() -> None:
    for engine_id, is_known in (("ollama", True), ("builtin", False)):
        gemma = ScriptedEngine({"gemma3:12b": says("x")}, id=engine_id, sizes={"gemma3:12b": 8 * GB})
        registry = Registry([gemma])
        await registry.refresh()
        catalogue = CatalogueFile(Paths(Path("none")))
        plain, told = (
            Room(registry, lambda: 64 * GB, **more).fit(f"{engine_id}/gemma3:12b", 32_768)
            for more in ({}, {"shape_of": catalogue.shape_of})
        )
        assert (told.kv_bytes != plain.kv_bytes) == is_known
