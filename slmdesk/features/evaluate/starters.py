"""The packs that come with the program, and a pack by what was typed: a short name or a file."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.config.paths import resources
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.pack_file import read_pack

_NAMES = ("breach", "sentiment", "invoices", "emails", "translation", "code", "general")


def starter_names() -> Sequence[str]:
    """Their short names in the order in which they are offered."""
    return _NAMES


@cache
def load_starter(name: str) -> Pack:
    """The starter of that short name; raises BadInput that names them all."""
    if name not in _NAMES:
        raise BadInput(
            say("There is no starter pack “{name}”.", name=name),
            next_step=say("There are: {names}.", names=", ".join(_NAMES)),
        )
    return read_pack(resources() / "packs" / f"{name}.json")


def named_pack(typed: str) -> Pack:
    """A starter by its short name, or the pack in a file (`./breach` is one); raises BadInput."""
    if typed in _NAMES:
        return load_starter(typed)
    if not Path(typed).exists():
        raise BadInput(
            say("There is no file “{name}”, and no starter pack of that name.", name=typed),
            next_step=say("The starter packs are: {names}.", names=", ".join(_NAMES)),
        )
    return read_pack(Path(typed))
