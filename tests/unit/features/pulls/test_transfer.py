"""R2: one file through every fault of a network arrives whole, with little fetched twice and no way back."""

import asyncio
import hashlib
import random
import shutil
import socket
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from slmdesk.base.errors import (
    BadInput,
    BadReply,
    DiskFull,
    EngineBusy,
    EngineOffline,
    Interrupted,
    ModelMissing,
    NotAuthorised,
    StoreError,
)
from slmdesk.config.folder_copy import delete_belongings
from slmdesk.config.paths import Paths
from slmdesk.features.pulls import part_file
from slmdesk.features.pulls.http_source import HttpSource, next_address
from slmdesk.features.pulls.pace import Patience, SpeedLimit
from slmdesk.features.pulls.part_file import PART_SUFFIX, PartFile, drop_part, forget_journal, part_bytes
from slmdesk.features.pulls.progress import Meter
from slmdesk.features.pulls.transfer import RemoteFile, Transfer
from tests.fakes.file_server import FileServer, Script

PATIENCE = Patience(tries=4, first_wait_s=0.001, longest_wait_s=0.01, stall_s=0.15)
WHOLE = random.Random(1).randbytes(3_000_000)
HASH = hashlib.sha256(WHOLE).hexdigest()


@pytest.fixture
async def server() -> AsyncIterator[FileServer]:
    async with FileServer(files={"/m.gguf": WHOLE}) as running:
        yield running


@pytest.fixture
async def source() -> AsyncIterator[HttpSource]:
    running = HttpSource(2.0)
    yield running
    await running.aclose()


