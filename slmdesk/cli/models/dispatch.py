"""Runs the action of `slmdesk models` that was typed."""

from slmdesk.cli.models import keeping, listing, pulling
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.services import Services

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
    """What must be asked before anything is done; raises BadInput for a no."""
    if chosen.action == "pull":
        pulling.ask_first(chosen, terminal)


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """The exit code of the action; without one the models are listed."""
    if chosen.action in _KEEPING:
        return await _KEEPING[chosen.action](chosen, services, terminal)
    match chosen.action:
        case "list" | None:
            return await listing.run(chosen, services, terminal)
    raise AssertionError(f"the parser let the action {chosen.action} through")
