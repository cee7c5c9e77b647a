"""The memory that models were seen to take: the most with a context, kept over a restart."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from slmdesk.base.jobs import JobRunner
from slmdesk.engines.base import LoadedModel
from slmdesk.features.catalog.memory_seen import JOB, MemoryLog, MemorySeen
from tests.fakes.until import until

MB = 1_000_000


class Desk:
    """A log over processes whose sizes the test decides."""

    def __init__(self, path: Path) -> None:
        self.sizes: dict[int, int] = {}
        self.jobs = JobRunner(lambda key, error: pytest.fail(f"{key}: {error!r}"))
        self.log = MemoryLog(path, self._resident, self.jobs)

    def _resident(self, pids: Sequence[int]) -> int | None:
        return sum(self.sizes[pid] for pid in pids) if set(pids) <= self.sizes.keys() else None

    async def note(self, *models: LoadedModel) -> None:
        self.log.note({model.ref: model for model in models})
        await until(lambda: not self.jobs.is_running(JOB))


def ours(context_tokens: int = 4096) -> LoadedModel:
    return LoadedModel("builtin", "a", 900 * MB, context_tokens=context_tokens, pids=(7,))


async def test_the_most_of_a_context_is_kept_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "memory-seen.json"
    desk = Desk(path)
    theirs = LoadedModel("ollama", "b", 500 * MB, context_tokens=None)
    for size in (400, 300, 402, 600, 500):
        desk.sizes[7] = size * MB
        await desk.note(ours(), theirs)
    expected = {
        "builtin/a": MemorySeen("builtin/a", 600 * MB, 4096),  # by its process, not by the estimate
        "ollama/b": MemorySeen("ollama/b", 500 * MB, None),
    }
    assert desk.log.all() == expected
    assert Desk(path).log.all() == expected


async def test_another_context_is_another_figure(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "memory-seen.json")
    desk.sizes[7] = 600 * MB
    await desk.note(ours(8192))
    desk.sizes[7] = 400 * MB
    await desk.note(ours(2048))
    assert desk.log.all()["builtin/a"] == MemorySeen("builtin/a", 400 * MB, 2048)


async def test_a_process_that_has_gone_is_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "memory-seen.json")
    await desk.note(ours(), LoadedModel("ollama", "b"))
    assert desk.log.all() == {}
    assert not (tmp_path / "memory-seen.json").exists()  # nor is anything written


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"models": 3}', '{"models": [3, {}, {"model_ref": "a/b", "size_bytes": -1}]}',
     '{"models": [{"model_ref": "a/b", "size_bytes": true}]}',
     '{"models": [{"model_ref": "a/b", "size_bytes": 5, "context_tokens": "x"}]}'],
)  # fmt: skip
def test_a_damaged_file_tells_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "memory-seen.json"
    path.write_text(content)
    assert Desk(path).log.all() == {}


@pytest.mark.warns_ok
async def test_a_folder_that_cannot_be_written_loses_nothing_else(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "gone" / "memory-seen.json")
    desk.sizes[7] = 400 * MB
    await desk.note(ours())
    assert desk.log.all()["builtin/a"].size_bytes == 400 * MB