class Watch:
    """A meter whose bar is looked at all the time."""

    def __init__(self) -> None:
        self.meter = Meter()
        self.seen: list[tuple[int, float]] = []

    async def __aenter__(self) -> "Watch":
        self._task = asyncio.ensure_future(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    @property
    def goes_back(self) -> bool:
        """Without that the source had changed."""
        return any(later < earlier for earlier, later in zip(self.seen, self.seen[1:], strict=False))

    async def _look(self) -> None:
        while True:
            progress = self.meter.progress()
            self.seen.append((progress.restarts, progress.fraction or 0.0))
            await asyncio.sleep(0.002)


async def fetch(
    source: HttpSource,
    server: FileServer,
    tmp_path: Path,
    *,
    sha256: str = HASH,
    meter: Meter | None = None,
    limit: int | None = None,
    path: str = "/m.gguf",
) -> Path:
    final = tmp_path / "m.gguf"
    file = RemoteFile("m.gguf", server.url(path), None, sha256)
    pace = SpeedLimit(lambda: limit)
    part = await Transfer(file, final, source, meter=meter or Meter(), limit=pace, patience=PATIENCE).run()
    assert not final.exists()
    part.become_final()
    forget_journal(part.final)
    return final


async def test_a_whole_file(server: FileServer, source: HttpSource, tmp_path: Path) -> None:
    final = await fetch(source, server, tmp_path)
    assert final.read_bytes() == WHOLE
    assert [path.name for path in tmp_path.iterdir()] == ["m.gguf"]


@pytest.mark.parametrize(
    "fault",
    ["cut", "reset", "stall", "short", "trickle", "416", "503", "500", "wrong start", "wrong total",
     "no content-range", "ignore range", "too long"],
)  # fmt: skip
async def test_each_fault_in_the_middle(
    server: FileServer, source: HttpSource, tmp_path: Path, fault: str
) -> None:
    server.scripts.extend((Script("cut", 1_200_000), Script(fault, 700_000)))  # type: ignore[arg-type]  # of the list above
    async with Watch() as watch:
        final = await fetch(source, server, tmp_path, meter=watch.meter)
    assert final.read_bytes() == WHOLE
    assert not watch.goes_back
    twice = server.sent_bytes - len(WHOLE)
    wrongly = ("ignore range", "too long", "wrong start", "wrong total", "no content-range")
    allowed = len(WHOLE) if fault in wrongly else 0  # sent before it was seen to be wrong
    assert twice <= allowed + len(WHOLE) * 0.01


async def test_a_hundred_faults(server: FileServer, source: HttpSource, tmp_path: Path) -> None:
    chance = random.Random(2)
    sizes = [chance.randrange(1_000, 40_000) for _ in range(100)]
    server.scripts.extend(Script(chance.choice(("cut", "reset", "short")), size) for size in sizes)
    async with Watch() as watch:
        final = await fetch(source, server, tmp_path, meter=watch.meter)
    assert final.read_bytes() == WHOLE
    assert not watch.goes_back
    assert server.sent_bytes <= len(WHOLE) * 1.01
    assert len(server.calls) > 70


async def test_a_cut_at_every_place_of_a_small_file(source: HttpSource, tmp_path: Path) -> None:
    whole = WHOLE[:600]
    async with FileServer(files={"/m.gguf": whole}) as server:
        server.scripts.extend(Script("cut", 7) for _ in range(0, 600, 7))
        final = await fetch(source, server, tmp_path, sha256="")
        assert final.read_bytes() == whole
        assert server.sent_bytes == len(whole)


async def test_a_file_that_changes_starts_over_and_says_so(
    server: FileServer, source: HttpSource, tmp_path: Path
) -> None:
    new = random.Random(3).randbytes(2_000_000)
    server.scripts.append(Script("cut", 1_000_000))
    meter = Meter()
    with pytest.raises(Interrupted):
        await fetch_once(source, server, tmp_path, meter)
    server.files["/m.gguf"] = new
    final = await fetch(source, server, tmp_path, sha256="", meter=meter)
    assert final.read_bytes() == new
    assert meter.progress().restarts == 1
    assert "changed" in meter.progress().note
    assert meter.progress().total_bytes == len(new)


async def fetch_once(
    source: HttpSource, server: FileServer, tmp_path: Path, meter: Meter, path: str = "/m.gguf"
) -> None:
    file = RemoteFile("m.gguf", server.url(path))
    transfer = Transfer(
        file, tmp_path / "m.gguf", source, meter=meter, limit=SpeedLimit(), patience=Patience(tries=1)
    )
    await transfer.run()


async def test_what_came_is_gone_on_with_by_another_program(
    server: FileServer, source: HttpSource, tmp_path: Path
) -> None:
    server.scripts.append(Script("cut", 2_000_000))
    with pytest.raises(Interrupted, match="hung up") as caught:
        await fetch_once(source, server, tmp_path, Meter())
    assert "kept" in caught.value.next_step
    assert part_bytes(tmp_path / "m.gguf") == 2_000_000
    await fetch(source, server, tmp_path)
    assert server.calls[-1].headers["range"] == "bytes=2000000-"
    assert server.calls[-1].headers["if-range"] == server.etag("/m.gguf")


async def test_a_part_is_written_by_one_program(
    server: FileServer, source: HttpSource, tmp_path: Path
) -> None:
    part = PartFile.open(tmp_path / "m.gguf", server.url("/m.gguf"))
    with pytest.raises(BadInput, match="another SLM Desk"):
        await fetch(source, server, tmp_path)
    part.close()
    await fetch(source, server, tmp_path)


@pytest.mark.parametrize("is_dropped", [True, False])
def test_scraps_of_a_killed_program_go(tmp_path: Path, is_dropped: bool) -> None:
    final = tmp_path / "m.gguf"
    others = [tmp_path / "m.gguf.tmp", tmp_path / "other.gguf.journal.begunx.tmp"]
    scrap = tmp_path / "m.gguf.journal.begun7_gukv3k.tmp"
    for path in (scrap, *others):
        path.write_bytes(b"{")
    if is_dropped:
        drop_part(final)
    else:
        PartFile.open(final, "https://example.org/m.gguf").close()
    assert sorted(tmp_path.iterdir()) == sorted(others)


def test_what_has_come_moves_with_the_data(tmp_path: Path) -> None:
    old, new = Paths(tmp_path / "old"), Paths(tmp_path / "new")
    old.create()
    part = PartFile.open(old.models / "m.gguf", "https://example.org/m.gguf")
    part.write(WHOLE)
    part.close()
    for path in old.belongings():
        place = new.data_dir / path.relative_to(old.data_dir)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    assert part_bytes(new.models / "m.gguf") == len(WHOLE)
    assert delete_belongings(old.data_dir) > len(WHOLE)
    assert not old.models.exists()


async def test_a_cancel_breaks_off_the_reading_of_what_is_here(
    server: FileServer, source: HttpSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing does not wait until a part of many gigabytes was hashed; nothing of it is lost."""
    final, address = tmp_path / "m.gguf", server.url("/m.gguf")
    part = PartFile.open(final, address)
    part.write(WHOLE[:-1])
    part.close()
    reached, gate, hashed = threading.Event(), threading.Event(), []

    def read(block: bytes) -> None:
        hashed.append(len(block))
        reached.set()
        gate.wait(5)

    with monkeypatch.context() as slow:
        slow.setattr(hashlib, "sha256", lambda: SimpleNamespace(update=read))
        opening = asyncio.ensure_future(fetch_once(source, server, tmp_path, Meter()))
        await asyncio.to_thread(reached.wait, 5)
        opening.cancel()
        await asyncio.sleep(0.01)
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await opening
    assert len(hashed) == 1
    assert part_bytes(final) == len(WHOLE) - 1
    again = PartFile.open(final, address)  # its lock is free
    assert again.size_bytes == len(WHOLE) - 1
    again.close()


async def test_a_cancel_while_an_empty_part_is_opened_leaves_it_to_the_next(
    server: FileServer, source: HttpSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, gate = threading.Event(), threading.Event()
    open_it = PartFile.open

    def slow(*arguments: object, **more: object) -> PartFile:
        part = open_it(*arguments, **more)  # type: ignore[arg-type]  # as they came
        began.set()
        gate.wait(5)
        return part

    with monkeypatch.context() as held:
        held.setattr(PartFile, "open", slow)
        task = asyncio.ensure_future(fetch(source, server, tmp_path))
        await asyncio.to_thread(began.wait, 5)
        task.cancel()
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert list(tmp_path.iterdir()) == []
    await fetch(source, server, tmp_path)


async def test_damage_on_the_disk_is_found_and_fetched_again(
    server: FileServer, source: HttpSource, tmp_path: Path
) -> None:
    server.scripts.append(Script("cut", 2_000_000))
    with pytest.raises(Interrupted):
        await fetch_once(source, server, tmp_path, Meter())
    with (tmp_path / f"m.gguf{PART_SUFFIX}").open("r+b") as file:
        file.seek(1000)
        file.write(b"damage")
    assert (await fetch(source, server, tmp_path)).read_bytes() == WHOLE


async def test_a_source_that_does_not_keep_its_promise(
    server: FileServer, source: HttpSource, tmp_path: Path
) -> None:
    with pytest.raises(BadReply, match="promises"):
        await fetch(source, server, tmp_path, sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


async def test_a_file_of_unknown_length(source: HttpSource, tmp_path: Path) -> None:
    async with FileServer(files={"/m.gguf": WHOLE}, has_lengths=False) as server:
        assert (await fetch(source, server, tmp_path)).read_bytes() == WHOLE


async def test_the_hash_that_was_linked_is_compared(
    server: FileServer, source: HttpSource, tmp_path: Path
) -> None:
    server.redirects["/hub"] = server.url("/m.gguf")
    server.has_links = True
    await fetch(source, server, tmp_path, sha256="", path="/hub")
    server.calls.clear()
    assert (await source.look(server.url("/hub"))).sha256 == HASH
    assert len(server.calls) == 1  # what was linked says enough: the store behind it refuses HEAD as a rule


async def test_mirrors_with_other_etags_go_on(server: FileServer, source: HttpSource, tmp_path: Path) -> None:
    """The promised hash says that it is the same file, whatever the ETag of this mirror."""
    server.redirects["/hub"] = server.url("/m.gguf")
    server.has_links = True
    server.scripts.append(Script("cut", 2_000_000))
    meter = Meter()
    with pytest.raises(Interrupted):
        await fetch_once(source, server, tmp_path, meter, "/hub")
    server.etags["/m.gguf"] = '"another"'
    await fetch(source, server, tmp_path, path="/hub", meter=meter)
    assert meter.progress().restarts == 0
    assert server.calls[-1].headers["range"] == "bytes=2000000-"


@pytest.mark.parametrize(
    ("fault", "error"), [("404", ModelMissing), ("403", NotAuthorised), ("gzip", BadReply)]
)
async def test_what_is_not_tried_again(
    server: FileServer, source: HttpSource, tmp_path: Path, fault: str, error: type[Exception]
) -> None:
    server.scripts.append(Script(fault))  # type: ignore[arg-type]  # of the list above
    with pytest.raises(error):
        await fetch(source, server, tmp_path)
    assert len(server.calls) == 1


async def test_a_source_that_is_gone_ends_after_some_tries(source: HttpSource, tmp_path: Path) -> None:
    async with FileServer() as server:
        pass
    with pytest.raises(Exception, match="does not answer") as caught:
        await fetch(source, server, tmp_path)
    assert "kept" not in str(getattr(caught.value, "next_step", ""))  # nothing has come


async def test_a_source_that_goes_in_the_middle_leaves_what_came(
    server: FileServer, source: HttpSource, tmp_path: Path
) -> None:
    server.scripts.append(Script("cut", 100_000))
    server.scripts.extend(Script("503") for _ in range(PATIENCE.tries))
    with pytest.raises(EngineBusy) as caught:
        await fetch(source, server, tmp_path)
    assert "kept" in caught.value.next_step


async def test_a_name_that_nobody_knows_is_said_without_the_words_of_the_system(
    source: HttpSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(EngineOffline) as caught:
        await source.look("https://models.example/m.gguf")
    assert caught.value.message == "models.example is not found: this machine seems to be offline."


async def test_redirects_in_a_circle_end(server: FileServer, source: HttpSource, tmp_path: Path) -> None:
    server.redirects |= {"/a": server.url("/b"), "/b": server.url("/a")}
    with pytest.raises(BadReply, match="more than 10"):
        await fetch(source, server, tmp_path, path="/a")


@pytest.mark.parametrize(
    ("here", "location"),
    [
        ("https://a.org/x", "http://a.org/x"),
        ("https://a.org/x", "http://127.0.0.1/x"),
        ("https://a.org/x", "https://127.0.0.1/x"),
        ("https://a.org/x", "https://localhost/x"),
        ("http://a.org/x", "http://b.org/x"),
        ("https://a.org/x", "file:///etc/passwd"),
        ("https://a.org/x", "https://me:pw@b.org/x"),
        ("https://a.org/x", ""),
        ("https://a.org/x", "https://[bad/x"),
    ],
)
def test_redirects_that_are_not_followed(here: str, location: str) -> None:
    with pytest.raises(BadReply):
        next_address(here, location)


def test_redirects_that_are_followed() -> None:
    assert next_address("https://a.org/x/y", "../z") == "https://a.org/z"
    assert next_address("https://a.org/x", "https://cdn.b.org/z?s=1") == "https://cdn.b.org/z?s=1"
    assert next_address("http://a.org/x", "http://a.org/x/") == "http://a.org/x/"


async def test_no_room_is_refused_before_a_byte_is_fetched(
    server: FileServer, source: HttpSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_file, "_MARGIN_BYTES", 1 << 60)
    with pytest.raises(DiskFull, match="are needed"):
        await fetch(source, server, tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_a_disk_that_fills_up_keeps_the_part(
    server: FileServer, source: HttpSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(_folder: Path, needed_bytes: int) -> None:
        if needed_bytes == 0:
            raise DiskFull("Full.", needed_bytes=1, free_bytes=0)

    with monkeypatch.context() as patch:
        patch.setattr(part_file, "check_room", fill)
        with pytest.raises(DiskFull):
            await fetch(source, server, tmp_path)
    kept = part_bytes(tmp_path / "m.gguf")
    assert kept > 1_000_000
    await fetch(source, server, tmp_path)
    assert server.calls[-1].headers["range"] == f"bytes={kept}-"


async def test_a_cancel_keeps_what_came(server: FileServer, source: HttpSource, tmp_path: Path) -> None:
    server.scripts.append(Script("stall", 1_500_000))
    meter = Meter()
    task = asyncio.ensure_future(fetch(source, server, tmp_path, meter=meter))
    async with asyncio.timeout(5):
        while meter.progress().done_bytes < 1_500_000:  # noqa: ASYNC110 (no event tells of it)
            await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert part_bytes(tmp_path / "m.gguf") == 1_500_000


async def test_the_speed_limit(source: HttpSource, tmp_path: Path) -> None:
    async with FileServer(files={"/m.gguf": WHOLE[:500_000]}, piece_bytes=10_000) as server:
        began = asyncio.get_running_loop().time()
        await fetch(source, server, tmp_path, sha256="", limit=1_000_000)
        assert asyncio.get_running_loop().time() - began > 0.4


async def test_a_folder_that_is_gone_is_a_sentence(
    server: FileServer, source: HttpSource, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        await fetch(source, server, tmp_path / "gone")
