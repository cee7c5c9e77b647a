"""Changes of the settings that overlap: none is lost."""

import asyncio
from dataclasses import replace
from pathlib import Path

from slmdesk.base.jobs import JobRunner
from slmdesk.config.kept_settings import KeptSettings
from slmdesk.config.paths import Paths
from slmdesk.config.settings import Settings, load_settings
from tests.fakes.until import until


def kept_in(folder: Path) -> tuple[KeptSettings, JobRunner, Paths]:
    paths, jobs = Paths(folder), JobRunner(lambda _key, error: (_ for _ in ()).throw(error))
    paths.create()
    return KeptSettings(paths, Settings(), jobs), jobs, paths


async def test_two_changes_at_once_are_both_kept(tmp_path: Path) -> None:
    kept, _jobs, paths = kept_in(tmp_path)
    before = kept.now
    changes = [replace(before, model_files=("/m/a.gguf",)), replace(before, theme="dark")]
    await asyncio.gather(
        *(kept.change(lambda now, after=after: now.with_changes(before, after)) for after in changes)
    )
    for settings in (kept.now, load_settings(paths)):
        assert (settings.model_files, settings.theme) == (("/m/a.gguf",), "dark")


async def test_a_layout_that_comes_during_a_save_stays(tmp_path: Path) -> None:
    kept, jobs, paths = kept_in(tmp_path)
    saving = asyncio.create_task(kept.change(lambda now: replace(now, theme="dark")))
    await asyncio.sleep(0)
    kept.arrange(compare_layout="grid")
    await saving
    await until(lambda: not jobs.is_running("layout"))
    for settings in (kept.now, load_settings(paths)):
        assert (settings.compare_layout, settings.theme) == ("grid", "dark")


async def test_at_the_end_nothing_is_written_any_more(tmp_path: Path) -> None:
    kept, jobs, _paths = kept_in(tmp_path)
    kept.close()
    kept.arrange(compare_layout="grid")
    assert not jobs.is_running("layout")
