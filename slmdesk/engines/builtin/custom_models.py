"""Custom models of the built-in engine: a base with a system prompt, settings and an adapter of its own."""

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.config.json_file import keep_aside, read_object, write_object
from slmdesk.config.paths import CUSTOM_MODELS
from slmdesk.engines.base import Message, Options, Request
from slmdesk.engines.builtin.model_files import ModelFile

MAX_NAME = 80
MAX_SYSTEM_CHARS = 200_000

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@-]*")
_NUMBERS: Mapping[str, tuple[str, type[int] | type[float], float, float]] = {
    "temperature": ("temperature", float, 0, 2),
    "top_p": ("top_p", float, 0, 1),
    "seed": ("seed", int, 0, 2**31 - 1),
    "num_predict": ("max_tokens", int, 1, 2**31 - 1),
}  # by the names of a Modelfile: ours, kind, least, most


@dataclass(frozen=True, slots=True)
class CustomModel:
    """`base` is a model of this engine, `parameters` are named as in a Modelfile, `adapter` is a file."""

    name: str
    base: str
    system: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    adapter: str = ""

    def dressed(self, request: Request) -> Request:
        """The request with what this model adds; what the request says itself goes first."""
        own = {_NUMBERS[key][0]: value for key, value in self.parameters.items() if key in _NUMBERS}
        if stop := self.parameters.get("stop"):
            own["stop"] = tuple(stop)
        said, usual = request.options, Options()
        fresh = {key: value for key, value in own.items() if getattr(said, key) == getattr(usual, key)}
        messages = request.messages
        if self.system and not any(message.role == "system" for message in messages):
            messages = (Message("system", self.system), *messages)
        return replace(request, messages=messages, options=replace(said, **fresh))


class CustomModels:
    """Kept in one small file, which is read anew each time: a window and a terminal may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def list(self) -> Sequence[CustomModel]:
        """By name; what is damaged is left out, a file that cannot be read is kept aside."""
        try:
            content = read_object(self._path) or {}
        except ValueError:
            keep_aside(self._path)
            return ()
        entries = content.get("models")
        found = (_read(entry) for entry in entries) if isinstance(entries, list) else ()
        return sorted((one for one in found if one), key=lambda one: one.name)

    def get(self, name: str) -> CustomModel | None:
        return next((one for one in self.list() if one.name == name), None)

    def save(self, model: CustomModel) -> None:
        """Keep it, in the place of the one that has its name; raises BadInput and DataFolderUnusable."""
        checked = check_custom(model)
        self._write([one for one in self.list() if one.name != model.name] + [checked])

    def delete(self, name: str) -> None:
        """Forget it; the base stays."""
        self._write([one for one in self.list() if one.name != name])

    def files(self, files: Sequence[ModelFile]) -> Sequence[ModelFile]:
        """These models as the engine offers them, beside the files that they are made from."""
        by_name = {file.name: file for file in files}
        return [_file(one, by_name) for one in self.list() if one.name not in by_name]

    def _write(self, models: Sequence[CustomModel]) -> None:
        write_object(self._path, {"models": [asdict(one) for one in models]})


def custom_models_in(folder: Path) -> CustomModels:
    """Those of a folder of models."""
    return CustomModels(folder / CUSTOM_MODELS)


def check_custom(model: CustomModel) -> CustomModel:
    """The model as it is kept; raises BadInput with what is wrong with it."""
    if len(model.name) > MAX_NAME or not _NAME.fullmatch(model.name):
        raise BadInput(
            say("“{name}” cannot be the name of a model.", name=model.name[:MAX_NAME]),
            next_step=say("Use letters, digits and . _ + @ -, at most {count} of them.", count=MAX_NAME),
        )
    if len(model.system) > MAX_SYSTEM_CHARS:
        raise BadInput(say("The system prompt is too long."))
    return replace(model, parameters=check_parameters(model.parameters))


def check_parameters(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those that the built-in engine knows, in their bounds; raises BadInput."""
    checked: dict[str, Any] = {}
    for key, value in parameters.items():
        if key == "stop":
            checked[key] = _texts(key, value)
        elif key in _NUMBERS:
            checked[key] = _number(key, value)
        else:
            known = ", ".join((*_NUMBERS, "stop"))
            raise BadInput(
                say("The built-in engine has no setting “{key}”.", key=key),
                next_step=say("It has {known}.", known=known),
            )
    return checked


def _number(key: str, value: object) -> int | float:
    _, kind, least, most = _NUMBERS[key]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    number = value if is_number and isinstance(value, int | float) else math.nan
    if least <= number <= most and kind(number) == number:
        return kind(number)
    raise BadInput(
        say("“{key}” must be a number from {least:g} to {most:g}.", key=key, least=least, most=most)
    )


def _texts(key: str, value: object) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if isinstance(texts, list | tuple) and all(isinstance(text, str) and text for text in texts):
        return list(texts)
    raise BadInput(say("“{key}” is a text or a list of texts.", key=key))


def _read(entry: object) -> CustomModel | None:
    if not isinstance(entry, dict):
        return None
    texts = {key: entry.get(key, "") for key in ("name", "base", "system", "adapter")}
    parameters = entry.get("parameters", {})
    if not isinstance(parameters, dict) or not all(isinstance(text, str) for text in texts.values()):
        return None
    try:
        return check_custom(CustomModel(**texts, parameters=parameters))
    except BadInput:
        return None


def _file(custom: CustomModel, by_name: Mapping[str, ModelFile]) -> ModelFile:
    base = by_name.get(custom.base)
    if base is None:
        missing = say("its base “{base}” is not there any more", base=custom.base)
        return ModelFile(custom.name, Path(), problem=missing, base=custom.base)
    adapter = Path(custom.adapter) if custom.adapter else None
    problem = base.problem
    if adapter is not None and not adapter.is_file():
        problem = say("its adapter {name} is not there any more", name=adapter.name)
    digest = _digest(custom, base)
    return replace(base, name=custom.name, base=custom.base, adapter=adapter, problem=problem, digest=digest)


def _digest(custom: CustomModel, base: ModelFile) -> str:
    """Another prompt, setting or adapter under the same name is another model."""
    content = json.dumps([asdict(custom), base.digest], sort_keys=True)
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"
