"""An evaluation whose cells a test wrote down."""

from collections.abc import Callable

from slmdesk.base.events import Event
from slmdesk.features.evaluate.cell import Cell, CellKey
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.setup import Setup


class Answered:
    """What results and reports look at."""

    def __init__(self, pack: Pack, setup: Setup, cell: Callable[[CellKey], Cell]) -> None:
        self.changed: Event[None] = Event()
        self.cell_changed: Event[CellKey] = Event()
        self.pack = pack
        self.setup = setup
        self.cell = cell
