"""`slmdesk eval model`: a custom model that answers the questions of a pack about each document."""

from slmdesk.cli.evaluate.stored import pack_and_setup
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.features.evaluate.asking import answers_schema
from slmdesk.features.evaluate.custom_model import make_from_pack
from slmdesk.services import Services


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when it is there; raises BadInput and EngineError."""
    pack, _setup = await pack_and_setup(chosen.pack, services)
    ref = await make_from_pack(services.keeper, pack, chosen.base, chosen.new_name)
    if chosen.json:
        terminal.write_json({"model": ref, "schema": answers_schema(pack.questions)})
    else:
        terminal.write(f"{ref}\n")
    return 0
