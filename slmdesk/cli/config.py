"""`slmdesk config`: the settings in the terminal, without starting an engine."""

import contextlib
from collections.abc import Iterator
from typing import Any

from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.config.instance import InstanceLock
from slmdesk.config.paths import Paths, default_data_dir
from slmdesk.config.settings import SettingField, Settings, describe, field_of, load_settings, save_settings
from slmdesk.config.transfer import export_settings, import_settings


def run(chosen: Arguments, terminal: Terminal) -> int:
    """0; a wrong name or value raises BadInput, an open window AlreadyRunning."""
    paths = Paths(chosen.data_dir or default_data_dir())
    match chosen.action:
        case "list":
            _list(_load(paths, terminal), chosen, terminal)
        case "get":
            _get(field_of(chosen.name), _load(paths, terminal), chosen, terminal)
        case "export":
            export_settings(_load(paths, terminal), chosen.file)
            terminal.say(f"The settings are in {chosen.file}; keys of servers are not.")
        case _:
            with _alone(paths):
                _change(paths, chosen, terminal)
    return 0


def _load(paths: Paths, terminal: Terminal) -> Settings:
    settings = load_settings(paths)
    for notice in settings.notices:
        terminal.say(notice)
    return settings


@contextlib.contextmanager
def _alone(paths: Paths) -> Iterator[None]:
    """A window that is open would write its own settings over ours."""
    paths.create()
    lock = InstanceLock(paths, has_window=False)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _change(paths: Paths, chosen: Arguments, terminal: Terminal) -> None:
    before = _load(paths, terminal)
    match chosen.action:
        case "set":
            after = before.with_value(chosen.name, field_of(chosen.name).parse(chosen.value))
        case "reset":
            names = [chosen.name] if chosen.name else [field.name for field in describe()]
            after = before
            for name in names:
                after = after.with_value(name, field_of(name).default)
        case _:
            imported = import_settings(chosen.file, before)
            after = imported.settings
            for problem in imported.problems:
                terminal.say(problem)
    save_settings(paths, after)
    _tell(before, after, chosen, terminal)


def _tell(before: Settings, after: Settings, chosen: Arguments, terminal: Terminal) -> None:
    changed = [field for field in describe() if getattr(before, field.name) != getattr(after, field.name)]
    if chosen.json:
        terminal.write_json({"changed": {field.name: _plain(field, after) for field in changed}})
        return
    for field in changed:
        terminal.say(f"{field.name} is {field.words(getattr(after, field.name))} now.")
    if not changed:
        terminal.say("Nothing was changed: it was so already.")


def _list(settings: Settings, chosen: Arguments, terminal: Terminal) -> None:
    if chosen.json:
        terminal.write_json({"settings": [_described(field, settings) for field in describe()]})
        return
    width = max(len(field.name) for field in describe())
    for field in describe():
        value = field.words(getattr(settings, field.name))
        mark = (
            ""
            if getattr(settings, field.name) == field.default
            else f"  (default {field.words(field.default)})"
        )
        terminal.write(f"{field.name:<{width}}  {value}{mark}\n")


def _get(field: SettingField, settings: Settings, chosen: Arguments, terminal: Terminal) -> None:
    if chosen.json:
        terminal.write_json(_described(field, settings))
    else:
        plain = _plain(field, settings)
        terminal.write(f"{plain if isinstance(plain, str) else field.words(getattr(settings, field.name))}\n")


def _plain(field: SettingField, settings: Settings) -> Any:
    return field.plain(getattr(settings, field.name))


def _described(field: SettingField, settings: Settings) -> dict[str, Any]:
    bounds = {"minimum": field.minimum, "maximum": field.maximum} if field.kind == "integer" else {}
    choices = {"choices": list(field.choices)} if field.choices else {}
    return {
        "name": field.name,
        "value": _plain(field, settings),
        "default": field.plain(field.default),
        "kind": field.kind,
        **bounds,
        **choices,
        "label": field.label,
        "help": field.help,
    }
