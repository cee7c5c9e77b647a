"""Runs the action of `slmdesk eval` that was typed."""

import asyncio

from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.services import Services

# They need neither engines nor the data folder.
FILES_ALONE = ("import", "dataset")
# They read what the window would write: not beside it.
OF_THE_STORE = ("export", "report")


def run_on_files(chosen: Arguments, terminal: Terminal) -> int:
    """The exit code of an action on files."""
    from slmdesk.cli.evaluate import dataset, importing

    if chosen.action == "import":
        return asyncio.run(importing.run(chosen, terminal))
    return dataset.run(chosen, terminal)


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """The exit code of any other action."""
    from slmdesk.cli.evaluate import custom_model, reporting, running

    match chosen.action:
        case "run":
            return await running.run(chosen, services, terminal)
        case "export":
            return await reporting.run_export(chosen, services, terminal)
        case "report":
            return await reporting.run_report(chosen, services, terminal)
    return await custom_model.run(chosen, services, terminal)
