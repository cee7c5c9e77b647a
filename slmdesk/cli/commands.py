"""Runs a command on the core: opens the services, maps what goes wrong to a sentence and an exit code."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence

from slmdesk.base.errors import AlreadyRunning, BadInput, SlmdeskError
from slmdesk.cli.models.keeping_arguments import KEEPING
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.config.paths import Paths, default_data_dir
from slmdesk.services import Services

FAILED, WRONG_USE, STOPPED = 1, 2, 130
_STORE_ALONE = ("import", "export")  # they need no engine, and the real data folder


def run_command(chosen: Arguments) -> int:
    """The exit code of the command; Ctrl+C stops what runs, keeps its text and ends."""
    terminal = Terminal(on_lost=_interrupt)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console of another code page must not end an answer
    code = _known_end(chosen, terminal)
    if terminal.problem is None:
        return code
    if not isinstance(terminal.problem, BrokenPipeError):  # else somebody has read enough
        terminal.say(f"The output cannot be written ({terminal.problem.strerror}).")
    return FAILED


def _known_end(chosen: Arguments, terminal: Terminal) -> int:
    try:
        return _run(chosen, terminal)
    except BadInput as error:
        terminal.say(error.sentence())
        return WRONG_USE
    except SlmdeskError as error:
        terminal.say(error.sentence())
        return FAILED
    except KeyboardInterrupt:
        if terminal.problem is None:
            terminal.say("Stopped.")
        return STOPPED


def _run(chosen: Arguments, terminal: Terminal) -> int:
    from slmdesk.cli import chat, compare, config, data, demo, files
    from slmdesk.cli.evaluate import dispatch as evaluate
    from slmdesk.cli.models import dispatch as models

    match chosen.command:  # these need no engine
        case "config":
            return config.run(chosen, terminal)
        case "data":
            return data.run(chosen, terminal)
        case "eval" if chosen.action in evaluate.FILES_ALONE:
            return evaluate.run_on_files(chosen, terminal)
    with asyncio.Runner() as runner, _ended_politely(), _services(chosen, terminal, runner) as services:
        match chosen.command:
            case "chat":
                return chat.run(chosen, services, terminal, runner)
            case "compare":
                return runner.run(compare.run(chosen, services, terminal))
            case "eval":
                return runner.run(evaluate.run(chosen, services, terminal))
            case "models":
                models.ask_first(chosen, terminal)
                return runner.run(models.run(chosen, services, terminal))
            case "import":
                return runner.run(files.run_import(chosen, services, terminal))
            case "export":
                return runner.run(files.run_export(chosen, services, terminal))
        return demo.run(chosen, services, terminal, runner)


@contextlib.contextmanager
def _services(chosen: Arguments, terminal: Terminal, runner: asyncio.Runner) -> Iterator[Services]:
    """Open, started, and closed in order whatever happens."""
    services = _open(chosen, terminal)
    services.notices.came.subscribe(terminal.say)
    for notice in services.notices.current:
        terminal.say(notice)
    try:
        if _needs_engines(chosen):
            terminal.status("looking for engines")
            runner.run(services.start(_model_refs(chosen, services)))
            terminal.clear_status()
        yield services
    finally:
        terminal.clear_status()
        runner.run(services.aclose())


def _model_refs(chosen: Arguments, services: Services) -> Sequence[str]:
    """The models of this command: a server that is not asked must not hold it up. None for all engines."""
    match chosen.command:
        case "chat":
            return (chosen.model or services.default_model(),)
        case "compare":
            return tuple(chosen.model)
    return ()


def _needs_engines(chosen: Arguments) -> bool:
    from slmdesk.cli.models.dispatch import WITHOUT_ENGINES

    is_about_catalogue = chosen.command == "models" and chosen.action in WITHOUT_ENGINES
    return chosen.command not in _STORE_ALONE and not is_about_catalogue


def _is_kept(chosen: Arguments) -> bool:
    """A look at models leaves no trace; getting and changing them does. Figures are read if there are any."""
    from slmdesk.cli.models.dispatch import OF_STORED_ANSWERS

    if chosen.command != "models" or chosen.action in KEEPING:
        return True
    database = Paths(chosen.data_dir or default_data_dir()).database
    return chosen.action in OF_STORED_ANSWERS and database.exists()


def _open(chosen: Arguments, terminal: Terminal) -> Services:
    try:
        return Services.open(chosen.data_dir, has_window=False, is_kept=_is_kept(chosen))
    except AlreadyRunning:
        if chosen.command in _STORE_ALONE or _is_of_stored_answers(chosen):
            raise
        if chosen.command == "models":
            return Services.open(chosen.data_dir, is_kept=False)
        terminal.say("SLM Desk is open with this data folder: what is answered here is not kept there.")
        return Services.open(chosen.data_dir, is_kept=False)


def _is_of_stored_answers(chosen: Arguments) -> bool:
    from slmdesk.cli.evaluate.dispatch import OF_THE_STORE

    return chosen.command == "eval" and chosen.action in OF_THE_STORE


def _interrupt() -> None:
    """As Ctrl+C: the answers that run are stopped and their text is kept."""
    signal.raise_signal(signal.SIGINT)


@contextlib.contextmanager
def _ended_politely() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl+C does: text kept, no child left."""
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: _interrupt())
    was_deaf = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # so a script starts its background jobs
    if was_deaf:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # what asyncio asks for to take it as a stop
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if was_deaf:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
