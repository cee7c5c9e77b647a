"""What the user chose: each setting described once; form, command line help and README come from it.

No pydantic: the settings are read before the first paint, and importing it would double that time.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from slmdesk.base.errors import BadInput
from slmdesk.base.words import later, say
from slmdesk.config.json_file import copy_aside, keep_aside, read_object, write_object
from slmdesk.config.languages import LANGUAGES
from slmdesk.config.paths import Paths

if TYPE_CHECKING:
    from slmdesk.config.servers import ServerAddress

MAX_AT_ONCE = 256
"""Requests at once to one server."""

Kind: TypeAlias = Literal["choice", "text", "integer", "switch", "files", "servers", "keys"]

_SWITCH_WORDS = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


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
                return self._is_a(bool, value, say("on or off"))
            case "text":
                return self._is_a(str, value, "a text")
            case "files":
                return tuple(self._is_a(str, path, say("a list of files")) for path in self._list(value))
            case "servers":
                return self._servers(value)
            case "keys":
                return self._keys(value)

    def parse(self, text: str) -> Any:
        """The value from the terminal; lists are written as JSON. Raises BadInput."""
        match self.kind:
            case "choice" | "text":
                return self.check(text)
            case "integer":
                return self.check(int(text) if re.fullmatch(r"-?\d{1,18}", text.strip()) else text)
            case "switch":
                return self.check(_SWITCH_WORDS.get(text.strip().casefold()))
        try:
            return self.check(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise BadInput(say("“{label}” is written as JSON.", label=say(self.label))) from error

    def plain(self, value: Any) -> Any:
        """A checked value as it stands in a JSON file."""
        match self.kind:
            case "keys":
                return dict(value)
            case "servers":
                return [one.to_plain() for one in value]
        return list(value) if isinstance(value, tuple) else value

    def words(self, value: Any) -> str:
        """A checked value as a person reads it, for the README and the terminal."""
        if isinstance(value, bool):
            return "on" if value else "off"
        plain = self.plain(value)
        if plain in ("", [], {}):
            return "–"
        return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)

    def _choice(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise BadInput(
                say(
                    "“{label}” must be one of {choices}.",
                    label=say(self.label),
                    choices=", ".join(self.choices),
                )
            )
        return value

    def _integer(self, value: object) -> int:
        low, high = self.minimum or 0, self.maximum or 0
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise BadInput(
                say(
                    "“{label}” must be a whole number from {low} to {high}.",
                    label=say(self.label),
                    low=low,
                    high=high,
                )
            )
        return value

    def _servers(self, value: object) -> "tuple[ServerAddress, ...]":
        items = self._list(value)
        if not items:
            return ()
        from slmdesk.config.servers import read_server, unique_servers  # only for who has added some

        return unique_servers(tuple(read_server(item) for item in items))

    def _keys(self, value: object) -> tuple[tuple[str, str], ...]:
        """Pairs of command and keys, by command; no keys twice."""
        pairs = value if isinstance(value, Mapping) else self._mapping(value)
        if not pairs:
            return ()
        from slmdesk.config.keys import normal_keys, taken_by  # only for who has changed some

        found: dict[str, str] = {}
        for command, keys in pairs.items():
            if not isinstance(command, str) or not re.fullmatch(r"[a-z0-9_:]{1,60}", command):
                raise BadInput(say("“{label}” are given for the ids of commands.", label=say(self.label)))
            found[command] = normal_keys(self._is_a(str, keys, say("texts such as Ctrl+Shift+P")))
            if other := taken_by(command, found[command], found):
                raise BadInput(
                    say(
                        "{found} cannot be the keys of both “{other}” and “{command}”.",
                        found=found[command],
                        other=other,
                        command=command,
                    )
                )
        return tuple(sorted(found.items()))

    def _mapping(self, value: object) -> Mapping[Any, Any]:
        try:
            return dict(self._list(value))
        except (TypeError, ValueError) as error:
            raise BadInput(
                say("“{label}” must be pairs of a command and its keys.", label=say(self.label))
            ) from error

    def _is_a(self, kind: type[Any], value: object, words: str) -> Any:
        if not isinstance(value, kind):
            raise BadInput(say("“{label}” must be {words}.", label=say(self.label), words=words))
        return value

    def _list(self, value: object) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise BadInput(say("“{label}” must be a list.", label=say(self.label)))
        return list(value)


def _setting(kind: Kind, default: Any, label: str, help_text: str, **more: Any) -> Any:
    return field(default=default, metadata={"kind": kind, "label": label, "help": help_text, **more})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. `extras` are those of a newer version, kept as they were; `notices` are not saved."""

    theme: str = _setting(
        "choice",
        "system",
        later("Appearance"),
        later("Light, dark, or as the system has it."),
        choices=("system", "light", "dark"),
    )
    default_model: str = _setting(
        "text", "", later("Model of new chats"), later("As engine/model; empty for the starter model.")
    )
    default_context_tokens: int = _setting(
        "integer",
        4096,
        later("Context of new chats (tokens)"),
        later(
            "How much a model sees at once. More takes more memory; a preset with its own context goes first."
        ),
        minimum=256,
        maximum=1_048_576,
    )
    text_percent: int = _setting(
        "integer",
        100,
        later("Text size (per cent)"),
        later("100 is the size of the system. Widths follow at the next start."),
        minimum=80,
        maximum=200,
    )
    language: str = _setting(
        "choice",
        "system",
        later("Language"),
        later("Of the window, with its numbers and dates, from the next start on."),
        choices=("system", *LANGUAGES),
    )
    density: str = _setting(
        "choice",
        "comfortable",
        later("Spacing"),
        later("Compact puts more on the screen."),
        choices=("comfortable", "compact"),
    )
    is_history_kept: bool = _setting(
        "switch",
        True,
        later("Keep chats, comparisons and evaluations"),
        later("Off: from the next start on they are forgotten at the end. Earlier ones stay, out of sight."),
    )
    threads: int = _setting(
        "integer",
        0,
        later("Threads of the built-in engine"),
        later("0 chooses: one fewer than the physical cores, at least 1."),
        minimum=0,
        maximum=512,
    )
    idle_unload_s: int = _setting(
        "integer",
        300,
        later("Unload an idle model after (seconds)"),
        later("The built-in engine gives the memory back when nothing was asked for so long."),
        minimum=10,
        maximum=86_400,
    )
    model_files: tuple[str, ...] = _setting(
        "files", (), later("Model files"), later("GGUF files on this machine; they stay where they are.")
    )
    pulls_at_once: int = _setting(
        "integer",
        1,
        later("Models fetched at once from one host"),
        later("More are seldom faster: they share the line."),
        minimum=1,
        maximum=8,
    )
    pull_limit_kb_s: int = _setting(
        "integer",
        0,
        later("Speed limit of fetching models (KB/s)"),
        later("0 for none. It holds for files of the built-in engine; Ollama fetches by itself."),
        minimum=0,
        maximum=10_000_000,
    )
    ollama_host: str = _setting(
        "text",
        "",
        later("Address of Ollama"),
        later("Empty: the variable OLLAMA_HOST, else 127.0.0.1:11434."),
    )
    ollama_at_once: int = _setting(
        "integer",
        0,
        later("Requests at once to Ollama"),
        later(
            "0: no limit of ours. With one, the others see how many are ahead; Ollama's own queue is silent."
        ),
        minimum=0,
        maximum=MAX_AT_ONCE,
    )
    openai_servers: "tuple[ServerAddress, ...]" = _setting(  # noqa: RUF009  # a tuple, as the quotes say
        "servers",
        (),
        later("Other servers"),
        later("OpenAI, Azure, Ollama elsewhere; their keys are in the system's keyring."),
    )
    shortcuts: tuple[tuple[str, str], ...] = _setting(
        "keys",
        (),
        later("Keys of commands"),
        later("Click into a field and press the keys; the usual ones come back."),
    )
    is_machine_panel_open: bool = _setting(
        "switch",
        True,
        later("Machine panel"),
        later("Show memory, processor and graphics card beside the panes."),
        is_in_form=False,
    )
    compare_layout: str = _setting(
        "choice",
        "columns",
        later("Layout of comparisons"),
        later("How the columns of a comparison stand."),
        choices=("columns", "grid", "single", "differences"),
        is_in_form=False,
    )
    open_folders: str = _setting(
        "text",
        "",
        later("Open folders"),
        later("Which folders of the list of chats are unfolded."),
        is_in_form=False,
    )
    window_geometry: str = _setting(
        "text", "", later("Window"), later("Where the window was."), is_in_form=False
    )
    extras: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = field(default=(), compare=False)

    def with_value(self, name: str, value: object) -> "Settings":
        """A copy with one setting changed; raises BadInput when the value breaks its rule."""
        return replace(self, **{name: field_of(name).check(value)})

    def with_changes(self, before: "Settings", after: "Settings") -> "Settings":
        """These with what differs between the two; itself if nothing does."""
        changed = {
            each.name: getattr(after, each.name)
            for each in fields(self)
            if getattr(after, each.name) != getattr(before, each.name)
        }
        return replace(self, **changed) if changed else self

    def with_server(self, server: "ServerAddress") -> "Settings":
        """With this server among the others; itself if one of its id is there."""
        is_known = server.id in {one.id for one in self.openai_servers}
        return self if is_known else replace(self, openai_servers=(*self.openai_servers, server))


