"""Runs the action of `slmdesk eval` that was typed."""

from collections.abc import Callable, Mapping

from slmdesk.cli.evaluate import dataset
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal

# They are about files alone: no engine is looked for, and no data folder is opened.
OF_FILES: Mapping[str | None, Callable[[Arguments, Terminal], int]] = {"dataset": dataset.run}
