"""Pictures of the program: where they cannot be saved, that is said."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.ui.pictures import _save


def test_a_picture_that_cannot_be_saved_is_said(qtbot: Any, tmp_path: Path) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    desk: Any = SimpleNamespace(window=window)
    _save(desk, tmp_path / "new" / "chat.png")
    assert (tmp_path / "new" / "chat.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataFolderUnusable, match=r"chat\.png could not be written"):
        _save(desk, tmp_path / "file" / "chat.png")
