"""A library of prompts by task: shipped ones to begin with, the user's own, import and export."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.config.json_file import read_import, write_export
from slmdesk.config.paths import resources
from slmdesk.features.prompts.shelf import Shelf, checked_name, checked_text

LONGEST_PROMPT = 100_000
LONGEST_LINE = 300
FILE_KIND = "slmdesk-prompts"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt with variables (see features.prompts.variables).

    `task` is the heading it stands under, `purpose` a line about it, `preset_id` the preset that suits it.
    """

    name: str
    text: str
    task: str = ""
    purpose: str = ""
    preset_id: str = ""
    id: str = ""
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class Imported:
    """What came in, and a sentence for each entry that did not."""

    prompts: Sequence[Prompt]
    problems: Sequence[str]


class PromptLibrary(Shelf[Prompt]):
    """The shipped prompts and the user's own."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _shipped(), read_prompt, prompt_to_plain)

    def by_task(self) -> Mapping[str, Sequence[Prompt]]:
        """All prompts under their tasks, in the order of the first prompt of each."""
        tasks: dict[str, list[Prompt]] = {}
        for prompt in self.all():
            tasks.setdefault(prompt.task, []).append(prompt)
        return tasks

    def find(self, words: str) -> Sequence[Prompt]:
        """The prompts in which every word occurs, in name, task, purpose or text."""
        wanted = words.casefold().split()
        return [prompt for prompt in self.all() if all(word in _searched(prompt) for word in wanted)]

    async def import_file(self, path: Path) -> Imported:
        """Add the prompts of an exported file to the own ones; a taken name gets a number.

        Blocks for the reading of a file of at most 4 MB. Raises BadInput when it is another kind of file.
        """
        content = read_import(path)
        items = content.get("prompts")
        if content.get("kind") != FILE_KIND or not isinstance(items, list):
            raise BadInput(say("{name} holds no prompts of SLM Desk.", name=path.name))
        prompts: list[Prompt] = []
        problems: list[str] = []
        for number, item in enumerate(items, 1):
            try:
                prompts.append(read_prompt(item))
            except BadInput as error:
                problems.append(
                    say("Entry {number} was left out: {sentence}", number=number, sentence=error.sentence())
                )
        return Imported(await self.add_all(prompts), problems)

    def export_file(self, path: Path, prompts: Sequence[Prompt] | None = None) -> None:
        """Write these prompts, or all of the user's own; raises BadInput."""
        chosen = [prompt for prompt in self.all() if prompt.is_own] if prompts is None else prompts
        plain = [
            {key: value for key, value in prompt_to_plain(prompt).items() if key != "id"} for prompt in chosen
        ]
        write_export(path, {"kind": FILE_KIND, "version": 1, "prompts": plain})


def read_prompt(value: Any) -> Prompt:
    """A prompt from its plain form; raises BadInput."""
    if not isinstance(value, Mapping):
        raise BadInput(say("A prompt is a JSON object."))
    text = checked_text(value.get("text"), LONGEST_PROMPT, say("The prompt"))
    if not text.strip():
        raise BadInput(say("The prompt is empty."))
    return Prompt(
        name=checked_name(value.get("name")),
        text=text,
        task=checked_text(value.get("task"), LONGEST_LINE, say("The task")).strip(),
        purpose=checked_text(value.get("purpose"), LONGEST_LINE, say("The purpose")).strip(),
        preset_id=checked_text(value.get("preset_id"), LONGEST_LINE, say("The preset")),
        id=checked_text(value.get("id"), LONGEST_LINE, say("The id")),
    )


def prompt_to_plain(prompt: Prompt) -> dict[str, Any]:
    """A prompt as it stands in a file; what is empty is left out."""
    values = {
        "id": prompt.id,
        "name": prompt.name,
        "task": prompt.task,
        "purpose": prompt.purpose,
        "preset_id": prompt.preset_id,
        "text": prompt.text,
    }
    return {key: value for key, value in values.items() if value}


def _shipped() -> list[Prompt]:
    content = json.loads((resources() / "prompts.json").read_bytes())
    return [replace(read_prompt(item), is_own=False) for item in content["prompts"]]


def _searched(prompt: Prompt) -> str:
    return "\n".join((say(prompt.name), say(prompt.task), say(prompt.purpose), prompt.text)).casefold()
