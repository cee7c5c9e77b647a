"""What is attached becomes a document, a picture, or a sentence that says why not."""

import asyncio
import base64
import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.base.words import ENGLISH, speak
from slmdesk.config.languages import language
from slmdesk.features.documents import reader_process
from slmdesk.features.documents.document import Document, Kind
from slmdesk.features.documents.limits import MAX_FILE_BYTES
from slmdesk.features.documents.reading import DocumentReader
from tests.data import documents as made
from tests.data.pages import PAGE
from tests.fakes.until import until


async def read(name: str, data: bytes) -> Document:
    document = await DocumentReader().read_bytes(name, data)
    assert isinstance(document, Document)
    return document


async def refusal(name: str, data: bytes) -> BadInput:
    with pytest.raises(BadInput) as refused:
        await DocumentReader().read_bytes(name, data)
    assert refused.value.message.startswith(f"“{name}” ")
    assert refused.value.next_step
    return refused.value


@pytest.mark.parametrize(
    ("name", "kind", "language"),
    [
        ("a.txt", Kind.TEXT, ""),
        ("README.MD", Kind.MARKDOWN, ""),
        ("a.csv", Kind.TABLE, ""),
        ("a.tsv", Kind.TABLE, ""),
        ("a.json", Kind.JSON, ""),
        ("a.py", Kind.CODE, "python"),
        ("a.hpp", Kind.CODE, "cpp"),
        ("Makefile", Kind.CODE, "makefile"),
        ("no suffix", Kind.TEXT, ""),
        ("a.unknown", Kind.TEXT, ""),
    ],
)
async def test_plain_texts(name: str, kind: Kind, language: str) -> None:
    assert await read(name, b"x = 1\n") == Document(name, kind, "x = 1\n", size_bytes=6, language=language)


async def test_a_pdf_page_by_page() -> None:
    document = await read("a.pdf", made.pdf("Bread is baked.", "", "Third page."))
    assert document.kind is Kind.PDF
    assert document.text == "[page 1]\nBread is baked.\n\n[page 3]\nThird page."
    assert document.pages == 3
    assert document.notes == ("No text on page 2: empty, or a picture of text.",)


async def test_a_damaged_page_loses_no_other() -> None:
    broken = made.pdf("First page.", "Second page.", "Third page.").replace(
        b"(Second page.) Tj", b"(Second page.. Tj"
    )
    document = await read("a.pdf", broken)
    assert "First page." in document.text
    assert "Third page." in document.text
    assert any("page 2" in note for note in document.notes)


async def test_a_pdf_that_only_forbids_printing_is_read() -> None:
    assert "42" in (await read("a.pdf", made.locked_pdf(""))).text


async def test_pdfs_that_cannot_be_read_say_why() -> None:
    assert "password" in (await refusal("a.pdf", made.locked_pdf("secret"))).message
    assert "pictures of text" in (await refusal("a.pdf", made.scanned_pdf())).message
    assert "no text" in (await refusal("a.pdf", made.pdf("", ""))).message
    assert "damaged" in (await refusal("a.pdf", made.pdf("x")[:200])).message


async def test_the_process_speaks_the_language_of_the_window() -> None:
    speak(language("de"))
    try:
        document = await read("a.pdf", made.pdf("Bread is baked.", ""))
        assert document.notes == ("Kein Text auf Seite 2: leer, oder ein Bild von Text.",)
        assert document.text.startswith("[page 1]")  # for the model and for what is cut by pages
        with pytest.raises(BadInput, match="ist mit einem Passwort geschützt"):
            await read("a.pdf", made.locked_pdf("secret"))
    finally:
        speak(ENGLISH)


async def test_word_as_markdown_in_the_order_of_the_page() -> None:
    document = await read("report.docx", made.word())
    assert document.text.split("\n\n") == [
        "# Annual report",
        "## Sales",
        "Sales rose by 7 %.",
        "- North",
        "| Year | Sum |\n| --- | --- |\n| 2025 | 12\\|5 |",
        "After the table.",
    ]
    assert document.notes == ("1 picture left out.",)


