"""A model is in the folder whole and checked, or not at all."""

import asyncio
import hashlib
import json
import shutil
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from slmdesk.base.errors import BadReply, DiskFull, Interrupted
from slmdesk.features.pulls import part_file, progress
from slmdesk.features.pulls.gguf_pull import GgufPulls
from slmdesk.features.pulls.pace import Patience, SpeedLimit
from slmdesk.features.pulls.part_file import JOURNAL_SUFFIX, PartFile, part_bytes
from slmdesk.features.pulls.pasted import HubModel, WebFile
from slmdesk.features.pulls.progress import Meter, PullPhase
from tests.data.gguf import U16, mutated, small_model
from tests.fakes.file_server import FileServer, Script

PATIENCE = Patience(tries=2, first_wait_s=0.001, longest_wait_s=0.01, stall_s=0.5)
MODEL = small_model()
PARTS = [f"Tiny-F16-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
SHARD = small_model(split__count=(U16, 3))
REPO = "org/Tiny-GGUF"


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FileServer]:
    paths = {f"/{REPO}/resolve/main/{name}": SHARD for name in PARTS}
    async with FileServer(files={"/Tiny.gguf": MODEL} | paths) as running:
        tree = [
            {"path": name, "lfs": {"oid": hashlib.sha256(SHARD).hexdigest(), "size": len(SHARD)}}
            for name in PARTS
        ]
        running.json[f"/api/models/{REPO}/tree/main"] = json.dumps(tree)
        monkeypatch.setenv("HF_ENDPOINT", running.address)
        yield running


@pytest.fixture
def pulls(tmp_path: Path) -> GgufPulls:
    return GgufPulls(tmp_path / "models", SpeedLimit(), PATIENCE)


def web(server: FileServer, path: str = "/Tiny.gguf") -> WebFile:
    return WebFile(server.url(path), path.rpartition("/")[2])


def names(pulls: GgufPulls) -> list[str]:
    """Without the journals, which stay until a pull is recorded."""
    found = (path.name for path in pulls.folder.iterdir())
    return sorted(name for name in found if not name.endswith(JOURNAL_SUFFIX))


async def test_one_file(server: FileServer, pulls: GgufPulls) -> None:
    meter = Meter()
    (pulled,) = await pulls.fetch(await pulls.plan(web(server)), meter)
    assert pulled.path.read_bytes() == MODEL
    assert pulled.sha256 == hashlib.sha256(MODEL).hexdigest()
    assert meter.progress().phase == PullPhase.DONE
    assert meter.progress().fraction == 1.0
    assert names(pulls) == ["Tiny.gguf"]


async def test_all_parts_are_one_pull(server: FileServer, pulls: GgufPulls) -> None:
    meter = Meter()
    files = await pulls.plan(HubModel(REPO, "F16"))
    assert [file.name for file in files] == PARTS
    await pulls.fetch(files, meter)
    assert names(pulls) == PARTS
    assert meter.progress().total_bytes == 3 * len(SHARD) == meter.progress().done_bytes


async def test_no_part_has_its_name_before_all_are_here(server: FileServer, pulls: GgufPulls) -> None:
    files = await pulls.plan(HubModel(REPO, "F16"))
    server.scripts.extend((Script(), Script(), Script("cut", 100), Script("404")))
    with pytest.raises(Exception, match="no such file"):
        await pulls.fetch(files, Meter())
    assert not [name for name in names(pulls) if name.endswith(".gguf")]
    before = server.sent_bytes
    await pulls.fetch(files, Meter())
    assert names(pulls) == PARTS
    assert server.sent_bytes - before == len(SHARD) - 100


