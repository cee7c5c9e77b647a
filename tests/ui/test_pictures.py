"""Pictures of the program: every state of the list can be reached, and where none can be saved is said."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QApplication

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.ui.pictures import taking
from slmdesk.ui.pictures.shots import SHOTS, SIZE
from slmdesk.ui.pictures.taking import save, take_states


def test_a_picture_that_cannot_be_saved_is_said(qapp: QApplication, tmp_path: Path) -> None:
    picture = QPixmap(4, 4)
    picture.fill()
    save(picture, tmp_path / "new" / "chat.png")
    assert (tmp_path / "new" / "chat.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataFolderUnusable, match=r"chat\.png could not be written"):
        save(picture, tmp_path / "file" / "chat.png")


def test_every_state_of_the_list_is_photographed_in_both_shades(
    run_ui: Any, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "SETTLE_S", 0.05)

    async def scenario() -> None:
        saved = await take_states(qapp, tmp_path)
        assert [path.name for path in saved[:2]] == ["chat-empty.png", "chat-empty-dark.png"]
        assert len(saved) == 2 * len(SHOTS)
        names = [path.stem for path in saved[::2]]
        pictures = {path.stem: QImage(str(path)) for path in saved}
        for shot in SHOTS:
            assert (pictures[shot.name].width(), pictures[shot.name].height()) == shot.size
        same = [
            (one, other)
            for number, one in enumerate(names)
            for other in names[number + 1 :]
            if pictures[one] == pictures[other]
        ]
        assert same == []  # each shows a state of its own
        dark = pictures["chat-empty-dark"].pixelColor(SIZE[0] // 2, 20)
        assert dark.lightness() < 60

    try:
        run_ui(scenario())
    finally:
        qapp.setStyleSheet("")