async def test_excel_sheet_by_sheet() -> None:
    document = await read("prices.xlsx", made.excel())
    assert document.kind is Kind.XLSX
    assert document.text == '## Prices\nName,Price\n"Bread, white",2.5'
    assert document.notes == ("The sheet “Secret” is hidden and was left out.",)
    assert document.pages == 3


async def test_the_article_of_a_page_without_its_menus() -> None:
    document = await read("page.html", PAGE.encode())
    assert document.kind is Kind.HTML
    assert document.title == "About bread"
    assert "Paragraph 11 of the article" in document.text
    assert "Subscribe" not in document.text


async def test_a_page_without_text() -> None:
    assert "script" in (await refusal("a.html", b"<html><body><script>draw()</script></body></html>")).message


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b" \n\n", "no text"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "program"),
        (b"\x1f\x8b\x08" + bytes(100), "compressed"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "before 2007"),
        (b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "sound"),
        (b"\0\0\0\x18ftypheic" + bytes(50), "HEIC"),
        (b"{\\rtf1 Hello}", "RTF"),
        (made.bomb("x.txt", 2_000_000), "archive"),
        (made.bomb("ppt/slides/slide1.xml", 2_000_000), "PowerPoint"),
        (made.word()[:-300], "damaged"),
        (made.repacked(made.word(), "word/document.xml", b"<w:document"), "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_cannot_be_read_says_why(data: bytes, word: str) -> None:
    assert word in (await refusal("thing", data)).message


async def test_an_archive_that_unpacks_to_too_much_is_not_opened() -> None:
    bomb = made.bomb("word/document.xml", 400_000_000)
    assert "unpacks to 400.0 MB; at most 300.0 MB" in (await refusal("a.docx", bomb)).message


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    + "]>"
)


@pytest.mark.parametrize(
    ("data", "part"), [(made.word(), "word/document.xml"), (made.excel(), "xl/worksheets/sheet1.xml")]
)
async def test_entities_that_multiply_cost_neither_time_nor_memory(data: bytes, part: str) -> None:
    started = time.monotonic()
    with contextlib.suppress(BadInput):
        await read("a", made.repacked(data, part, f"{BILLION_LAUGHS}<x>&a11;</x>".encode()))
    assert time.monotonic() - started < 20


async def test_a_text_whose_tree_would_fill_the_memory_is_not_opened() -> None:
    """41 MB lie within the archive's limit and become a gigabyte once a parser has made a tree of them."""
    body = b"<w:p/>" * 7_000_000
    message = (await refusal("a.docx", made.repacked(made.word(), "word/document.xml", body))).message
    assert "42.0 MB of text and layout" in message


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
@pytest.mark.parametrize(("size_bytes", "is_given"), [(3_000_000_000, False), (300_000_000, True)])
def test_the_process_gets_so_much_memory_and_no_more(size_bytes: int, is_given: bool) -> None:
    script = f"from slmdesk.features.documents import child; child._bind(); bytes({size_bytes})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is is_given
    assert ("MemoryError" in done.stderr) is not is_given


async def test_a_reader_that_takes_too_long_is_killed() -> None:
    with pytest.raises(BadInput, match="too long"):
        await DocumentReader(limit_s=0.01).read_bytes("a.pdf", made.endless_pdf())


