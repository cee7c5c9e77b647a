"""Pictures of the program: every state of the list can be reached, and where none can be saved is said."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QApplication

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.ui.pictures import taking
from slmdesk.ui.pictures.shots import SHOTS, SIZE
from slmdesk.ui.pictures.taking import SHADES, Shade, save, take_states


def test_a_picture_that_cannot_be_saved_is_said(qapp: QApplication, tmp_path: Path) -> None:
    picture = QPixmap(4, 4)
    picture.fill()
    save(picture, tmp_path / "new" / "chat.png")
    assert (tmp_path / "new" / "chat.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataFolderUnusable, match=r"chat\.png could not be written"):
        save(picture, tmp_path / "file" / "chat.png")


async def check_pictures(app: QApplication, folder: Path, shades: Sequence[Shade]) -> None:
    """Each state can be reached and shows a picture of its own, of the right size, in each shade."""
    saved = await take_states(app, folder, shades=shades)
    assert len(saved) == len(shades) * len(SHOTS)
    pictures = {path.stem: QImage(str(path)) for path in saved}
    for shot in SHOTS:
        assert (pictures[shot.name].width(), pictures[shot.name].height()) == shot.size
    names = [shot.name for shot in SHOTS]
    same = [
        (one, other)
        for number, one in enumerate(names)
        for other in names[number + 1 :]
        if pictures[one] == pictures[other]
    ]
    assert same == []


def test_every_state_of_the_list_is_photographed(
    run_ui: Any, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "SETTLE_S", 0.05)
    run_ui(check_pictures(qapp, tmp_path, ["light"]))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_state_of_the_list_is_photographed_in_both_shades(
    run_ui: Any, qapp: QApplication, tmp_path: Path
) -> None:
    run_ui(check_pictures(qapp, tmp_path, SHADES))


def test_a_state_is_photographed_light_and_dark(run_ui: Any, qapp: QApplication, tmp_path: Path) -> None:
    run_ui(take_states(qapp, tmp_path, SHOTS[:1]))
    light, dark = (QImage(str(tmp_path / f"chat-empty{end}.png")) for end in ("", "-dark"))
    assert light.pixelColor(SIZE[0] // 2, 20).lightness() > 200
    assert dark.pixelColor(SIZE[0] // 2, 20).lightness() < 60
