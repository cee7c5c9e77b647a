"""A custom model written as a Modelfile, which Ollama reads. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say

_QUOTES = '"""'


def modelfile(
    base: str, system: str = "", parameters: Mapping[str, Any] | None = None, adapter: str = ""
) -> str:
    """The text of the file. `base` is a name of Ollama or the path of a GGUF file."""
    lines = [f"FROM {_one_line(base)}"]
    if adapter:
        lines.append(f"ADAPTER {_one_line(adapter)}")
    lines += [f"PARAMETER {line}" for line in parameter_lines(parameters or {})]
    if system:
        lines.append(f"SYSTEM {_text(system)}")
    return "\n".join(lines) + "\n"


def parameter_lines(parameters: Mapping[str, Any]) -> list[str]:
    """A line for each value: key, then the value, texts in quotes."""
    return [
        f"{key} {_value(one)}"
        for key, value in parameters.items()
        for one in (value if isinstance(value, list | tuple) else (value,))
    ]


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


def _text(text: str) -> str:
    """Three quotes end a text, and there is no way to write them inside of it."""
    if _QUOTES in text:
        raise BadInput(
            say("A Modelfile cannot hold three quotation marks in a row."),
            next_step=say("Change them in the system prompt."),
        )
    return f"{_QUOTES}{text}{_QUOTES}"


def _one_line(text: str) -> str:
    if any(char in text for char in "\r\n"):
        raise BadInput(say("A name in a Modelfile stands in one line."))
    return text
