"""Disks that refuse: a process whose files may not grow beyond a size, and a small real file system.

Run as a program, it works through limits one after the other and prints a line of JSON for each.
"""

import asyncio
import contextlib
import json
import resource
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.store.chats import ChatSettings
from slmdesk.store.journal import AnswerWriter
from slmdesk.store.runs import NewLane
from tests.fakes.data_folder import Store, open_store, opened

TEXT = [f"piece {number} é😀 " for number in range(600)]
THINKING = "a thought"


class Work:
    """Chats and compares while the disk refuses, then once more while there is room."""

    def __init__(self) -> None:
        self.refusals = 0
        self.prompts: list[str] = []
        self.answers: list[str] = []
        self.lanes: list[str] = []

    async def do(self, store: Store, chat_id: str, run_lanes: Sequence[str]) -> None:
        prompt = f"prompt {len(self.prompts)} " + "x" * 5_000
        if await self.tried(store.chats.add_user_message(chat_id, prompt)):
            self.prompts.append(prompt)
        message, writer = await store.chats.start_answer(chat_id, "made/up")
        await self.stream(writer)
        self.answers.append(message.id)
        await self.tried(store.chats.finish_answer(message.id, writer, state="done"))
        for lane_id in run_lanes:
            lane_writer = await store.runs.start_lane(lane_id)
            await self.stream(lane_writer)
            self.lanes.append(lane_id)
            await self.tried(store.runs.finish_lane(lane_id, lane_writer, state="done"))
        await self.tried(store.chats.save_draft(chat_id, "draft " * 100))
        await store.chats.list()

    async def stream(self, writer: AnswerWriter) -> None:
        for piece in TEXT:
            await writer.append(piece, THINKING)

    async def tried(self, doing: Awaitable[object]) -> bool:
        try:
            await doing
        except DataFolderUnusable:
            self.refusals += 1
            return False
        return True

    async def check(self, store: Store, chat_id: str, run_id: str) -> None:
        """What was confirmed is there, and every answer, whatever the disk said at the time."""
        versions = await store.database.read(
            lambda c: {
                str(row["id"]): (row["role"], row["text"], row["thinking"])
                for row in c.execute("SELECT * FROM messages WHERE chat_id = ?", (chat_id,))
            }
        )
        kept = [text for role, text, _ in versions.values() if role == "user"]
        assert kept == ["begin", *self.prompts], (len(kept), len(self.prompts))
        whole = ("assistant", "".join(TEXT), THINKING * len(TEXT))
        for answer_id in self.answers:
            assert versions[answer_id] == whole
        for lane in (await store.runs.load(run_id)).lanes:
            assert lane.id not in self.lanes or (lane.text, lane.thinking) == whole[1:]
        integrity = await store.database.read(lambda c: c.execute("PRAGMA integrity_check").fetchone()[0])
        assert integrity == "ok"


async def fill_and_free(
    folder: Path, refusing: Callable[[Store], contextlib.AbstractContextManager[None]]
) -> int:
    """How often the disk refused, in a run after which nothing is missing."""
    work = Work()
    store = open_store(folder)
    chat = await store.chats.create(ChatSettings("made/up"))
    await store.chats.add_user_message(chat.id, "begin")
    run = await store.runs.create("which?", [NewLane("a"), NewLane("b")])
    with refusing(store):
        await work.do(store, chat.id, [lane.id for lane in run.lanes])
    await work.do(store, chat.id, [])
    assert store.database.unsaved_count == 0
    await work.check(store, chat.id, run.id)
    await store.aclose()
    async with opened(folder) as store:
        assert store.database.notice == ""
        await work.check(store, chat.id, run.id)
        assert list(store.paths.journal.iterdir()) == []
    return work.refusals


@contextlib.contextmanager
def no_file_beyond(size_bytes: int) -> Iterator[None]:
    """Every write beyond `size_bytes` of any file fails with EFBIG, in the middle of the write if need be."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


async def opens_when_there_is_room(folder: Path, size_bytes: int) -> int:
    """A first start without room is told; the next one works."""
    with no_file_beyond(size_bytes):
        try:
            await open_store(folder).aclose()
            refusals = 0
        except DataFolderUnusable:
            refusals = 1
    async with opened(folder) as store:
        await store.chats.create(ChatSettings())
        assert store.database.notice == ""
    return refusals


async def limits(count: int) -> AsyncIterator[tuple[int, int, int]]:
    for number in range(1, count + 1):
        with tempfile.TemporaryDirectory() as folder:
            # The steps are no multiple of a page, so that writes are cut within pages, too.
            writing = await fill_and_free(Path(folder) / "a", lambda _, n=number: no_file_beyond(n * 797))
            opening = await opens_when_there_is_room(Path(folder) / "b", number * 397)
        yield number, writing, opening


async def main(count: int) -> None:
    async for outcome in limits(count):
        print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
