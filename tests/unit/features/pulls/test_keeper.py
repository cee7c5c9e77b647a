"""Importing, custom models, copies, deletions and updates, on the real engines' own listing."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput, ModelMissing, RequestRefused
from slmdesk.features.pulls.importing import examine
from slmdesk.features.pulls.keeper import DiskRoom
from slmdesk.features.pulls.modelfile import modelfile
from slmdesk.features.pulls.pasted import WebFile, understand
from slmdesk.features.pulls.queue import PullState
from slmdesk.services import STARTER_MODEL, Services
from tests.data.gguf import STRING, U16, entry, gguf, mutated, small_model
from tests.fakes.file_server import FileServer
from tests.fakes.http_server import Call, HttpServer
from tests.fakes.replay_server import recorded_body

ADAPTER = gguf([entry("general.architecture", STRING, "llama"), entry("general.type", STRING, "adapter")])


@pytest.fixture
async def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Services]:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")
    opened = Services.open(tmp_path / "data", has_window=False)
    await opened.start()
    yield opened
    await opened.aclose()


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "My Tiny.gguf"
    path.write_bytes(small_model())
    return path


def refs(services: Services) -> list[str]:
    return [model.ref for model in services.registry.models() if model.ref != STARTER_MODEL]


async def test_a_file_is_offered_where_it_lies(services: Services, tiny: Path) -> None:
    place = await services.keeper.import_file(tiny)
    assert place == tiny.resolve()
    assert await services.keeper.ref_of(place) == "builtin/My_Tiny"
    await services.keeper.import_file(tiny)
    assert services.settings.model_files == (str(tiny.resolve()),)
    gone = await services.keeper.delete("builtin/My_Tiny")
    assert (gone.freed_bytes, gone.kept) == (0, tiny.resolve())
    assert tiny.exists()
    assert refs(services) == []


async def test_a_file_that_has_just_come_is_known(services: Services) -> None:
    path = services.paths.models / "Fresh.gguf"
    path.write_bytes(small_model())
    assert refs(services) == []  # nobody has looked since
    assert await services.keeper.ref_of(path) == "builtin/Fresh"


async def test_a_copy_is_ours_and_its_room_is_free_again(services: Services, tiny: Path) -> None:
    place = await services.keeper.import_file(tiny, is_copied=True)
    assert place == services.paths.models / "My_Tiny.gguf"
    assert place.read_bytes() == tiny.read_bytes()
    again = await services.keeper.import_file(tiny, is_copied=True)
    assert again.name == "My_Tiny-2.gguf"
    gone = await services.keeper.delete("builtin/My_Tiny")
    assert gone.freed_bytes == tiny.stat().st_size
    assert not place.exists()
    assert refs(services) == ["builtin/My_Tiny-2"]


async def test_a_model_in_parts_is_imported_by_any_of_them(services: Services, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        (tmp_path / f"big-0000{number}-of-00003.gguf").write_bytes(small_model(split__count=(U16, 3)))
    place = await services.keeper.import_file(tmp_path / "big-00002-of-00003.gguf", is_copied=True)
    assert place.name == "big-00001-of-00003.gguf"
    assert refs(services) == ["builtin/big"]
    await services.keeper.delete("builtin/big")
    assert not list(services.paths.models.glob("*.gguf"))


async def test_what_cannot_be_imported_says_why(services: Services, tmp_path: Path) -> None:
    text, half, adapter = tmp_path / "t.gguf", tmp_path / "h.gguf", tmp_path / "a.gguf"
    text.write_text("hello " * 100)
    half.write_bytes(small_model()[:-1000])
    adapter.write_bytes(ADAPTER)
    part = tmp_path / "x-00001-of-00002.gguf"
    part.write_bytes(small_model(split__count=(U16, 2)))
    for path, reason in (
        (text, "does not begin like a GGUF"),
        (half, "last 1,000 bytes are missing"),
        (adapter, "is an adapter"),
        (part, "part 2 of 2 is missing"),
        (tmp_path / "gone.gguf", "not there any more"),
        (tmp_path, "not a file|cannot be read|is a directory"),
    ):
        with pytest.raises(BadInput, match=reason):
            await services.keeper.import_file(path)
    assert refs(services) == []


def test_mutated_files_are_shown_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    for data in mutated(11, 300):
        path.write_bytes(data)
        try:
            found = examine(path)
        except BadInput:
            continue
        assert all(isinstance(value, str) for _, value in found.facts)


async def test_a_custom_model_is_offered_changed_copied_and_deleted(services: Services) -> None:
    keeper = services.keeper
    ref = await keeper.make("pirate", STARTER_MODEL, "You are a pirate.", {"temperature": 0, "stop": "END"})
    assert ref == "builtin/pirate"
    info = services.registry.info(ref)
    assert info is not None
    assert info.base == "smollm2-135m-instruct"
    details = await keeper.details(ref)
    assert details.system == "You are a pirate."
    assert details.parameters.splitlines() == ["temperature 0.0", 'stop "END"']
    assert "{%" in details.template
    text = await keeper.modelfile(ref)
    assert text.startswith("FROM /")
    assert 'SYSTEM """You are a pirate."""' in text

    await keeper.make("pirate", STARTER_MODEL, "You are a monk.", {})
    assert (await keeper.details(ref)).system == "You are a monk."
    assert await keeper.copy(ref, "monk") == "builtin/monk"
    assert refs(services) == ["builtin/monk", "builtin/pirate"]
    await keeper.delete(ref)
    assert refs(services) == ["builtin/monk"]


async def test_custom_models_that_are_refused(services: Services, tiny: Path, tmp_path: Path) -> None:
    keeper = services.keeper
    await keeper.import_file(tiny)
    await keeper.make("pirate", STARTER_MODEL, "", {})
    (tmp_path / "a.gguf").write_bytes(b"nothing")
    for name, base, parameters, adapter in (
        ("../x", STARTER_MODEL, {}, None),
        ("a b", STARTER_MODEL, {}, None),
        ("My_Tiny", STARTER_MODEL, {}, None),
        ("smollm2-135m-instruct", STARTER_MODEL, {}, None),
        ("x", "builtin/pirate", {}, None),
        ("x", STARTER_MODEL, {"temperature": 9}, None),
        ("x", STARTER_MODEL, {"seed": 1.5}, None),
        ("x", STARTER_MODEL, {"stop": [1]}, None),
        ("x", STARTER_MODEL, {"mirostat": 1}, None),
        ("x", STARTER_MODEL, {}, tiny),
        ("x", STARTER_MODEL, {}, tmp_path / "a.gguf"),
    ):
        with pytest.raises(BadInput):
            await keeper.make(name, base, "", parameters, adapter)  # type: ignore[arg-type]  # of several kinds
    with pytest.raises(ModelMissing):
        await keeper.make("x", "builtin/none", "", {})
    assert "builtin/x" not in refs(services)


async def test_a_custom_model_whose_base_or_adapter_is_gone_says_so(
    services: Services, tiny: Path, tmp_path: Path
) -> None:
    adapter = tmp_path / "a.gguf"
    adapter.write_bytes(ADAPTER)
    await services.keeper.import_file(tiny)
    await services.keeper.make("one", "builtin/My_Tiny", "", {})
    await services.keeper.make("two", STARTER_MODEL, "", {}, adapter)
    adapter.unlink()
    await services.keeper.delete("builtin/My_Tiny")
    one, two = (services.registry.info(f"builtin/{name}") for name in ("one", "two"))
    assert one is not None
    assert two is not None
    assert "base “My_Tiny” is not there" in one.problem
    assert "adapter a.gguf is not there" in two.problem
    with pytest.raises(ModelMissing):
        await services.keeper.details("builtin/one")
    await services.keeper.delete("builtin/one")
    assert services.registry.info("builtin/one") is None


async def test_a_file_that_hides_a_custom_model_is_the_one_deleted(services: Services) -> None:
    keeper, file = services.keeper, services.paths.models / "mine.gguf"
    await keeper.make("mine", STARTER_MODEL, "You are a pirate.", {})
    file.write_bytes(small_model())
    await services.refresh_engines()
    assert (await keeper.details("builtin/mine")).system == ""
    assert (await keeper.freed_by("builtin/mine")).freed_bytes == len(small_model())
    assert (await keeper.delete("builtin/mine")).freed_bytes == len(small_model())
    assert not file.exists()
    assert (await keeper.details("builtin/mine")).system == "You are a pirate."


async def test_the_name_of_a_custom_model_is_taken(services: Services, tmp_path: Path) -> None:
    await services.keeper.make("mine", STARTER_MODEL, "", {})
    copied = tmp_path / "mine.gguf"
    copied.write_bytes(small_model())
    assert (await services.keeper.import_file(copied, is_copied=True)).name == "mine-2.gguf"
    async with FileServer(files={"/mine.gguf": small_model()}) as server:
        queue = services.keeper.queue
        queue.start()
        pull = await queue.ended((await queue.add(WebFile(server.url("/mine.gguf"), "mine.gguf"))).id)
    assert [one.path.name for one in pull.pulled] == ["mine-3.gguf"]


async def test_the_starter_stays(services: Services) -> None:
    with pytest.raises(BadInput, match="belongs to the program"):
        await services.keeper.delete(STARTER_MODEL)


async def test_a_damaged_list_of_custom_models_is_kept_aside(services: Services) -> None:
    path = services.paths.models / "custom_models.json"
    path.write_text("{")
    await services.refresh_engines()
    assert refs(services) == []
    assert list(services.paths.models.glob("custom_models-damaged-*.json"))
    fine = '{"name": "ok", "base": "smollm2-135m-instruct"}'
    path.write_text(f'{{"models": [{{"name": "../x", "base": "y"}}, 5, {fine}]}}')
    await services.refresh_engines()
    assert refs(services) == ["builtin/ok"]


async def test_what_was_pulled_is_on_offer_and_its_update_is_seen(services: Services) -> None:
    async with FileServer(files={"/Tiny.gguf": small_model()}) as server:
        queue = services.keeper.queue
        await queue.load()
        queue.start()
        pull = await queue.ended((await queue.add(WebFile(server.url("/Tiny.gguf"), "Tiny.gguf"))).id)
        assert pull.state == PullState.DONE
        await services.refresh_engines()
        assert await services.keeper.ref_of_pull(pull) == "builtin/Tiny"
        assert await services.keeper.has_update("builtin/Tiny") is False
        server.files["/Tiny.gguf"] = small_model(general__name=(STRING, "Newer"))
        assert await services.keeper.has_update("builtin/Tiny") is True
    assert await services.keeper.has_update("builtin/Tiny") is None
    assert await services.keeper.has_update(STARTER_MODEL) is None
    await services.keeper.delete("builtin/Tiny")
    assert queue.pulls == []


class Ollama(HttpServer):
    """What a server says to the calls of `manage`, as recorded."""

    def __init__(self) -> None:
        super().__init__(self._reply)
        self.blobs: dict[str, bytes] = {}
        self.create = "create/custom"
        self.adapter = ""  # the line of a Modelfile that names one

    async def _reply(self, call: Call) -> None:
        digest = call.path.rpartition("/")[2]
        match call.method, call.path.rpartition("/")[0] if "blobs" in call.path else call.path:
            case "HEAD", "/api/blobs":
                await call.respond(200 if digest in self.blobs else 404, b"")
            case "POST", "/api/blobs":
                self.blobs[digest] = call.body
                await call.respond(201, b"")
            case "POST", "/api/create":
                await call.start(200, {"content-type": "application/x-ndjson"})
                await call.send(recorded_body(self.create))
                await call.end()
            case "POST", "/api/show":
                shown = json.loads(recorded_body("create/show-custom"))
                await call.respond(200, shown | {"modelfile": shown["modelfile"] + self.adapter})
            case "POST", "/api/copy":
                await call.respond(200, b"")
            case "DELETE", _:
                found = "x" not in call.json["model"]
                await call.respond(200 if found else 404, b"" if found else recorded_body("delete/missing"))
            case _, "/api/tags":
                await call.respond(200, recorded_body("models/tags-after"))
            case _:
                await call.respond(200, b'{"models":[]}')


@pytest.fixture
async def ollama(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Ollama, Services]]:
    async with Ollama() as server:
        monkeypatch.setenv("OLLAMA_HOST", server.address)
        opened = Services.open(tmp_path / "data", has_window=False)
        await opened.start()
        yield server, opened
        await opened.aclose()


async def test_ollama_makes_copies_and_deletes(ollama: tuple[Ollama, Services]) -> None:
    server, services = ollama
    keeper = services.keeper
    made = await keeper.make("breach:nine", "ollama/smollm2:135m", "You answer.", {"num_ctx": 2048})
    assert made == "ollama/breach:nine"
    assert server.to("/api/create")[0].json == {
        "model": "breach:nine",
        "from": "smollm2:135m",
        "system": "You answer.",
        "parameters": {"num_ctx": 2048},
    }
    info = services.registry.info("ollama/breach:nine")
    assert info is not None
    assert info.base == "smollm2:135m"
    details = await keeper.details("ollama/breach:nine")
    assert details.system == "You answer nine questions about a press report."
    assert details.license == "Apache-2.0"
    assert details.base == "smollm2:135m"
    assert (await keeper.modelfile("ollama/breach:nine")).startswith("# Modelfile generated")
    assert await keeper.copy("ollama/breach:nine", "breach:copy") == "ollama/breach:copy"
    assert server.to("/api/copy")[0].json == {"source": "breach:nine", "destination": "breach:copy"}
    gone = await keeper.delete("ollama/smollm2:135m")
    assert gone.freed_bytes == 98_362_745
    assert (await keeper.delete("ollama/breach:ten")).freed_bytes is None  # its layers belong to its base


async def test_ollama_gets_an_adapter(ollama: tuple[Ollama, Services], tmp_path: Path) -> None:
    server, services = ollama
    adapter = tmp_path / "a.gguf"
    adapter.write_bytes(ADAPTER)
    for _ in range(2):
        await services.keeper.make("x", "ollama/smollm2:135m", "", {}, adapter)
    (digest,) = server.blobs
    assert server.blobs[digest] == ADAPTER
    assert server.to("/api/create")[1].json["adapters"] == {"a.gguf": digest}


async def test_ollama_keeps_the_adapter_of_a_model_that_is_changed(
    ollama: tuple[Ollama, Services], tmp_path: Path
) -> None:
    server, services = ollama
    keeper, digest, base = services.keeper, "ab" * 32, "ollama/smollm2:135m"
    assert (await keeper.details("ollama/breach:nine")).kept_adapter == ""
    server.adapter = f"ADAPTER /models/blobs/sha256-{digest}\n"
    kept = (await keeper.details("ollama/breach:nine")).kept_adapter
    assert kept == f"sha256:{digest}"
    await keeper.make("breach:nine", base, "Else.", {}, kept_adapter=kept)
    assert server.to("/api/create")[-1].json["adapters"] == {"adapter.gguf": kept}
    assert not server.blobs  # it is not sent again
    other = tmp_path / "a.gguf"
    other.write_bytes(ADAPTER)
    await keeper.make("breach:nine", base, "Else.", {}, other, kept_adapter=kept)
    assert list(server.to("/api/create")[-1].json["adapters"]) == ["a.gguf"]


async def test_errors_of_a_creation(ollama: tuple[Ollama, Services]) -> None:
    server, services = ollama
    for name, error in (
        ("create/base-missing", ModelMissing),
        ("create/adapter-missing", RequestRefused),
        ("create/from-damaged-gguf", RequestRefused),
    ):
        server.create = name
        with pytest.raises(error):
            await services.keeper.make("x", "ollama/smollm2:135m", "", {})


def test_a_modelfile_is_one_that_ollama_reads() -> None:
    text = modelfile("qwen3:4b", "Be\nbrief.", {"temperature": 0.2, "stop": ["a b", '"']}, "/x/a.gguf")
    assert text.splitlines() == [
        "FROM qwen3:4b",
        "ADAPTER /x/a.gguf",
        "PARAMETER temperature 0.2",
        'PARAMETER stop "a b"',
        'PARAMETER stop "\\""',
        'SYSTEM """Be',
        'brief."""',
    ]
    for base, system in (("a\nSYSTEM x", ""), ("a", 'x """ y')):
        with pytest.raises(BadInput):
            modelfile(base, system)


