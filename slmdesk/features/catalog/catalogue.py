"""The catalogue: published models with their licences, read from JSON that its schema describes."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import later, say
from slmdesk.config.json_file import parse_object
from slmdesk.config.paths import resources
from slmdesk.engines.base import ModelInfo
from slmdesk.features.catalog.entry import Entry, Licence, read_entry, read_licence

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

VERSION = 1
MOST_BYTES = 4_000_000
_MOST_PROBLEMS = 3
_LATEST = ":latest"


# What a tag or the name of a file adds to the name of a model: how it was tuned, and its quantization.
_TUNED = re.compile(r"-(instruct|it|chat)$")
_QUANTIZED = re.compile(r"-(i?q\d\w*|fp16|f16|bf16|qat|mxfp4)$")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All entries in the order of their ids, the licences by theirs; `updated` is the month of the facts.

    `by_name` finds an entry by any of its names in lower case.
    """

    updated: str
    entries: tuple[Entry, ...]
    licences: Mapping[str, Licence]
    by_name: Mapping[str, Entry]

    def licence_of(self, entry: Entry) -> Licence:
        """The licence that the entry names; the catalogue is not read without it."""
        return self.licences[entry.licence]

    def named(self, name: str) -> Entry:
        """The entry of that id, name, Ollama name or repository, in any case, or the only one that holds it.

        Raises BadInput that names what is near.
        """
        wanted = name.strip().casefold().removeprefix("ollama/").removeprefix("builtin/")
        if entry := self._exactly(wanted):
            return entry
        near = {entry.id: entry for own, entry in self.by_name.items() if wanted and wanted in own}
        if len(near) == 1:
            return near.popitem()[1]
        hint = say("Did you mean {listed}?", listed=_listed(sorted(near))) if near else say(_SEE_LIST)
        raise BadInput(say("The catalogue has no model “{name}”.", name=name), next_step=hint)

    def entry_of(self, model: ModelInfo) -> Entry | None:
        """The entry of a model that an engine offers, by its name; None where none is surely meant.

        What somebody published under a name of their own may be anything.
        """
        name = model.name.casefold()
        return (
            self._exactly(name.removeprefix("library/")) if "/" not in name.removeprefix("library/") else None
        )

    def _exactly(self, name: str) -> Entry | None:
        """By the name, without its quantization, and without how it was tuned, whichever is known first."""
        plain = _QUANTIZED.sub("", name.removesuffix(_LATEST))
        for known in (name, name.removesuffix(_LATEST), plain, _TUNED.sub("", plain)):
            if entry := self.by_name.get(known):
                return entry
        return None


_SEE_LIST = later("“slmdesk models list --catalogue” shows them all.")


def read_catalogue(content: bytes) -> Catalogue:
    """The catalogue in these bytes, compared with its schema; raises BadInput with the first problems."""
    if len(content) > MOST_BYTES:
        raise BadInput(say("This catalogue is larger than {size} MB.", size=MOST_BYTES // 1_000_000))
    try:
        plain = parse_object(content)
    except ValueError as error:
        raise BadInput(say("This is no catalogue: it does not hold a JSON object.")) from error
    if isinstance(plain.get("version"), int) and plain["version"] > VERSION:
        raise BadInput(
            say("This catalogue is made for a newer version of SLM Desk."), next_step=say("Update SLM Desk.")
        )
    problems = [*_breaches(plain)] or [*_contradictions(plain)]
    if problems:
        more = len(problems) - _MOST_PROBLEMS
        told = "; ".join(problems[:_MOST_PROBLEMS])
        if more > 0:
            told = say("{told}; and {more} more", told=told, more=more)
        raise BadInput(say("This catalogue is not as it should be: {told}.", told=told))
    return _built(plain)


def checked_catalogue(content: bytes) -> Catalogue:
    """The catalogue in bytes that were compared with the schema before; raises ValueError else."""
    return _built(parse_object(content))


@cache
def shipped_catalogue() -> Catalogue:
    """The one that comes with the program, which the tests have compared with its schema."""
    return checked_catalogue((resources() / "catalog.json").read_bytes())


def _built(plain: Mapping[str, Any]) -> Catalogue:
    entries = sorted((read_entry(item) for item in plain["models"]), key=lambda entry: entry.id)
    licences = {name: read_licence(name, item) for name, item in plain["licences"].items()}
    by_name = {name: entry for entry in reversed(entries) for name in _names(entry)}
    return Catalogue(plain["updated"], tuple(entries), licences, by_name)


def _breaches(plain: Mapping[str, Any]) -> Iterator[str]:
    """Where the schema is broken, in words."""
    for error in _validator().iter_errors(plain):
        place = ".".join(map(str, error.absolute_path)) or say("the whole")
        yield f"{place}: {error.message:.120}"


@cache
def _validator() -> "Draft202012Validator":
    from jsonschema import Draft202012Validator  # 0.1 s

    return Draft202012Validator(json.loads((resources() / "catalog.schema.json").read_bytes()))


def _contradictions(plain: Mapping[str, Any]) -> Iterator[str]:
    """What a schema cannot say: names that are there twice, a licence that is not described."""
    seen: set[str] = set()
    for item in plain["models"]:
        for name in {item["id"], *item["ollama"]}:
            if name in seen:
                yield say("{name} is there twice", name=name)
            seen.add(name)
        if item["licence"] not in plain["licences"]:
            yield say(
                "{item}: the licence {licence} is not described", item=item["id"], licence=item["licence"]
            )
        yield from _odd_numbers(item)
        for quantization in item["quantizations"]:
            if quantization["ollama"] is not None and quantization["ollama"] not in item["ollama"]:
                yield say(
                    "{item}: {quantization} is not among its names",
                    item=item["id"],
                    quantization=quantization["ollama"],
                )


def _odd_numbers(item: Mapping[str, Any]) -> Iterator[str]:
    """Parts that are more than their whole."""
    shape = item["architecture"]
    for part, whole, place in (
        ("active_parameters", "parameters", item),
        ("cached_layers", "layers", shape),
        ("window_layers", "cached_layers", shape),
        ("kv_heads", "heads", shape),
    ):
        if place[part] is not None and place[whole] is not None and place[part] > place[whole]:
            yield say("{item}: {part} is more than {whole}", item=item["id"], part=part, whole=whole)


def _names(entry: Entry) -> set[str]:
    """Everything that may be typed for it, in lower case."""
    names = [entry.id, entry.name, *entry.ollama, entry.hugging_face or entry.id]
    return {name.casefold() for name in names}


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown}, …" if len(names) > 5 else shown
