"""How the window stands is on the disk while it runs, so that a kill takes nothing of it."""

from pathlib import Path
from typing import Any

from slmdesk.config.paths import Paths
from slmdesk.config.settings import load_settings
from tests.fakes.panes import desk_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until


def test_a_change_of_the_layout_is_saved_without_a_regular_end(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        paths = Paths(tmp_path)
        async with desk_over(tmp_path, ScriptedEngine({"a": says("x"), "b": says("y")})) as desk:
            desk.window.resize(1200, 800)
            await until(lambda: load_settings(paths).window_geometry == desk.window.place())
            desk.window.resize(1300, 820)
            await until(lambda: load_settings(paths).window_geometry == desk.window.place())
            desk.window.fold_panel(False)
            await until(lambda: not load_settings(paths).is_machine_panel_open)
            pane: Any = desk.window.open_pane("compare")
            pane._choose_layout("grid")
            await until(lambda: load_settings(paths).compare_layout == "grid")

    run_ui(scenario())


def test_settings_saved_meanwhile_are_not_lost(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_over(tmp_path, ScriptedEngine({"a": says("x")})) as desk:
            services = desk.services
            services.kept.arrange(window_geometry="AAAA")
            await services.update_settings(services.settings.with_value("density", "compact"))
            services.kept.arrange(window_geometry="BBBB")
            await until(lambda: not services.jobs.is_running("layout"))
            kept = load_settings(services.paths)
            assert (kept.density, kept.window_geometry) == ("compact", "BBBB")

    run_ui(scenario())
