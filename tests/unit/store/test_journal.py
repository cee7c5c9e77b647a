"""The journal: text while it comes, in one file an answer, readable up to any cut."""

import asyncio
import errno
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from slmdesk.store import journal as journal_module
from slmdesk.store.journal import FLUSH_INTERVAL_S, AnswerWriter, Journal, Leftover

HEADER = {"kind": "message", "id": "7", "chat_id": "1"}
ANY_TEXT = st.text(alphabet=st.sampled_from("ab \n\0é€😀\u2028\ud83d\ude00\x01\x7f\xfe\xff"), max_size=40)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path)
    yield journal
    journal.close()


def put(writer: AnswerWriter, text: str, thinking: str = "") -> None:
    """Append without a loop: the coroutine never waits."""
    with pytest.raises(StopIteration):
        writer.append(text, thinking).send(None)


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def found_in(folder: Path) -> Sequence[Leftover]:
    """What the next start would find; it would clear away a file whose first line is not whole yet."""
    is_begun = any(b"\n" in path.read_bytes() for path in folder.iterdir())
    return Journal(folder).leftovers("message") if is_begun else ()


def test_what_was_appended_is_found_after_a_crash(tmp_path: Path, journal: Journal) -> None:
    writer = journal.writer("7", HEADER)
    put(writer, "", "let me think")
    put(writer, "Grüße, ")
    put(writer, "Welt 😀", "more")
    assert (writer.text, writer.thinking) == ("Grüße, Welt 😀", "let me thinkmore")
    wait_until(lambda: (found := found_in(tmp_path)) and found[0].text == writer.text)
    (left,) = Journal(tmp_path).leftovers("message")
    assert left.header == HEADER
    assert left.thinking == writer.thinking
    assert Journal(tmp_path).leftovers("lane") == []


def test_an_answer_is_on_disk_before_its_first_token(tmp_path: Path, journal: Journal) -> None:
    journal.writer("7", HEADER)
    wait_until(lambda: found_in(tmp_path))


def test_a_stored_answer_leaves_no_file(tmp_path: Path, journal: Journal) -> None:
    writer = journal.writer("7", HEADER)
    put(writer, "text")
    wait_until(lambda: list(tmp_path.iterdir()))
    writer.end()
    wait_until(lambda: not list(tmp_path.iterdir()))
    assert journal.running() == []


def test_an_answer_that_ends_at_once_leaves_no_file(tmp_path: Path, journal: Journal) -> None:
    for number in range(20):
        writer = journal.writer(str(number), HEADER)
        put(writer, "text")
        writer.end()
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_closing_writes_what_is_due_and_keeps_the_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    writer = journal.writer("7", HEADER)
    wait_until(lambda: list(tmp_path.iterdir()))
    put(writer, "the last words")
    started = time.monotonic()
    journal.close()
    assert time.monotonic() - started < 1
    assert Journal(tmp_path).leftovers("message")[0].text == "the last words"


def test_at_most_four_writes_a_second_and_append_returns_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[float] = []
    slow = os.write

    def write(file: int, data: bytes) -> int:
        writes.append(time.monotonic())
        time.sleep(0.05)  # a slow disk must not be felt in append
        return slow(file, data)

    monkeypatch.setattr(journal_module.os, "write", write)
    journal = Journal(tmp_path)
    writer = journal.writer("7", HEADER)
    longest = 0.0
    started = time.monotonic()
    while time.monotonic() - started < 1.5:
        before = time.thread_time()
        put(writer, "token ")
        longest = max(longest, time.thread_time() - before)
        time.sleep(0.002)
    elapsed = time.monotonic() - started
    journal.close()
    assert 3 <= len(writes) <= elapsed / FLUSH_INTERVAL_S + 3
    assert longest < 0.02
    assert Journal(tmp_path).leftovers("message")[0].text == writer.text


