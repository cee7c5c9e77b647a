"""`slmdesk models update`: a newer catalogue from a file or an https address, and the way back."""

from pathlib import Path

from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.features.catalog.catalogue import Catalogue
from slmdesk.features.catalog.catalogue_file import read_file
from slmdesk.features.documents.web import fetch_safely
from slmdesk.services import Services


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0; a catalogue that cannot be had or is not sound raises BadInput, and the present one stays."""
    kept = services.catalogue
    if chosen.back:
        fresh = kept.restore()
    else:
        source = chosen.source or ""
        content = await fetch_safely(source) if "://" in source else read_file(Path(source))
        fresh = kept.replace(content)
    if chosen.json:
        terminal.write_json(
            {"updated": fresh.updated, "models": len(fresh.entries), "is_shipped": kept.is_shipped}
        )
    else:
        terminal.say(_words(fresh, is_shipped=kept.is_shipped))
    return 0


def _words(fresh: Catalogue, *, is_shipped: bool) -> str:
    what = "The catalogue of the program is" if is_shipped else "This catalogue is"
    way_back = "" if is_shipped else " “slmdesk models update --back” returns to the one before."
    return f"{what} in use: {len(fresh.entries)} models, facts of {fresh.updated}.{way_back}"
