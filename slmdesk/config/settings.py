"""What the user chose: each setting described once; form, command line help and README come from it.

No pydantic: the settings are read before the first paint, and importing it would double that time.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from slmdesk.base.errors import BadInput
from slmdesk.config.atomic_file import write_atomically
from slmdesk.config.paths import Paths, unusable
from slmdesk.config.servers import ServerAddress, read_server, unique_servers

Kind: TypeAlias = Literal["choice", "text", "integer", "switch", "files", "servers"]


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting as the form, the help text and the README show it."""

    name: str
    kind: Kind
    default: Any
    label: str
    help: str
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    is_in_form: bool = True

    def check(self, value: object) -> Any:
        """The value as it is kept; raises BadInput with a sentence that names the rule."""
        match self.kind:
            case "choice":
                return self._choice(value)
            case "integer":
                return self._integer(value)
            case "switch":
                return self._is_a(bool, value, "on or off")
            case "text":
                return self._is_a(str, value, "a text")
            case "files":
                return tuple(self._is_a(str, path, "a list of files") for path in self._list(value))
            case "servers":
                return unique_servers(tuple(read_server(item) for item in self._list(value)))

    def _choice(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise BadInput(f"“{self.label}” must be one of {', '.join(self.choices)}.")
        return value

    def _integer(self, value: object) -> int:
        low, high = self.minimum or 0, self.maximum or 0
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise BadInput(f"“{self.label}” must be a whole number from {low} to {high}.")
        return value

    def _is_a(self, kind: type[Any], value: object, words: str) -> Any:
        if not isinstance(value, kind):
            raise BadInput(f"“{self.label}” must be {words}.")
        return value

    def _list(self, value: object) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise BadInput(f"“{self.label}” must be a list.")
        return list(value)


def _setting(kind: Kind, default: Any, label: str, help_text: str, **more: Any) -> Any:
    return field(default=default, metadata={"kind": kind, "label": label, "help": help_text, **more})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. `extras` are those of a newer version, kept as they were; `notices` are not saved."""

    theme: str = _setting(
        "choice",
        "system",
        "Appearance",
        "Light, dark, or as the system has it.",
        choices=("system", "light", "dark"),
    )
    default_model: str = _setting(
        "text", "", "Model of new chats", "As engine/model; empty for the starter model."
    )
    threads: int = _setting(
        "integer",
        0,
        "Threads of the built-in engine",
        "0 chooses: one fewer than the physical cores, at least 1.",
        minimum=0,
        maximum=512,
    )
    idle_unload_s: int = _setting(
        "integer",
        300,
        "Unload an idle model after (seconds)",
        "The built-in engine gives the memory back when nothing was asked for so long.",
        minimum=10,
        maximum=86_400,
    )
    model_files: tuple[str, ...] = _setting(
        "files", (), "Model files", "GGUF files on this machine; they stay where they are."
    )
    ollama_host: str = _setting(
        "text", "", "Address of Ollama", "Empty: the variable OLLAMA_HOST, else 127.0.0.1:11434."
    )
    openai_servers: tuple[ServerAddress, ...] = _setting(
        "servers",
        (),
        "Other servers",
        "OpenAI, Azure, Ollama elsewhere; their keys are in the system's keyring.",
    )
    is_machine_panel_open: bool = _setting(
        "switch",
        True,
        "Machine panel",
        "Show memory, processor and graphics card beside the panes.",
        is_in_form=False,
    )
    window_geometry: str = _setting("text", "", "Window", "Where the window was.", is_in_form=False)
    extras: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = field(default=(), compare=False)

    def with_value(self, name: str, value: object) -> "Settings":
        """A copy with one setting changed; raises BadInput when the value breaks its rule."""
        return replace(self, **{name: _FIELDS[name].check(value)})


def _describe(declared: Field[Any]) -> SettingField:
    return SettingField(name=declared.name, default=declared.default, **declared.metadata)


_FIELDS = {item.name: _describe(item) for item in fields(Settings) if item.metadata}


def describe() -> list[SettingField]:
    """Every setting, in the order of the form."""
    return list(_FIELDS.values())


def load_settings(paths: Paths) -> Settings:
    """Read the file; what cannot be used is replaced by its default and said in `notices`."""
    try:
        content = json.loads(paths.settings.read_bytes())
        if not isinstance(content, dict):
            raise ValueError("not an object")
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise unusable(paths.data_dir, error) from error
    except (ValueError, RecursionError):
        return Settings(notices=(_keep_aside(paths.settings),))
    return _from_content(content)


def _from_content(content: dict[str, Any]) -> Settings:
    settings = Settings(extras={key: value for key, value in content.items() if key not in _FIELDS})
    notices: list[str] = []
    for name in _FIELDS.keys() & content.keys():
        try:
            settings = settings.with_value(name, content[name])
        except BadInput as error:
            notices.append(f"{error.message} Its default is used.")
    return replace(settings, notices=tuple(sorted(notices)))


def _keep_aside(path: Path) -> str:
    kept = path.with_name(f"settings-damaged-{time.strftime('%Y%m%d-%H%M%S')}.json")
    try:
        path.replace(kept)
    except OSError:
        return f"The settings in {path} could not be read; the defaults are used."
    return f"The settings could not be read; the defaults are used. The damaged file is kept as {kept.name}."


def save_settings(paths: Paths, settings: Settings) -> None:
    """Write the file at once or not at all; raises DataFolderUnusable."""
    content = dict(settings.extras)
    for name in _FIELDS:
        content[name] = _plain(getattr(settings, name))
    try:
        write_atomically(paths.settings, json.dumps(content, indent=1).encode())
    except OSError as error:
        raise unusable(paths.data_dir, error) from error


def _plain(value: Any) -> Any:
    if isinstance(value, ServerAddress):
        return value.to_plain()
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