async def test_a_small_file_that_would_take_years_ends_in_time() -> None:
    started = time.monotonic()
    with pytest.raises(BadInput):
        await DocumentReader(limit_s=20).read_bytes("a.pdf", made.endless_pdf())
    assert time.monotonic() - started < 25


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that were started."""
    pids: list[int] = []
    popen = reader_process.subprocess.Popen

    def noted(*args: object, **options: object) -> object:
        process = popen(*args, **options)  # type: ignore[call-overload] # passed on as it came
        pids.append(process.pid)
        return process

    monkeypatch.setattr(reader_process.subprocess, "Popen", noted)
    return pids


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="asks for processes as POSIX does")
async def test_a_cancel_ends_the_process(started: list[int]) -> None:
    page = b"<html><body>" + b"<p>A paragraph of a page that takes its reader long.</p>" * 150_000
    task = asyncio.ensure_future(DocumentReader().read_bytes("a.html", page))
    await until(lambda: bool(started))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: is_gone(started[0]))


def test_the_frozen_program_reads_by_calling_itself() -> None:
    """`slmdesk reader` is the child: a line that says what comes, the bytes, one JSON object back."""
    command = [sys.executable, "-m", "slmdesk", "reader"]
    task = b'{"name": "a.pdf", "kind": "PDF"}\n' + made.pdf("Bread is baked.")
    done = subprocess.run(command, input=task, capture_output=True, check=True)
    assert json.loads(done.stdout)["text"] == "[page 1]\nBread is baked."


def test_no_library_of_the_readers_is_loaded_into_the_window() -> None:
    script = (
        "import asyncio, sys\n"
        "from slmdesk.features.documents import fitting, vision\n"
        "from slmdesk.features.documents.reading import DocumentReader\n"
        "from tests.data.pages import PAGE\n"
        "slow = {'httpx', 'charset_normalizer', 'urllib.request'} & set(sys.modules)\n"
        "asyncio.run(DocumentReader().read_bytes('a.html', PAGE.encode()))\n"
        "print(sorted(slow | {'trafilatura', 'lxml', 'pypdf', 'docx', 'openpyxl', 'PIL'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


async def test_only_a_few_processes_run_at_once(started: list[int]) -> None:
    reader, most = DocumentReader(), 0

    async def one() -> None:
        nonlocal most
        await reader.read_bytes("a.gif", made.picture("GIF"))
        most = max(most, sum(not is_gone(pid) for pid in started))

    await asyncio.gather(*(one() for _ in range(6)))
    assert len(started) == 6
    assert most <= 2


async def test_files_of_this_machine(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("# Notes\n", "utf-8")
    assert await DocumentReader().read_path(path) == Document(
        "notes.md", Kind.MARKDOWN, "# Notes\n", size_bytes=8
    )


def fifo(path: Path) -> None:
    os.mkfifo(path)


def giant(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)


def forbidden(path: Path) -> None:
    path.write_bytes(b"x")
    path.chmod(0)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda path: None, "cannot be opened"),
        (Path.mkdir, "folder"),
        (fifo, "not a file"),
        (giant, "64.0 MB"),
        pytest.param(
            forbidden,
            "cannot be opened",
            marks=pytest.mark.skipif(getattr(os, "getuid", lambda: 0)() == 0, reason="root may read all"),
        ),
    ],
)
async def test_paths_that_are_no_readable_file(
    make: Callable[[Path], None], word: str, tmp_path: Path
) -> None:
    path = tmp_path / "thing.txt"
    make(path)
    with pytest.raises(BadInput, match=word) as refused:
        await DocumentReader().read_path(path)
    assert refused.value.next_step


async def test_a_name_that_is_no_name() -> None:
    with pytest.raises(BadInput, match="cannot be opened"):
        await DocumentReader().read_path(Path("a\0b"))


async def test_a_pasted_name_is_no_path() -> None:
    assert (await read("../../etc/passwd", b"root\n")).name == "passwd"


FILES = {
    "a.pdf": made.pdf("Bread is baked.", "", "Third page."),
    "locked.pdf": made.locked_pdf(""),
    "a.docx": made.word(),
    "a.xlsx": made.excel(),
    "a.html": PAGE.encode(),
    "a.png": made.picture("PNG"),
    "a.jpg": made.picture("JPEG"),
    "a.gif": made.picture("GIF"),
    "a.webp": made.picture("WEBP"),
    "a.txt": "Grüße\n".encode("cp1252") * 9,
}


async def fuzz(name: str, rounds: int) -> int:
    """How many were read or refused: anything but a document, a picture or BadInput fails, and is shown."""
    rng, reader, ended = random.Random(name), DocumentReader(), 0
    for number in range(rounds):
        data = made.mutated(FILES[name], rng)
        print(f"round {number}: {base64.b64encode(data).decode()}")
        with contextlib.suppress(BadInput):
            assert await reader.read_bytes(name, data)
        ended += 1
    return ended


@pytest.mark.parametrize("name", FILES)
async def test_mutated_files_are_read_or_refused(name: str) -> None:
    assert await fuzz(name, 4) == 4


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("name", FILES)
async def test_many_mutated_files_are_read_or_refused(name: str) -> None:
    assert await fuzz(name, 300) == 300
