"""Settings → Data folder: what a move would do is said, what will not do is refused, one can go back."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from slmdesk.base.errors import BadInput
from slmdesk.config import move_plan, paths, relocation
from slmdesk.config.paths import Paths
from slmdesk.config.relocation import DataPlace, data_place, go_back, is_there, move_data
from slmdesk.config.volume import Volume
from slmdesk.services import Services
from slmdesk.ui import notify
from slmdesk.ui.away_dialog import AwayDialog
from slmdesk.ui.relocating import MoveDialog, Outcome, Relocation, duration_words
from slmdesk.ui.widgets.settings import folder_place
from slmdesk.ui.widgets.settings.folder_place import FolderPlace
from tests.fakes.killed_move import lay_out
from tests.fakes.until import until


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    for module in (paths, move_plan, relocation):
        monkeypatch.setattr(module, "home_data_dir", lambda: folder)
    monkeypatch.setattr(folder_place, "volume_of", lambda _folder: Volume(Path("/"), "ext4"))
    return folder


@asynccontextmanager
async def section_over(folder: Path) -> AsyncIterator[tuple[FolderPlace, Services, list[Relocation]]]:
    services = Services.open(folder)
    section, asked = FolderPlace(services), []
    section.relocation_asked.connect(asked.append)
    section.resize(700, 300)
    section.show()
    await until(lambda: section.figures.text())
    await until(lambda: not services.jobs.is_running("settings:size"))
    try:
        yield section, services, asked
    finally:
        await services.aclose()
        section.deleteLater()


def question(section: QWidget) -> notify.Dialog | None:
    return next((one for one in section.findChildren(notify.Dialog) if one.isVisible()), None)


def words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


async def answered(section: FolderPlace, services: Services, *, is_yes: bool) -> str:
    """The words of the question that is open, once it is answered."""
    await until(lambda: question(section) is not None)
    dialog = question(section)
    assert dialog is not None
    said = words(dialog)
    dialog.accept() if is_yes else dialog.reject()
    await until(lambda: not services.jobs.is_running(folder_place.JOB))
    return said


def test_a_move_is_explained_and_asked_for(home: Path, tmp_path: Path, run_ui) -> None:
    async def scenario() -> None:
        async with section_over(home) as (section, services, asked):
            target = tmp_path / "disk" / "data"
            section._start(lambda: section.propose(target))
            said = await answered(section, services, is_yes=False)
            assert str(target) in said
            assert "a few seconds" in said
            assert "kept until you remove it" in said
            assert "unplugged" not in said
            assert asked == []
            section._start(lambda: section.propose(target))
            await answered(section, services, is_yes=True)
            assert asked == [Relocation(target)]
            assert data_place() == DataPlace(home)  # the window does it

    run_ui(scenario())


def test_the_risks_are_told(home: Path, tmp_path: Path, run_ui, monkeypatch) -> None:
    async def scenario() -> None:
        async with section_over(home) as (section, services, _asked):
            stick = Volume(Path("/media/stick"), "ext4", is_removable=True)
            monkeypatch.setattr(folder_place, "volume_of", lambda _folder: stick)
            chat = await services.chats.create(services.new_chat_settings())
            await services.chats.add_user_message(chat.id, "Why?")
            message, writer = await services.chats.start_answer(chat.id, "builtin/x")
            services.kept.now = services.settings.with_value("is_history_kept", False)
            section._start(lambda: section.propose(tmp_path / "disk"))
            said = await answered(section, services, is_yes=False)
            assert "can be unplugged" in said
            assert "1 answer is being written" in said
            assert "since the start are forgotten" in said
            await services.chats.finish_answer(message.id, writer, state="stopped")

    run_ui(scenario())


def test_a_folder_with_other_things_gets_one_inside(home: Path, tmp_path: Path, run_ui) -> None:
    async def scenario() -> None:
        async with section_over(home) as (section, services, asked):
            (tmp_path / "disk").mkdir()
            (tmp_path / "disk" / "photo.jpg").touch()
            section._start(lambda: section.propose(tmp_path / "disk"))
            await answered(section, services, is_yes=True)
            assert asked == [Relocation(tmp_path / "disk" / "home")]

    run_ui(scenario())


def test_what_will_not_do_is_refused_with_the_reason(home: Path, tmp_path: Path, run_ui, monkeypatch) -> None:
    async def scenario() -> None:
        async with section_over(home) as (section, services, asked):

            async def refused(folder: Path) -> str:
                section._start(lambda: section.propose(folder))
                await until(lambda: not services.jobs.is_running(folder_place.JOB))
                return section.error.text()

            assert "already" in await refused(home)
            assert "inside the other" in await refused(home / "models")
            lay_out(tmp_path / "theirs")
            assert "data of SLM Desk" in await refused(tmp_path / "theirs")
            monkeypatch.setattr(folder_place, "volume_of", lambda _folder: Volume(Path("/mnt"), "cifs"))
            assert "another machine" in await refused(tmp_path / "disk")
            assert section.error.isVisible()
            assert asked == []
            assert question(section) is None

    run_ui(scenario())


def test_a_folder_given_at_the_start_is_not_moved(home: Path, tmp_path: Path, run_ui) -> None:
    async def scenario() -> None:
        async with section_over(tmp_path / "other") as (section, _services, _asked):
            assert not section.move_button.isEnabled()
            assert "--data-dir" in section.note.text()
            assert not section.back_button.isVisible()

    run_ui(scenario())


def test_the_other_folder_is_gone_back_to_or_removed(home: Path, tmp_path: Path, run_ui) -> None:
    target = tmp_path / "disk"
    lay_out(home)
    (home / "slmdesk.sqlite").unlink()
    move_data(target)

    async def scenario() -> None:
        async with section_over(target) as (section, services, asked):
            assert str(home) in section.kept.text()
            assert section.kept_folder == home  # "delete everything" names it
            section.move_button.click()
            await until(lambda: "still kept" in section.error.text())
            await until(lambda: not services.jobs.is_running(folder_place.JOB))
            assert re.search(r"frees \d+ kB", section.remove_button.text())
            section.back_button.click()
            assert "What was written since" in await answered(section, services, is_yes=True)
            assert asked == [Relocation(None)]
            section.remove_button.click()
            await answered(section, services, is_yes=False)
            assert data_place() == DataPlace(target, home)
            section.remove_button.click()
            assert "is lost" in await answered(section, services, is_yes=True)
            assert data_place() == DataPlace(target)
            assert list(Paths(home).belongings()) == []
            assert not section.kept.isVisible()
            assert section.kept_folder is None
            assert "free again" in section.said.text()

    run_ui(scenario())


def test_an_other_folder_that_is_away_can_come_back_or_be_forgotten(
    home: Path, tmp_path: Path, run_ui
) -> None:
    target = tmp_path / "disk"
    lay_out(home)
    (home / "slmdesk.sqlite").unlink()
    move_data(target)
    away = target.rename(tmp_path / "away")
    go_back()

    async def scenario() -> None:
        async with section_over(home) as (section, services, _asked):
            assert "not there now" in section.kept.text()
            assert not section.back_button.isEnabled()
            section.hide()
            away.rename(target)
            section.show()
            await until(section.back_button.isEnabled)
            target.rename(away)
            section.hide()
            section.show()
            await until(lambda: not section.back_button.isEnabled())
            section.remove_button.click()
            assert "Nothing in" in await answered(section, services, is_yes=True)
            assert data_place() == DataPlace(home)
            assert list(Paths(away).belongings())

    run_ui(scenario())


def test_the_move_tells_how_far_it_is_and_stops(qtbot, tmp_path: Path, monkeypatch) -> None:
    import threading

    is_stopped = threading.Event()
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = MoveDialog(parent, tmp_path, is_stopped)
    assert "Looking" in dialog.words.text()
    now = dialog._started_s
    monkeypatch.setattr("slmdesk.ui.relocating.time.monotonic", lambda: now + 60)
    dialog._on_progress(1_000_000_000, 4_000_000_000)
    dialog._show()
    assert dialog.words.text() == "1.0 GB of 2.0 GB copied · about 3 minutes left"
    assert dialog.bar.value() == 250
    dialog._on_progress(3_000_000_000, 4_000_000_000)
    dialog._show()
    assert dialog.words.text() == "All copied, 1.0 GB of 2.0 GB verified · about 20 seconds left"
    dialog.open()
    dialog.cancel_button.click()
    assert is_stopped.is_set()
    assert dialog.isVisible()  # until all is as it was
    assert "Stopping" in dialog.words.text()
    dialog.end()
    assert not dialog.isVisible()


def test_a_failure_is_told_in_a_dialog_and_a_stop_in_passing(qtbot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    Outcome(problem=BadInput("The disk is full.", next_step="Free some.")).tell(window)
    dialog = question(window)
    assert dialog is not None
    assert "The disk is full." in words(dialog)
    dialog.accept()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3, "a few seconds"), (34, "about 30 seconds"), (200, "about 3 minutes"), (9_000, "about 2 hours")],
)
def test_times_are_said_as_one_plans_with_them(seconds: float, said: str) -> None:
    assert duration_words(seconds) == said


@pytest.fixture
def away(home: Path, tmp_path: Path) -> Path:
    """Where the moved folder is now, which was at `disk`."""
    lay_out(home)
    move_data(tmp_path / "disk")
    return (tmp_path / "disk").rename(tmp_path / "away")


@pytest.fixture
def missing(away: Path, qtbot) -> AwayDialog:
    dialog = AwayDialog()
    dialog.open()
    return dialog


def press(dialog: AwayDialog, text: str) -> None:
    next(one for one in dialog.findChildren(QPushButton) if one.text() == text).click()


def test_a_disk_that_is_away_is_looked_for_again(missing: AwayDialog, away: Path, tmp_path: Path) -> None:
    assert str(tmp_path / "disk") in words(missing)
    press(missing, "Look again")
    assert "still not there" in missing.error.text()
    assert missing.isVisible()
    away.rename(tmp_path / "disk")
    press(missing, "Look again")
    assert missing.result() == 1


def test_the_old_folder_can_be_used_meanwhile(missing: AwayDialog, home: Path, tmp_path: Path) -> None:
    press(missing, "Use the old folder")
    assert missing.result() == 1
    assert data_place() == DataPlace(home, tmp_path / "disk")


def test_one_can_start_fresh_and_nothing_is_deleted(
    missing: AwayDialog, home: Path, away: Path, tmp_path: Path
) -> None:
    press(missing, "Start fresh")
    place = data_place()
    assert missing.result() == 1
    assert place.folder not in (home, tmp_path / "disk")
    assert is_there(place.folder)
    assert place.previous == tmp_path / "disk"
    assert Paths(home).belongings()
    assert Paths(away).belongings()


def test_the_folder_can_be_shown(missing: AwayDialog, home: Path, away: Path) -> None:
    missing._take(home / "models")
    assert "no chats" in missing.error.text()
    missing._take(away)
    assert missing.result() == 1
    assert data_place() == DataPlace(away, home)
