"""What the families of actions of `slmdesk models` share."""

import argparse
from typing import TypeAlias

Actions: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 (it has no public name)


def add_json(parser: argparse.ArgumentParser, *, default: object = argparse.SUPPRESS) -> None:
    """An action's own default would overwrite what stands before the action, so it has none."""
    parser.add_argument(
        "--json", action="store_true", default=default, help="print one JSON object and nothing else"
    )
