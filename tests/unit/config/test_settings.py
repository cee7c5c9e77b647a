"""Settings: one description each, checked by hand, saved whole or not at all, never lost."""

import errno
import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from slmdesk.base.errors import BadInput, DataFolderUnusable
from slmdesk.config import atomic_file
from slmdesk.config.paths import Paths
from slmdesk.config.servers import ServerAddress
from slmdesk.config.settings import Settings, describe, load_settings, save_settings

SERVER = ServerAddress("lan-box", "LAN box", "http://10.0.0.5:8080/v1")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path)


def test_a_first_start_has_the_defaults_and_nothing_to_say(paths: Paths) -> None:
    settings = load_settings(paths)
    assert settings == Settings()
    assert settings.notices == ()
    assert not paths.settings.exists()


def test_what_was_saved_is_read_again(paths: Paths) -> None:
    settings = Settings(theme="dark", threads=3, model_files=("/a.gguf", "/é.gguf"), openai_servers=(SERVER,))
    save_settings(paths, settings)
    assert load_settings(paths) == settings


def test_the_keys_of_a_newer_version_are_kept(paths: Paths) -> None:
    paths.settings.write_text(json.dumps({"theme": "dark", "from_the_future": {"a": [1, 2]}}))
    save_settings(paths, load_settings(paths).with_value("threads", 2))
    assert json.loads(paths.settings.read_text())["from_the_future"] == {"a": [1, 2]}
    assert load_settings(paths).theme == "dark"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{" * 100_000, b'{"theme": "dark"}' + b"\0" * 20]
)
def test_a_damaged_file_is_kept_aside_and_said(paths: Paths, content: bytes) -> None:
    paths.settings.write_bytes(content)
    settings = load_settings(paths)
    assert settings == Settings()
    (kept,) = paths.data_dir.glob("settings-damaged-*.json")
    assert kept.read_bytes() == content
    assert kept.name in settings.notices[0]


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("theme", "pink"),
        ("theme", 1),
        ("threads", -1),
        ("threads", 100_000),
        ("threads", True),
        ("threads", "2"),
        ("idle_unload_s", 1),
        ("model_files", "x"),
        ("model_files", [1]),
        ("ollama_host", None),
        ("is_machine_panel_open", 1),
        ("text_percent", 79),
        ("density", "dense"),
        ("is_history_kept", "on"),
        ("default_context_tokens", 0),
        ("shortcuts", "Ctrl+P"),
        ("shortcuts", [1]),
        ("shortcuts", {"palette": "P"}),
        ("shortcuts", {"palette": "Ctrl+Hyper+P"}),
        ("shortcuts", {"Palette!": "Ctrl+P"}),
        ("shortcuts", {"palette": "Ctrl+P", "quit": "ctrl+p"}),
        ("openai_servers", {}),
        ("openai_servers", ["x"]),
        ("openai_servers", [{"id": "../x", "label": "", "address": "http://a"}]),
        ("openai_servers", [{"id": "x", "label": "", "address": "file:///etc/passwd"}]),
        ("openai_servers", [{"id": "x", "label": "", "address": "http://key@host"}]),
        ("openai_servers", [{"id": "x", "label": "", "address": "http://[::1"}]),
        ("openai_servers", [{"id": "x", "label": "", "address": "http://a", "kind": "telegraph"}]),
        ("openai_servers", [{"id": "x", "label": "", "address": "http://a", "models": [""]}]),
        ("openai_servers", [{"id": "x", "label": "", "address": "http://a", "api_version": "1&key=2"}]),
        ("openai_servers", [{"id": "x", "label": "", "address": "http://a", "at_once": -1}]),
        ("openai_servers", [{"id": "x:y", "label": "", "address": "http://a"}]),
        ("openai_servers", [SERVER, SERVER]),
    ],
)
def test_one_bad_value_costs_that_value_alone(paths: Paths, name: str, bad: Any) -> None:
    plain = (
        [
            {"id": s.id, "label": s.label, "address": s.address} if isinstance(s, ServerAddress) else s
            for s in bad
        ]
        if isinstance(bad, list)
        else bad
    )
    paths.settings.write_text(json.dumps({"default_model": "ollama/x", name: plain}))
    settings = load_settings(paths)
    assert getattr(settings, name) == getattr(Settings(), name)
    assert settings.default_model == "ollama/x"
    (kept,) = paths.data_dir.glob("settings-damaged-*.json")  # the program writes over it when it ends
    assert kept.read_bytes() == paths.settings.read_bytes()
    assert kept.name in settings.notices[1]
    assert len(settings.notices) == 2
    assert load_settings(paths).notices == settings.notices  # and it is kept once
    with pytest.raises(BadInput):
        Settings().with_value(name, bad)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@hypothesis_settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(values=st.dictionaries(st.sampled_from([item.name for item in describe()]), JSON))
def test_no_content_can_break_the_reading(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, Any]
) -> None:
    paths = Paths(tmp_path_factory.mktemp("settings"))
    paths.settings.write_text(json.dumps(values))
    settings = load_settings(paths)
    save_settings(paths, settings)
    assert load_settings(paths).notices == ()


def test_every_setting_is_described() -> None:
    described = describe()
    kept = {item.name for item in fields(Settings)} - {"extras", "notices"}
    assert {item.name for item in described} == kept
    for item in described:
        assert item.label
        assert item.help
        assert item.check(item.default) == item.default


def test_a_failed_save_leaves_the_old_file(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    save_settings(paths, Settings(theme="dark"))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic_file.os, "fsync", full)
    with pytest.raises(DataFolderUnusable, match="No space left"):
        save_settings(paths, Settings(theme="light"))
    assert load_settings(paths).theme == "dark"
    assert [path.name for path in paths.data_dir.iterdir()] == ["settings.json"]


def test_reading_needs_no_pydantic(paths: Paths) -> None:
    code = (
        "import sys; from pathlib import Path; from slmdesk.config.paths import Paths;"
        "from slmdesk.config.settings import load_settings; load_settings(Paths(Path(sys.argv[1])));"
        "sys.exit(any(name in sys.modules for name in ('pydantic', 'keyring', 'platformdirs', 'httpx')))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(paths.data_dir)], check=False).returncode == 0


def test_the_readme_has_a_line_for_every_setting_of_the_form() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
    for field in describe():
        line = f"| {field.label} | {field.words(field.default)} | {field.help} |"
        assert (line in readme) == field.is_in_form, line


def test_every_kind_of_server_comes_back_as_it_was(paths: Paths) -> None:
    servers = (
        ServerAddress("box", "Box", "http://127.0.0.1:8080/v1", at_once=2),
        ServerAddress("openai", "OpenAI", "https://api.openai.com/v1", "openai"),
        ServerAddress("az", "Azure", "https://a.openai.azure.com:443", "azure", ("gpt", "o4"), "2024-10-21"),
        ServerAddress("ollama:lan-box", "LAN box", "http://lan-box:11434", "ollama"),
    )
    save_settings(paths, Settings(openai_servers=servers))
    assert load_settings(paths).openai_servers == servers


def test_servers_of_an_older_file_are_compatible_ones(paths: Paths) -> None:
    plain = {"id": "box", "label": "Box", "address": "http://127.0.0.1:8080/v1"}
    paths.settings.write_text(json.dumps({"openai_servers": [plain]}))
    assert load_settings(paths).openai_servers == (ServerAddress(**plain),)
