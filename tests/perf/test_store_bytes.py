"""D1: bytes written to the disk per streamed answer, journal, WAL and database together."""

import asyncio
import itertools
import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from pydoc_data.topics import topics

import pytest

from slmdesk.store import journal
from slmdesk.store.chats import ChatSettings
from slmdesk.store.journal import AnswerWriter
from tests.fakes.data_folder import Store, open_store

ROOT = Path(__file__).parent.parent.parent
ANSWERS = 20
TOKENS_A_FLUSH = 25  # 100 tokens a second, four flushes
FRAME_BYTES, FRAME_HEADER_BYTES = 1024 + 24, 24

pytestmark = [
    pytest.mark.perf,
    pytest.mark.skipif(sys.platform != "linux", reason="counts with /proc/self/io"),
]


def written_bytes() -> int:
    """What this process has handed to write calls."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("wchar")).split()[1])


def tokens(count: int, dice: random.Random) -> list[str]:
    """English prose (the standard library's help texts) in pieces as long as a model's tokens."""
    prose = "".join(topics.values())
    start = dice.randrange(len(prose) - 5 * count)
    cuts = [start]
    for _ in range(count):
        cuts.append(cuts[-1] + dice.choice((3, 4, 5)))
    return [prose[begin:end] for begin, end in itertools.pairwise(cuts)]


async def stream(writer: AnswerWriter, parts: Sequence[str]) -> None:
    for start in range(0, len(parts), TOKENS_A_FLUSH):
        await writer.append("".join(parts[start : start + TOKENS_A_FLUSH]), "")
        while writer._unwritten or writer._next_part < len(writer._parts):  # noqa: ASYNC110 (no event tells)
            await asyncio.sleep(0)


async def answer(store: Store, chat_id: str, parts: Sequence[str]) -> tuple[int, float]:
    """Size of the answer, and seconds until it was committed."""
    message, writer = await store.chats.start_answer(chat_id, "builtin/smollm2-135m-instruct")
    await stream(writer, parts)
    started = time.perf_counter()
    timings = {"ttft_s": 0.4231, "total_s": 23.1234, "output_tokens": len(parts), "output_s": 22.8123}
    await store.chats.finish_answer(message.id, writer, state="done", stop_reason="stop", timings=timings)
    return len(writer.text.encode()), time.perf_counter() - started


async def measure(folder: Path, messages: int, token_count: int) -> None:
    """In a chat of so many messages; printed as JSON."""
    journal.FLUSH_INTERVAL_S = 0.0  # the pace is made by `stream`
    dice = random.Random(1)
    store = open_store(folder)
    chat = await store.chats.create(ChatSettings("builtin/smollm2-135m-instruct"))
    for _ in range(messages):
        await store.chats.add_user_message(chat.id, "".join(tokens(60, dice)))
    await store.aclose()
    store = open_store(folder)
    before, size, commits = written_bytes(), 0, []
    for _ in range(ANSWERS):
        answer_bytes, commit_s = await answer(store, chat.id, tokens(token_count, dice))
        size += answer_bytes
        commits.append(commit_s)
    wal_bytes = store.paths.database.with_name("slmdesk.sqlite-wal").stat().st_size
    await store.aclose()
    print(json.dumps([size, written_bytes() - before, wal_bytes, sorted(commits)[ANSWERS // 2]]))


def ratios(folder: Path, messages: int, token_count: int) -> tuple[float, float, float]:
    """Bytes written a byte of the answer, the share of WAL headers in it, and the commit in ms."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.perf.test_store_bytes", str(folder), str(messages), str(token_count)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    size, written, wal_bytes, commit_s = json.loads(done.stdout)
    headers = wal_bytes // FRAME_BYTES * FRAME_HEADER_BYTES
    return written / size, headers / size, commit_s * 1000


@pytest.mark.parametrize("token_count", [2_000, 8_000])
def test_bytes_written_a_streamed_answer(tmp_path: Path, token_count: int) -> None:
    short, headers, commit_ms = ratios(tmp_path / "10", 10, token_count)
    long, _, _ = ratios(tmp_path / "1000", 1_000, token_count)
    print(
        f"\nD1  {token_count} tokens: bytes written / answer {short:.2f}, of it WAL headers {headers:.2f} "
        f"(limit 3 plus headers); 1,000 messages / 10: {long / short:.2f} (limit 1.2); "
        f"commit {commit_ms:.1f} ms"
    )
    assert short - headers <= 3.0
    assert long / short <= 1.2


if __name__ == "__main__":
    asyncio.run(measure(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
