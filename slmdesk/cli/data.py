"""`slmdesk data`: where the data is; move it, go back, and delete the old one once all is well."""

from slmdesk.base.errors import BadInput
from slmdesk.base.memory import gigabytes
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.config.move_plan import plan_move
from slmdesk.config.relocation import DataPlace, confirm_move, data_place, go_back, move_data
from slmdesk.features.monitor.volumes import volume_of


def run(chosen: Arguments, terminal: Terminal) -> int:
    """0; what cannot be done raises SlmdeskError."""
    if chosen.data_dir is not None:
        raise BadInput("“slmdesk data” is about the usual folder; leave out --data-dir.")
    match chosen.action:
        case "show":
            _show(data_place(), chosen, terminal)
        case "move":
            plan = plan_move(chosen.folder, volume_of(chosen.folder))
            place = move_data(plan.target, on_progress=lambda done, total: _tell(terminal, done, total))
            terminal.say(
                f"The data is in {place.folder} now. The old one is kept in {place.previous}: "
                "“slmdesk data back” returns to it, “slmdesk data confirm” deletes it."
            )
        case "back":
            place = go_back()
            terminal.say(
                f"The data is in {place.folder} again. What was written since stays in {place.previous}: "
                "“slmdesk data back” returns to it, “slmdesk data confirm” deletes it."
            )
        case _:
            other = data_place().previous
            terminal.say(f"The data in {other} was deleted; {gigabytes(confirm_move())} GB are free again.")
    return 0


def _show(place: DataPlace, chosen: Arguments, terminal: Terminal) -> None:
    if chosen.json:
        previous = None if place.previous is None else str(place.previous)
        terminal.write_json({"folder": str(place.folder), "previous": previous})
        return
    terminal.write(f"{place.folder}\n")
    if place.previous is not None:
        terminal.say(f"Used before: {place.previous}, which is kept until “slmdesk data confirm”.")


def _tell(terminal: Terminal, done: int, total: int) -> None:
    if total:
        terminal.status(f"copying and verifying: {100 * done // total} % of {gigabytes(total // 2)} GB")
