"""Schemas to begin with, shipped with the program."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.config.paths import resources


@dataclass(frozen=True, slots=True)
class SchemaExample:
    """`text` is the schema as it is put into the editor."""

    id: str
    name: str
    purpose: str
    text: str


def schema_examples() -> Sequence[SchemaExample]:
    """The shipped examples; each can be used as it is with every engine."""
    content = json.loads((resources() / "schemas.json").read_bytes())
    return [
        SchemaExample(
            item["id"],
            item["name"],
            item["purpose"],
            json.dumps(item["schema"], indent=2, ensure_ascii=False),
        )
        for item in content["schemas"]
    ]