@hypothesis_settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(parts=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=12), data=st.data())
def test_a_file_cut_anywhere_gives_a_beginning_of_the_text(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[str, str]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    writer = AnswerWriter(folder / "7.journal", HEADER, Journal(folder))
    for text, thinking in parts:
        writer._parts += [(b"\xfe", thinking)] if thinking else []
        writer._parts += [(b"\xff", text)] if text else []
        assert writer.flush()
    writer.close_file()
    assert [(left.text, left.thinking) for left in Journal(folder).leftovers("message")] == (
        [(writer.text, writer.thinking)] if parts else []
    )
    if not parts:
        return
    whole = (folder / "7.journal").read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    tail = data.draw(st.sampled_from([b"", b"\0" * 64, b"\xde\xad\xbe\xef" * 16]))
    (folder / "7.journal").write_bytes(whole[:cut] + (tail if cut > len(json.dumps(HEADER)) else b""))
    for left in Journal(folder).leftovers("message"):
        if not tail:
            assert is_beginning(left.text, writer.text)
            assert is_beginning(left.thinking, writer.thinking)


def is_beginning(part: str, whole: str) -> bool:
    """Whether `part` is how `whole` begins; half of a pair at the cut is read as U+FFFD."""
    return whole.startswith(part) or (part.endswith("\ufffd") and whole.startswith(part[:-1]))


def test_a_cut_character_does_not_hide_the_text_before_it(tmp_path: Path) -> None:
    writer = AnswerWriter(tmp_path / "7.journal", HEADER, Journal(tmp_path))
    writer._parts.append((b"\xff", "so far 😀"))
    data = writer._due()
    for cut in range(len(data)):
        path = tmp_path / "7.journal"
        path.write_bytes(json.dumps(HEADER).encode() + b"\n" + data[:cut])
        (left,) = Journal(tmp_path).leftovers("message")
        assert "so far 😀".startswith(left.text)


@pytest.mark.parametrize("content", [b"", b'{"kind": "mess', b"[]\n", b"nonsense\n", b"\xff\xfe\n"])
def test_files_that_are_no_journal_do_no_harm(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "7.journal").write_bytes(content)
    assert Journal(tmp_path).leftovers("message") == []
    assert Journal(tmp_path / "missing").leftovers("message") == []


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.ENOSPC, "Free some space; then"),
        (errno.EROFS, "It may only be read now: make it writable again; then"),
        (errno.EIO, "Check that the disk is connected and sound; then"),
    ],
)
def test_without_room_the_text_waits_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, advice: str
) -> None:
    room = 60
    write = os.write

    def limited(file: int, data: bytes) -> int:
        nonlocal room
        if room == 0:
            raise OSError(code, os.strerror(code))
        taken = write(file, data[:room])
        room -= taken
        return taken

    monkeypatch.setattr(journal_module.os, "write", limited)
    journal = Journal(tmp_path)
    told: list[bool] = []
    journal.refusal.changed.subscribe(lambda _none: told.append(journal.refusal.problem is not None))
    writer = journal.writer("7", HEADER)
    for _ in range(30):
        put(writer, "many words é ", "and thoughts ")
        time.sleep(0.005)
    wait_until(lambda: told)
    problem = journal.refusal.problem
    assert problem is not None
    assert os.strerror(code) in problem.message
    assert problem.next_step.startswith(advice)
    room = 1_000_000
    wait_until(lambda: journal.refusal.problem is None)
    assert told == [True, False]
    journal.close()
    (left,) = Journal(tmp_path).leftovers("message")
    assert (left.text, left.thinking) == (writer.text, writer.thinking)


async def test_interleaved_answers_never_mix(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    writers = [journal.writer(str(number), {**HEADER, "id": str(number)}) for number in range(8)]

    async def stream(number: int, writer: AnswerWriter) -> None:
        for step in range(300):
            await writer.append(f"<{number}:{step}>", f"[{number}:{step}]")
            await asyncio.sleep(0)

    def from_a_thread() -> None:
        asyncio.run(stream(99, extra))

    extra = journal.writer("99", {**HEADER, "id": "99"})
    thread = threading.Thread(target=from_a_thread)
    thread.start()
    await asyncio.gather(*(stream(number, writer) for number, writer in enumerate(writers)))
    await asyncio.to_thread(thread.join)
    journal.close()
    found = {left.header["id"]: left for left in Journal(tmp_path).leftovers("message")}
    assert len(found) == 9
    for identifier, left in found.items():
        assert left.text == "".join(f"<{identifier}:{step}>" for step in range(300))
        assert left.thinking == "".join(f"[{identifier}:{step}]" for step in range(300))
