"""The command line: the window without arguments, and the same core without Qt for everything else."""

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

WRONG_USE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["engine"]:  # our own child: nothing else may be loaded or printed
        from slmdesk.engines.builtin.child import main as run_child

        return run_child()
    if arguments[:1] == ["reader"]:  # the child that reads a document
        from slmdesk.features.documents.child import main as run_reader

        return run_reader()
    if not arguments:  # a double click: the first picture need not wait for the parser
        return _open_window(None)
    from slmdesk.cli.parser import parse

    chosen = parse(arguments)
    if chosen.command is None:
        return _open_window(chosen.data_dir)
    from slmdesk.cli.commands import run_command

    return run_command(chosen)


def _open_window(data_dir: Path | None) -> int:
    if not has_display():
        print(
            "There is no display to open a window on. Use “slmdesk chat”, “slmdesk compare” or "
            "“slmdesk demo” in this terminal (see “slmdesk --help”), or set DISPLAY.",
            file=sys.stderr,
        )
        return WRONG_USE
    gc.disable()  # what is imported stays: looking through it costs, and ui.qt_loop collects from then on
    from slmdesk.app import run

    return run(data_dir)


def has_display() -> bool:
    """Whether a window can be opened; only Linux can be without a display, or have another platform set."""
    return not sys.platform.startswith("linux") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    )
