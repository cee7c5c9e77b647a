"""Runs the action of `slmdesk models` that was typed."""

from slmdesk.cli.models import (
    catalogue_list,
    fitting,
    guiding,
    keeping,
    listing,
    pulling,
    showing,
    updating,
)
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.services import Services

# They need no engine: what is typed there is about the catalogue and the machine.
WITHOUT_ENGINES = ("guide", "update")
# They tell what was measured: the answers that are kept are read for it.
OF_STORED_ANSWERS = ("show", "fit")
_KEEPING = {
    "pull": pulling.run,
    "import": keeping.run_import,
    "create": keeping.run_create,
    "copy": keeping.run_copy,
    "details": keeping.run_details,
    "check": keeping.run_check,
    "rm": keeping.run_rm,
}


def ask_first(chosen: Arguments, terminal: Terminal) -> None:
    """What must be asked before anything is done, while Ctrl+C still ends it at once; raises BadInput."""
    match chosen.action:
        case "pull":
            pulling.ask_first(chosen, terminal)
        case "guide":
            guiding.ask_first(chosen, terminal)


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """The exit code of the action; without one the models are listed."""
    code = await _run(chosen, services, terminal)
    if services.catalogue.notice:
        terminal.say(services.catalogue.notice)
    return code


async def _run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    if chosen.action in _KEEPING:
        return await _KEEPING[chosen.action](chosen, services, terminal)
    match chosen.action:
        case "list" if chosen.catalogue:
            return await catalogue_list.run(chosen, services, terminal)
        case "show":
            return await showing.run(chosen, services, terminal)
        case "fit":
            return await fitting.run(chosen, services, terminal)
        case "guide":
            return await guiding.run(chosen, services, terminal)
        case "update":
            return await updating.run(chosen, services, terminal)
    return await listing.run(chosen, services, terminal)
