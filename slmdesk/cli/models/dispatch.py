"""Runs the action of `slmdesk models` that was typed."""

from slmdesk.cli.models import listing
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.services import Services


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """The exit code of the action; without one the models are listed."""
    match chosen.action:
        case "list" | None:
            return await listing.run(chosen, services, terminal)
    raise AssertionError(f"the parser let the action {chosen.action} through")