async def test_the_first_part_is_named_last(
    server: FileServer, pulls: GgufPulls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model is found by its first part: before it all others must be in their places."""
    named: list[str] = []
    name_it = PartFile.become_final

    def watched(part: PartFile) -> None:
        named.append(part.final.name)
        name_it(part)

    monkeypatch.setattr(PartFile, "become_final", watched)
    await pulls.fetch(await pulls.plan(HubModel(REPO, "F16")), Meter())
    assert named == PARTS[::-1]


async def test_a_crash_between_two_names_is_gone_on_with(server: FileServer, pulls: GgufPulls) -> None:
    files = await pulls.plan(HubModel(REPO, "F16"))
    await pulls.fetch(files, Meter())
    first = pulls.folder / PARTS[0]
    part = PartFile.open(first, files[0].address)
    shutil.copy(first, part.path)
    first.unlink()
    part.close()
    await pulls.fetch(files, Meter())
    assert names(pulls) == PARTS


async def test_what_is_here_is_not_fetched_again(server: FileServer, pulls: GgufPulls) -> None:
    files = await pulls.plan(HubModel(REPO, "F16"))
    await pulls.fetch(files, Meter())
    before = server.sent_bytes
    await pulls.fetch(files, Meter())
    assert server.sent_bytes == before


async def test_a_crash_right_after_the_name_was_given(server: FileServer, pulls: GgufPulls) -> None:
    """The journal that still lies there proves what the file is, though nobody promised its hash."""
    files = [replace(one, sha256="") for one in await pulls.plan(web(server))]
    await pulls.fetch(files, Meter())
    before = server.sent_bytes
    (pulled,) = await pulls.fetch(files, Meter())
    assert (pulled.path.name, server.sent_bytes) == ("Tiny.gguf", before)
    assert pulled.sha256 == hashlib.sha256(MODEL).hexdigest()
    pulls.settle([pulled])
    assert [path.name for path in pulls.folder.iterdir()] == ["Tiny.gguf"]


async def test_the_reading_of_a_file_that_was_named_before_a_crash_is_broken_off(
    server: FileServer, pulls: GgufPulls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many gigabytes whose hash nobody promised; how far it is can be seen."""
    files = [replace(one, sha256="") for one in await pulls.plan(web(server))]
    await pulls.fetch(files, Meter())
    reached, gate, meter = threading.Event(), threading.Event(), Meter()

    class Slow:
        def __init__(self) -> None:
            self.count = 0

        def update(self, block: bytes) -> None:
            self.count += len(block)
            reached.set()
            gate.wait(5)

    with monkeypatch.context() as slow:
        slow.setattr(part_file, "hashlib", SimpleNamespace(sha256=Slow))
        slow.setattr(part_file, "_BLOCK_BYTES", 1000)
        slow.setattr(progress, "_TOLD_EVERY_BYTES", 1)
        task = asyncio.ensure_future(pulls.fetch(files, meter))
        await asyncio.to_thread(reached.wait, 5)
        assert meter.progress().phase == PullPhase.CHECKING
        task.cancel()
        await asyncio.sleep(0)  # it is delivered
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert 0 < meter.progress().done_bytes < len(MODEL)
    assert names(pulls) == ["Tiny.gguf"]
    (pulled,) = await pulls.fetch(files, Meter())
    assert pulled.sha256 == hashlib.sha256(MODEL).hexdigest()


async def test_the_same_name_and_size_do_not_make_it_the_same(server: FileServer, pulls: GgufPulls) -> None:
    other = MODEL[:-1] + bytes((MODEL[-1] ^ 1,))
    server.files["/other/Tiny.gguf"] = other
    await pulls.fetch(await pulls.plan(web(server)), Meter())
    (pulled,) = await pulls.fetch(await pulls.plan(web(server, "/other/Tiny.gguf")), Meter())
    assert pulled.path.name == "Tiny-2.gguf"
    assert pulled.path.read_bytes() == other


async def test_another_model_of_the_same_name_gets_another(server: FileServer, pulls: GgufPulls) -> None:
    pulls.folder.mkdir()
    (pulls.folder / "Tiny.gguf").write_bytes(b"something else")
    (pulled,) = await pulls.fetch(await pulls.plan(web(server)), Meter())
    assert pulled.path.name == "Tiny-2.gguf"
    assert (pulls.folder / "Tiny.gguf").read_bytes() == b"something else"


async def test_what_is_no_model_is_not_kept(server: FileServer, pulls: GgufPulls) -> None:
    server.files["/page.gguf"] = b"<html>Not found, sorry</html>" * 100
    server.files["/cut.gguf"] = MODEL[:-50]
    server.files["/part.gguf"] = SHARD
    for path in ("/page.gguf", "/cut.gguf", "/part.gguf"):
        with pytest.raises(BadReply, match="no model file"):
            await pulls.fetch(await pulls.plan(web(server, path)), Meter())
    assert names(pulls) == []


async def test_no_room_is_refused_before_anything_is_asked(
    server: FileServer, pulls: GgufPulls, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = await pulls.plan(web(server))
    monkeypatch.setattr(part_file, "_MARGIN_BYTES", 1 << 60)
    before = len(server.calls)
    with pytest.raises(DiskFull):
        await pulls.fetch(files, Meter())
    assert len(server.calls) == before


async def test_keep_and_drop(server: FileServer, pulls: GgufPulls) -> None:
    files = await pulls.plan(web(server))
    server.scripts.extend((Script("cut", 5_000), Script("500"), Script("500")))
    with pytest.raises(Exception, match="500"):
        await pulls.fetch(files, Meter())
    assert part_bytes(pulls.folder / "Tiny.gguf") == 5_000
    assert pulls.drop(files) >= 5_000
    assert names(pulls) == []


@pytest.mark.parametrize("status", [403, 405, 501])
async def test_servers_that_do_not_know_head(server: FileServer, pulls: GgufPulls, status: int) -> None:
    server.head_status = status
    (pulled,) = await pulls.fetch(await pulls.plan(web(server)), Meter())
    assert pulled.path.read_bytes() == MODEL


async def test_a_pull_is_gone_on_with_after_its_server_was_killed(pulls: GgufPulls) -> None:
    async with FileServer(files={"/Tiny.gguf": MODEL}, pause_s=0.01, piece_bytes=2000) as first:
        port = first.port
        files = await pulls.plan(web(first))
        meter = Meter()
        patient = GgufPulls(
            pulls.folder, SpeedLimit(), Patience(tries=50, first_wait_s=0.02, longest_wait_s=0.05)
        )
        task = asyncio.ensure_future(patient.fetch(files, meter))
        async with asyncio.timeout(5):
            while meter.progress().done_bytes < 4_000:  # noqa: ASYNC110 (no event tells of it)
                await asyncio.sleep(0.001)
    async with asyncio.timeout(5):
        while meter.progress().phase != PullPhase.WAITING:  # noqa: ASYNC110 (no event tells of it)
            await asyncio.sleep(0.001)
    again = FileServer(files={"/Tiny.gguf": MODEL})
    again.fixed_port = port
    async with again:
        (pulled,) = await task
    assert pulled.path.read_bytes() == MODEL


async def test_mutated_models_are_refused_or_whole(server: FileServer, pulls: GgufPulls) -> None:
    """X5 at the door: whatever comes, the folder holds files that the header reader takes."""
    for number, data in enumerate(mutated(7, 20)):
        path = f"/m{number}.gguf"
        server.files[path] = data
        try:
            await pulls.fetch(await pulls.plan(web(server, path)), Meter())
        except (BadReply, Interrupted):
            continue
    assert all(name.endswith(".gguf") for name in names(pulls))
