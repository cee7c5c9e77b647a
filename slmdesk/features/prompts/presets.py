"""Settings of a generation named after a task, each value with its reason, and the default of each model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.config.paths import resources
from slmdesk.engines.base import Options
from slmdesk.features.prompts.shelf import Shelf, checked_name, checked_text

LONGEST_SYSTEM_PROMPT = 20_000
LONGEST_REASON = 300
MOST_TOKENS = 1_048_576
MOST_SEED = 2**31 - 1
REASONS = ("system_prompt", "temperature", "top_p", "max_tokens", "seed", "is_thinking", "context_tokens")

_DEFAULTS = "defaults"


@dataclass(frozen=True, slots=True)
class Preset:
    """How to generate for one kind of task. None leaves a value to the model (the context: as it is).

    `purpose` is one line about the task; `reasons` holds a sentence for each value, by its field.
    """

    name: str
    purpose: str = ""
    system_prompt: str = ""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    context_tokens: int | None = None
    is_thinking: bool = False
    reasons: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    is_own: bool = True

    def applied_to(self, options: Options) -> Options:
        """These options with the preset's values; stop words stay, and the context where it says none."""
        return replace(
            options,
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_tokens,
            seed=self.seed,
            context_tokens=self.context_tokens or options.context_tokens,
        )

    def is_in(self, options: Options, system_prompt: str, is_thinking: bool) -> bool:
        """Whether a chat or a column is set as this preset says."""
        return (
            self.applied_to(options) == options
            and self.system_prompt == system_prompt
            and self.is_thinking == is_thinking
        )


def preset_of(name: str, options: Options, system_prompt: str, is_thinking: bool) -> Preset:
    """What is set now as a preset to save; raises BadInput for a name or value that cannot be kept."""
    return read_preset(
        {
            "name": name,
            "system_prompt": system_prompt,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "max_tokens": options.max_tokens,
            "seed": options.seed,
            "context_tokens": options.context_tokens,
            "is_thinking": is_thinking,
        }
    )


class Presets(Shelf[Preset]):
    """The shipped presets and the user's own; one of them can be the default of a model."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _shipped(), read_preset, preset_to_plain)

    def default_for(self, model_ref: str) -> Preset | None:
        """The preset that new chats with this model begin with."""
        preset_id = self.kept_object(_DEFAULTS).get(model_ref)
        return self.get(preset_id) if isinstance(preset_id, str) else None

    async def set_default(self, model_ref: str, preset_id: str | None) -> None:
        """Begin new chats with this model so; None takes the default away. Raises BadInput."""
        if preset_id is not None and self.get(preset_id) is None:
            raise BadInput(say("This preset is not there any more."))
        others = {ref: kept for ref, kept in self.kept_object(_DEFAULTS).items() if ref != model_ref}
        await self.keep_object(_DEFAULTS, others if preset_id is None else {**others, model_ref: preset_id})

    def named(self, name: str) -> Preset:
        """The preset of that name or id, in any case; raises BadInput that names them all."""
        wanted = name.strip().casefold()
        for preset in self.all():
            if wanted in (preset.name.casefold(), preset.id):
                return preset
        raise BadInput(
            say(
                "There is no preset “{name}”. There are: {name_2}.",
                name=name,
                name_2=", ".join(p.name for p in self.all()),
            )
        )


def read_preset(value: Any) -> Preset:
    """A preset from its plain form; raises BadInput."""
    if not isinstance(value, Mapping):
        raise BadInput(say("A preset is a JSON object."))
    reasons = value.get("reasons")
    identifier = value.get("id", "")
    if not isinstance(identifier, str):
        raise BadInput(say("The id of a preset is a text."))
    return Preset(
        name=checked_name(value.get("name")),
        purpose=checked_text(value.get("purpose"), LONGEST_REASON, say("The purpose")),
        system_prompt=checked_text(
            value.get("system_prompt"), LONGEST_SYSTEM_PROMPT, say("The system prompt")
        ).strip(),
        temperature=_number(value, "temperature", 0, 2),
        top_p=_number(value, "top_p", 0, 1),
        max_tokens=_whole(value, "max_tokens", 1, MOST_TOKENS),
        seed=_whole(value, "seed", 0, MOST_SEED),
        context_tokens=_whole(value, "context_tokens", 64, MOST_TOKENS),
        is_thinking=value.get("is_thinking") is True,
        reasons=_reasons(reasons) if isinstance(reasons, Mapping) else {},
        id=identifier,
    )


def preset_to_plain(preset: Preset) -> dict[str, Any]:
    """A preset as it stands in a file; what it leaves to the model is left out."""
    values = {
        "id": preset.id,
        "name": preset.name,
        "purpose": preset.purpose,
        "system_prompt": preset.system_prompt,
        "temperature": preset.temperature,
        "top_p": preset.top_p,
        "max_tokens": preset.max_tokens,
        "seed": preset.seed,
        "context_tokens": preset.context_tokens,
        "is_thinking": preset.is_thinking,
        "reasons": dict(preset.reasons),
    }
    return {key: value for key, value in values.items() if value not in (None, "", {})}


def _shipped() -> list[Preset]:
    content = json.loads((resources() / "presets.json").read_bytes())
    return [replace(read_preset(item), is_own=False) for item in content["presets"]]


def _reasons(reasons: Mapping[Any, Any]) -> dict[str, str]:
    return {
        key: checked_text(reasons[key], LONGEST_REASON, "A reason") for key in REASONS if reasons.get(key)
    }


def _number(value: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    number = value.get(name)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high:
        raise BadInput(say("“{name}” is a number from {low} to {high}.", name=name, low=low, high=high))
    return float(number)


def _whole(value: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    number = value.get(name)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
        raise BadInput(say("“{name}” is a whole number from {low} to {high}.", name=name, low=low, high=high))
    return number
