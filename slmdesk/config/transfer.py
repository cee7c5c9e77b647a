"""Settings out to a file and back in, for another machine: what was chosen, without keys and places."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.config.json_file import read_import, write_export
from slmdesk.config.settings import SettingField, Settings, describe

FILE_KIND = "slmdesk-settings"

# How this window stands on this screen, with these chats, is nothing for another machine.
_STAYS_HERE = ("window_geometry", "is_machine_panel_open", "open_folders")


@dataclass(frozen=True, slots=True)
class ImportedSettings:
    """The settings with what came in, the names that changed, and a sentence for each value left out."""

    settings: Settings
    changed: Sequence[str]
    problems: Sequence[str]


def export_settings(settings: Settings, path: Path) -> None:
    """Write every setting that is not the default; raises BadInput. Keys of servers are never in settings."""
    chosen = {
        field.name: field.plain(value)
        for field in _movable()
        if (value := getattr(settings, field.name)) != field.default
    }
    write_export(path, {"kind": FILE_KIND, "version": 1, "settings": chosen})


def import_settings(path: Path, settings: Settings) -> ImportedSettings:
    """`settings` with the values of an exported file; what the file does not name stays. Raises BadInput."""
    content = read_import(path)
    values = content.get("settings")
    if content.get("kind") != FILE_KIND or not isinstance(values, dict):
        raise BadInput(say("{name} holds no settings of SLM Desk.", name=path.name))
    known = {field.name for field in _movable()}
    problems = [
        say("“{name}” is not known here and was left out.", name=name) for name in sorted(set(values) - known)
    ]
    fresh = settings
    for name in sorted(known & set(values)):
        try:
            fresh = fresh.with_value(name, values[name])
        except BadInput as error:
            problems.append(say("{message} It was left as it is.", message=error.message))
    changed = [name for name in sorted(known) if getattr(fresh, name) != getattr(settings, name)]
    return ImportedSettings(fresh, changed, problems)


def _movable() -> Sequence[SettingField]:
    return [field for field in describe() if field.name not in _STAYS_HERE]
