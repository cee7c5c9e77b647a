"""A process that runs an evaluation against a server until it ends or is killed.

Arguments: the database, the server's address, how many documents. Each line on stdout is a cell that is kept.
"""

import asyncio
import os
import sys
from pathlib import Path

from slmdesk.engines.openai_compat.engine import OpenAICompatible
from slmdesk.features.evaluate.cell import CellKey, CellState
from slmdesk.features.evaluate.setup import Setup
from slmdesk.store.db import Database
from tests.fakes.packs import evaluation_of, reports

MODEL = "box/small"


async def main(path: Path, address: str, count: int) -> None:
    database, engine = Database.open(path), OpenAICompatible("box", "Box", address)
    evaluation = await evaluation_of(database, [engine], reports(count), Setup((MODEL,)))

    def tell(key: CellKey) -> None:
        if evaluation.cell(key).state is CellState.DONE:
            os.write(1, f"{key.document} {key.question}\n".encode())

    evaluation.cell_changed.subscribe(tell)
    await evaluation.run()
    await engine.aclose()
    await database.aclose()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
