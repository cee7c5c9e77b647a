"""`slmdesk models update`: a newer catalogue from a file or an https address, and the way back."""

from pathlib import Path

from slmdesk.base.errors import BadInput
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.features.catalog.catalogue import MOST_BYTES, Catalogue
from slmdesk.features.documents.web import fetch
from slmdesk.features.documents.web_address import WebAddress, web_address
from slmdesk.services import Services


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0; a catalogue that cannot be had or is not sound raises BadInput, and the present one stays."""
    kept = services.catalogue
    if chosen.back:
        fresh = kept.restore()
    else:
        source = chosen.source or ""
        is_address = "://" in source
        fresh = kept.replace(await _fetched(web_address(source)) if is_address else _read(Path(source)))
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


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(f"{path} cannot be read ({reason}).") from error


async def _fetched(address: WebAddress) -> bytes:
    """Over https alone, redirects too: nobody on the way may change what is recommended."""
    if address.scheme == "https":
        fetched = await fetch(address)
        if fetched.address.scheme == "https":
            return fetched.data
    raise BadInput("A catalogue is fetched from an address that begins with https:// alone.")
