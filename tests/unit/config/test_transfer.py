"""Settings to another machine: what was chosen, no keys, nothing taken without a look."""

import json
from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.config.servers import ServerAddress
from slmdesk.config.settings import Settings
from slmdesk.config.transfer import export_settings, import_settings

CHOSEN = Settings(
    theme="dark",
    text_percent=125,
    openai_servers=(ServerAddress("lab", "Lab", "http://10.0.0.5:8080/v1"),),
    shortcuts=(("palette", "Ctrl+P"),),
    window_geometry="AAAA",
    extras={"from_the_future": "kept here"},
)


def test_what_was_chosen_goes_out_and_comes_in(tmp_path: Path) -> None:
    export_settings(CHOSEN, tmp_path / "out.json")
    content = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert set(content["settings"]) == {"theme", "text_percent", "openai_servers", "shortcuts"}
    here = Settings(threads=3, window_geometry="BBBB", theme="light")
    imported = import_settings(tmp_path / "out.json", here)
    assert imported.problems == []
    assert imported.changed == ["openai_servers", "shortcuts", "text_percent", "theme"]
    assert imported.settings.shortcuts == CHOSEN.shortcuts
    assert (imported.settings.threads, imported.settings.window_geometry) == (3, "BBBB")


def test_one_bad_value_costs_that_value_alone(tmp_path: Path) -> None:
    values = {"theme": "pink", "threads": 2, "window_geometry": "XXXX", "magic": 1}
    (tmp_path / "in.json").write_text(json.dumps({"kind": "slmdesk-settings", "settings": values}))
    imported = import_settings(tmp_path / "in.json", CHOSEN)
    assert imported.changed == ["threads"]
    assert imported.settings.theme == "dark"
    assert len(imported.problems) == 3


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"theme": "dark"}', b'{"kind": "slmdesk-settings", "settings": 1}']
)
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.json").write_bytes(content)
    with pytest.raises(BadInput, match=r"in\.json"):
        import_settings(tmp_path / "in.json", CHOSEN)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        export_settings(CHOSEN, tmp_path / "missing" / "out.json")
