"""A custom model that answers the questions of a pack about each document that it is sent alone."""

import re
import unicodedata
from typing import Any, Protocol

from slmdesk.features.evaluate.custom_prompt import system_prompt_of
from slmdesk.features.evaluate.pack import Pack

_PARAMETERS = {"temperature": 0}
"""Named as in a Modelfile: the same document has the same answers."""
_LONGEST_NAME = 60


class MakesModels(Protocol):
    """Makes a custom model beside its base (see features.pulls.keeper)."""

    async def make(self, name: str, base_ref: str, system: str, parameters: dict[str, Any]) -> str: ...


async def make_from_pack(keeper: MakesModels, pack: Pack, base_ref: str, name: str) -> str:
    """Its `engine/model`. Asked with `asking.answers_schema(pack.questions)` its answers keep to their form.

    Raises BadInput and EngineError.
    """
    return await keeper.make(name, base_ref, system_prompt_of(pack), dict(_PARAMETERS))


def suggested_name(pack: Pack) -> str:
    """The title as engines take it for a name: "data-breach-press-reports"."""
    plain = unicodedata.normalize("NFKD", pack.title).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z0-9]+", plain)
    return "-".join(words).lower()[:_LONGEST_NAME].strip("-") or "pack"