async def test_what_a_deletion_frees_is_known_before(services: Services, tiny: Path) -> None:
    await services.keeper.import_file(tiny)
    before = await services.keeper.freed_by("builtin/My_Tiny")
    assert (before.freed_bytes, before.kept) == (0, tiny.resolve())
    await services.keeper.delete("builtin/My_Tiny")
    await services.keeper.import_file(tiny, is_copied=True)
    before = await services.keeper.freed_by("builtin/My_Tiny")
    assert (before.freed_bytes, before.kept) == (tiny.stat().st_size, None)
    await services.keeper.make("own", "builtin/My_Tiny", "Be brief.", {})
    assert (await services.keeper.freed_by("builtin/own")).freed_bytes == 0
    with pytest.raises(BadInput, match="stays"):
        await services.keeper.freed_by(STARTER_MODEL)


async def test_the_room_for_a_pull_is_known_before(services: Services) -> None:
    async with FileServer(files={"/a.gguf": small_model()}) as server:
        asked = understand(server.url("/a.gguf"))
        room = await services.keeper.room_for(asked, "builtin")
    assert room.needed_bytes == len(small_model())
    assert room.free_bytes
    assert room.is_enough
    assert not DiskRoom(10, 9).is_enough
    assert DiskRoom(None, 9).is_enough
