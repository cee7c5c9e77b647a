"""The rules of the house: each rule looks at one file, and each is shown a violation it must find."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "slmdesk"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_resources" not in path.parts)

Rule = Callable[[str, str], Iterator[str]]

OWNERS = {
    "ollama": ("engines/",),
    "openai": ("engines/",),
    "xllamacpp": ("engines/",),
    "httpx": ("engines/", "features/documents/web.py", "features/pulls/http_source.py"),
    "pypdf": ("features/documents/readers/",),
    "docx": ("features/documents/readers/",),
    "openpyxl": ("features/documents/readers/", "features/evaluate/report/"),
    "trafilatura": ("features/documents/readers/",),
    "lxml": ("features/documents/readers/",),
    "PIL": ("features/documents/readers/",),
    "sqlite3": ("store/db.py",),
    "keyring": ("config/secrets.py",),
    "psutil": ("features/monitor/",),
    "pynvml": ("features/monitor/",),
    "PySide6": ("ui/", "app.py"),
    "qasync": ("ui/", "app.py"),
}
NEVER_IMPORTED = {"pickle", "marshal", "shelve", "yaml", "jinja2"}


def imported_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            yield node, name


def libraries_have_one_owner(path: str, source: str) -> Iterator[str]:
    for name in imported_names(ast.parse(source)):
        if not path.startswith(OWNERS.get(name, ("",))):
            yield f"{path} imports {name}, which belongs to {OWNERS[name]}"
        if name in NEVER_IMPORTED:
            yield f"{path} imports {name}: model data must never be executed"


def links_are_opened_in_one_place(path: str, source: str) -> Iterator[str]:
    if "QDesktopServices" in source and path != "ui/notify.py":
        yield f"{path} uses QDesktopServices; call notify.open_link"


def files_stay_short(path: str, source: str) -> Iterator[str]:
    if (count := len(source.splitlines())) > 400:
        yield f"{path} has {count} lines: find the second noun"


def functions_stay_short(path: str, source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > 60:
                yield f"{path}: {node.name} has {length} lines"


def modules_say_what_they_are_for(path: str, source: str) -> Iterator[str]:
    if not ast.get_docstring(ast.parse(source)):
        yield f"{path} has no docstring"


def tasks_are_started_by_the_job_runner(path: str, source: str) -> Iterator[str]:
    for node, name in calls(ast.parse(source)):
        is_group = isinstance(node.func, ast.Attribute) and "group" in ast.unparse(node.func.value).lower()
        if name in {"create_task", "ensure_future"} and path != "base/jobs.py" and not is_group:
            yield f"{path}:{node.lineno} starts a task; use JobRunner or a TaskGroup"


def loops_are_not_nested(path: str, source: str) -> Iterator[str]:
    for node, name in calls(ast.parse(source)):
        if name in {"exec", "exec_", "processEvents"} and path.startswith(("ui/", "app.py")):
            yield f"{path}:{node.lineno} runs a nested event loop ({name})"


def broad_catches_stand_at_the_job_boundary(path: str, source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = "" if node.type is None else ast.unparse(node.type)
        if caught in {"", "Exception", "BaseException"} and path != "base/jobs.py":
            yield f"{path}:{node.lineno} catches everything"


def nothing_is_left_undone(path: str, source: str) -> Iterator[str]:
    for number, line in enumerate(source.splitlines(), 1):
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError", line):
            yield f"{path}:{number} is unfinished"


def silenced_checks_give_a_reason(path: str, source: str) -> Iterator[str]:
    for number, line in enumerate(source.splitlines(), 1):
        if re.search(r"#\s*type:\s*ignore(\[[\w, -]+\])?\s*$|#\s*noqa\s*$", line):
            yield f"{path}:{number} silences a check without a reason"


def modules_are_not_catch_alls(path: str, source: str) -> Iterator[str]:
    del source
    if re.search(r"(utils?|helpers?|managers?|misc|common)\.py$", path):
        yield f"{path}: a name that says nothing"


def nothing_moves_by_itself(path: str, source: str) -> Iterator[str]:
    """Who has asked the system for less motion is served because there is none."""
    if moving := re.search(r"\bQ(\w*Animation\w*|Movie|StateMachine|Scroller|TimeLine)\b", source):
        yield f"{path} animates with {moving.group()}"


RULES_AND_VIOLATIONS: list[tuple[Rule, str, str]] = [
    (libraries_have_one_owner, "ui/panes/chat_pane.py", "import sqlite3"),
    (libraries_have_one_owner, "features/chat/session.py", "from PySide6.QtCore import QObject"),
    (libraries_have_one_owner, "store/chats.py", "import pickle"),
    (links_are_opened_in_one_place, "ui/widgets/x.py", "QDesktopServices.openUrl(url)"),
    (files_stay_short, "store/db.py", "x = 1\n" * 401),
    (functions_stay_short, "store/db.py", "def f():\n" + "    x = 1\n" * 60),
    (modules_say_what_they_are_for, "store/db.py", "x = 1"),
    (tasks_are_started_by_the_job_runner, "ui/x.py", "import asyncio\nasyncio.create_task(f())"),
    (tasks_are_started_by_the_job_runner, "ui/x.py", "asyncio.ensure_future(f())"),
    (loops_are_not_nested, "ui/x.py", "dialog.exec()"),
    (loops_are_not_nested, "app.py", "QApplication.processEvents()"),
    (broad_catches_stand_at_the_job_boundary, "ui/x.py", "try:\n    f()\nexcept Exception:\n    g()"),
    (broad_catches_stand_at_the_job_boundary, "ui/x.py", "try:\n    f()\nexcept:\n    g()"),
    (nothing_moves_by_itself, "ui/x.py", "from PySide6.QtCore import QPropertyAnimation"),
    (nothing_is_left_undone, "ui/x.py", "# TODO: later"),
    (silenced_checks_give_a_reason, "ui/x.py", "f()  # type: ignore[arg-type]"),
    (modules_are_not_catch_alls, "base/utils.py", ""),
]
RULES = list(dict.fromkeys(rule for rule, _, _ in RULES_AND_VIOLATIONS))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    assert MODULES
    found = [
        broken
        for path in MODULES
        for broken in rule(path.relative_to(PACKAGE).as_posix(), path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(("rule", "path", "source"), RULES_AND_VIOLATIONS)
def test_the_rule_finds_a_planted_violation(rule: Rule, path: str, source: str) -> None:
    assert list(rule(path, source))


def test_the_terminal_loads_no_qt_and_nothing_slow() -> None:
    script = (
        "import sys, slmdesk.cli\n"
        "slow = {'PySide6', 'qasync', 'ollama', 'openai', 'httpx', 'pydantic', 'markdown_it', 'pygments'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


PLANTED_IMPORTS = [
    ("One direction", "base/events.py", "import slmdesk.config.paths"),
    ("Features do not know one another", "features/chat/export.py", "import slmdesk.features.compare"),
    ("Panes do not know one another", "ui/panes/chat_pane.py", "import slmdesk.ui.panes.compare_pane"),
    ("Widgets are leaves", "ui/widgets/chip.py", "import slmdesk.ui.panes"),
    ("Qt stays in ui and app", "features/chat/session.py", "import PySide6.QtCore"),
    ("UI never touches wire or SQL", "ui/panes/chat_pane.py", "import sqlite3"),
]


def lint_imports(folder: Path) -> str:
    """Output of import-linter over the package in `folder`."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
        "--no-cache",
    ]
    environment = {"PYTHONPATH": str(folder), "PATH": "", "COLUMNS": "200"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_the_layers_hold() -> None:
    assert " 0 broken" in lint_imports(ROOT)


def test_planted_imports_break_their_contracts(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "slmdesk", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for _, path, line in PLANTED_IMPORTS:
        with (tmp_path / "slmdesk" / path).open("a", encoding="utf-8") as module:
            module.write(f"\n{line}\n")
    shown = lint_imports(tmp_path)
    kept = [name for name, _, _ in PLANTED_IMPORTS if f"{name} BROKEN" not in shown]
    assert kept == [], shown