def _describe(declared: Field[Any]) -> SettingField:
    return SettingField(name=declared.name, default=declared.default, **declared.metadata)


_FIELDS = {item.name: _describe(item) for item in fields(Settings) if item.metadata}


def describe() -> list[SettingField]:
    """Every setting, in the order of the form."""
    return list(_FIELDS.values())


def field_of(name: str) -> SettingField:
    """The description of one setting; raises BadInput for an unknown name."""
    if name not in _FIELDS:
        raise BadInput(
            say("There is no setting “{name}”.", name=name),
            next_step=say("“slmdesk config list” shows them all."),
        )
    return _FIELDS[name]


def load_settings(paths: Paths) -> Settings:
    """Read the file; what cannot be used is replaced by its default and said in `notices`."""
    try:
        content = read_object(paths.settings)
    except ValueError:
        return Settings(notices=(_say_kept_aside(paths.settings),))
    settings = Settings() if content is None else _from_content(content)
    if settings.notices and (kept := copy_aside(paths.settings)):
        return replace(
            settings, notices=(*settings.notices, f"The settings file as it was is kept as {kept}.")
        )
    return settings


def _from_content(content: dict[str, Any]) -> Settings:
    settings = Settings(extras={key: value for key, value in content.items() if key not in _FIELDS})
    notices: list[str] = []
    for name in _FIELDS.keys() & content.keys():
        try:
            settings = settings.with_value(name, content[name])
        except BadInput as error:
            notices.append(say("{message} Its default is used.", message=error.message))
    return replace(settings, notices=tuple(sorted(notices)))


def _say_kept_aside(path: Path) -> str:
    if kept := keep_aside(path):
        return say(
            "The settings could not be read; the defaults are used. The damaged file is kept as {kept}.",
            kept=kept,
        )
    return say("The settings in {path} could not be read; the defaults are used.", path=path)


def save_settings(paths: Paths, settings: Settings) -> None:
    """Write the file at once or not at all; raises DataFolderUnusable."""
    content = dict(settings.extras)
    for name in _FIELDS:
        content[name] = field_of(name).plain(getattr(settings, name))
    write_object(paths.settings, content)
