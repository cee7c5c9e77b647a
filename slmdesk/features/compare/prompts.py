"""A list of prompts from pasted text or a file: one a line, blocks, CSV or JSON Lines."""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from slmdesk.base.errors import BadInput
from slmdesk.base.prompt_text import checked_prompt
from slmdesk.base.words import counted, later, say

ListKind: TypeAlias = Literal["lines", "blocks", "csv", "jsonl"]
LIST_KINDS: tuple[ListKind, ...] = get_args(ListKind)
MAX_PROMPTS = 1_000
MAX_LIST_BYTES = 10_000_000

_COLUMN = "prompt"
_RULE = re.compile(r"^\s*---+\s*$", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_KIND_WORDS = {
    "lines": later("one a line"),
    "blocks": later("one a block"),
    "csv": "CSV",
    "jsonl": "JSON Lines",
}
_KIND_OF_SUFFIX: dict[str, ListKind] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclass(frozen=True, slots=True)
class PromptList:
    """What was found; `kind` is how it was read, so that the reader can choose another."""

    prompts: tuple[str, ...]
    kind: ListKind

    @property
    def words(self) -> str:
        """ "12 prompts, one a line"."""
        count = len(self.prompts)
        kind = say(_KIND_WORDS[self.kind])
        return counted(count, "{count:,} prompt, {kind}", "{count:,} prompts, {kind}", kind=kind)


def parse_prompts(text: str, kind: ListKind | None = None) -> PromptList:
    """Read a list; without `kind` it is guessed. Raises BadInput that names the line."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_LIST_BYTES:
        raise BadInput(
            say("This list has more than {max_list_bytes} MB.", max_list_bytes=MAX_LIST_BYTES // 1_000_000),
            next_step=say("Split it into parts."),
        )
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    chosen = kind or _guess(plain)
    return PromptList(_checked(_READERS[chosen](plain)), chosen)


def read_prompts(path: Path, kind: ListKind | None = None) -> PromptList:
    """Read a file; its ending tells CSV and JSON Lines. Raises BadInput, also when it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_LIST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise BadInput(
            say("{name} cannot be read ({strerror}).", name=path.name, strerror=error.strerror or error)
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(
            say("{name} is no text in UTF-8.", name=path.name), next_step=say("Save it as UTF-8 text.")
        ) from error
    return parse_prompts(text, kind or _KIND_OF_SUFFIX.get(path.suffix.lower()))


def _guess(text: str) -> ListKind:
    first = text.lstrip().partition("\n")[0].strip()
    if first.startswith("{") and first.endswith("}"):
        return "jsonl"
    if _COLUMN in _header(first):
        return "csv"
    if _RULE.search(text):
        return "blocks"
    blocks = _BLANK.split(text.strip())
    has_long_block = any("\n" in block.strip() for block in blocks)
    return "blocks" if len(blocks) > 1 and has_long_block else "lines"


def _header(line: str) -> list[str]:
    return [name.strip().lower() for name in next(csv.reader([line], _dialect(line)), [])]


def _dialect(header: str) -> str:
    return "excel-tab" if "\t" in header else "excel"


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def _blocks(text: str) -> list[tuple[int, str]]:
    """Between rules where there are any: then a prompt may hold blank lines."""
    pattern = _RULE if _RULE.search(text) else _BLANK
    found, start = [], 0
    for end, after in [*(match.span() for match in pattern.finditer(text)), (len(text), len(text))]:
        block = text[start:end]
        if block.strip():
            before = start + len(block) - len(block.lstrip())
            found.append((text.count("\n", 0, before) + 1, block.strip()))
        start = after
    return found


def _csv(text: str) -> list[tuple[int, str]]:
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), _dialect(first), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if _COLUMN not in header:
            raise BadInput(
                say("This CSV has no column named “{column}”.", column=_COLUMN),
                next_step=say(
                    "Name the column with the prompts “{column}” in the first line.", column=_COLUMN
                ),
            )
        column = header.index(_COLUMN)
        found = []
        start = reader.line_num + 1
        for row in reader:
            if len(row) > column and row[column].strip():
                found.append((start, row[column].strip()))
            start = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(
            say("Line {line_num} is no CSV ({error}).", line_num=reader.line_num, error=error)
        ) from error
    return found


def _jsonl(text: str) -> list[tuple[int, str]]:
    return [(number, _json_prompt(number, line)) for number, line in _lines(text)]


def _json_prompt(number: int, line: str) -> str:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(say("Line {number} is no JSON.", number=number)) from error
    prompt = content.get(_COLUMN) if isinstance(content, dict) else content
    if not isinstance(prompt, str):
        raise BadInput(say("Line {number} has no text under “{column}”.", number=number, column=_COLUMN))
    return prompt


_READERS: dict[ListKind, Callable[[str], list[tuple[int, str]]]] = {
    "lines": _lines,
    "blocks": _blocks,
    "csv": _csv,
    "jsonl": _jsonl,
}


def _checked(found: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    if not found:
        raise BadInput(say("There is no prompt in this list."), next_step=say("Write one prompt a line."))
    if len(found) > MAX_PROMPTS:
        raise BadInput(
            say(
                "This list has {count:,} prompts; at most {max_prompts:,} are run at once.",
                count=len(found),
                max_prompts=MAX_PROMPTS,
            ),
            next_step=say("Split it into parts."),
        )
    return tuple(_checked_one(number, prompt) for number, prompt in found)


def _checked_one(number: int, prompt: str) -> str:
    try:
        return checked_prompt(prompt)
    except BadInput as error:
        raise BadInput(
            say("Line {number}: {message}", number=number, message=error.message), next_step=error.next_step
        ) from error
