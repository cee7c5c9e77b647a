"""`slmdesk import` and `slmdesk export`."""

import json
from pathlib import Path

import pytest

from tests.fakes.scripted_engine import ScriptedEngine
from tests.unit.cli.conftest import run, stored_states
from tests.unit.features.chat.test_importing import CHATGPT


def test_what_was_exported_is_imported(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "chat", "-m", "a", "Well?") == 0
    assert run(tmp_path, "export", "well", "--format", "json", "-o", str(tmp_path / "chat.json")) == 0
    assert run(tmp_path, "import", str(tmp_path / "chat.json")) == 0
    assert "chat.json: 1 chat imported." in capsys.readouterr().err
    assert stored_states(tmp_path) == [("All fine.", "done")] * 2


def test_every_chat_in_every_format(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "conversations.json").write_text(json.dumps([CHATGPT, 7]))
    assert run(tmp_path, "import", str(tmp_path / "conversations.json")) == 1
    assert "1 skipped: chat 2 (it is no chat)" in capsys.readouterr().err
    for kind, suffix in (("markdown", ".md"), ("html", ".html"), ("json", ".json")):
        assert run(tmp_path, "export", "--all", "--format", kind, "-o", str(tmp_path / kind)) == 0
        (written,) = (tmp_path / kind).iterdir()
        assert written.name.startswith("Rust ")
        assert written.suffix == suffix
        assert "A fungus." in written.read_text("utf-8")
    capsys.readouterr()
    assert run(tmp_path, "export", "RUST") == 0
    assert capsys.readouterr().out.startswith("# Rust\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("export", "nosuch"), "no chat “nosuch”"),
        (("export", "--all"), "Give one with -o."),
        (("import", "nosuch.json"), "cannot be read"),
    ],
)
def test_wrong_use(
    tmp_path: Path,
    engine: ScriptedEngine,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    assert run(tmp_path, *arguments) == 2
    assert words in capsys.readouterr().err


def test_titles_that_are_alike_are_named_by_id(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert run(tmp_path, "chat", "-m", "a", "Well?") == 0
    assert run(tmp_path, "export", "well") == 2
    err = capsys.readouterr().err
    assert "“well” is in 2 titles" in err
    assert run(tmp_path, "export", err.rpartition("by its id: ")[2].split()[0]) == 0


def test_an_open_window_is_not_written_beside(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    import asyncio

    from slmdesk.services import Services

    async def open_window() -> Services:
        return Services.open(tmp_path / "data")

    window = asyncio.run(open_window())
    (tmp_path / "chat.json").write_text(json.dumps(CHATGPT))
    assert run(tmp_path, "import", str(tmp_path / "chat.json")) == 1
    assert "Use the window" in capsys.readouterr().err
    asyncio.run(window.aclose())
