"""Shared fixtures: the Qt loop for scenarios, and the rule that nothing warns."""

import asyncio
import gc
import logging
import os
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ |= {"LC_ALL": "C.UTF-8", "LANGUAGE": "en"}  # what the tests read is English on every machine
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

_has_used_qt = False
Scenario = Coroutine[Any, Any, None]


@pytest.fixture
def run_ui(qapp: Any) -> Iterator[Callable[[Scenario], None]]:
    """Run a scenario coroutine on the Qt loop; fail if it leaves tasks behind.

    The check sits here and not in teardown: pytest-qt deletes widgets and pumps
    events first, so a leaked task may die on a deleted widget and go unnoticed.
    """
    import qasync

    qapp.setQuitOnLastWindowClosed(False)  # a closing dialog must not stop the loop
    loop = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(loop)

    def run(scenario: Scenario) -> None:
        loop.run_until_complete(scenario)
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        assert not left, f"tasks left running: {sorted(t.get_name() for t in left)}"

    yield run
    loop.close()
    asyncio.set_event_loop(None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Widgets that a test leaves behind must be destroyed in this thread, as in the program (ui.qt_loop)."""
    global _has_used_qt
    if _has_used_qt:
        gc.collect()
    _has_used_qt = "qapp" in getattr(item, "fixturenames", ())
    gc.disable() if _has_used_qt else gc.enable()


def pytest_collection_finish() -> None:
    """What is imported now stays: the collections between tests of the window need not walk through it."""
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "warns_ok: this test expects a log record of level WARNING or above")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A log record of level WARNING or above fails the test that made it, unless marked `warns_ok`.

    Qt's own messages are watched by pytest-qt (`qt_log_level_fail` in pyproject.toml).
    """
    seen: list[str] = []
    handler = _Collector(seen)
    logging.getLogger().addHandler(handler)
    outcome = yield
    logging.getLogger().removeHandler(handler)
    if seen and outcome.excinfo is None and item.get_closest_marker("warns_ok") is None:
        outcome.force_exception(AssertionError("unexpected warnings:\n" + "\n".join(seen)))


class _Collector(logging.Handler):
    def __init__(self, seen: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        self._seen.append(f"{record.name}: {record.getMessage()}")
