"""A run that is killed at some instant goes on where it was: nothing that was kept is asked again."""

import asyncio
import contextlib
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from slmdesk.engines.openai_compat.engine import OpenAICompatible
from slmdesk.features.evaluate.evaluation import Evaluation
from slmdesk.features.evaluate.setup import Setup
from slmdesk.store.db import Database
from tests.fakes.evaluating import MODEL
from tests.fakes.http_server import Call
from tests.fakes.openai_server import DONE, USAGE, OpenAIServer, delta, finish, stream
from tests.fakes.packs import QUESTIONS, evaluation_of, reports
from tests.fakes.until import until

DOCUMENTS = 40
CELLS = DOCUMENTS * len(QUESTIONS)


def asked(call: Call) -> tuple[str, str]:
    """Document and question of a request."""
    text = call.json["messages"][-1]["content"]
    document = re.search(r"Firm (doc-\d+)", text)
    assert document
    question = text.rpartition("\n\n")[2]
    return document[1], next(each.id for each in QUESTIONS if question.startswith(each.text))


async def answers(call: Call) -> None:
    await asyncio.sleep(0.02)
    await stream(call, [delta(content="Yes"), finish(), USAGE, DONE])


async def killed_run(path: Path, server: OpenAIServer, at_request: int) -> set[tuple[str, str]]:
    """The cells that a run had told as kept when it was killed."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.evaluating", str(path), server.address, str(DOCUMENTS),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    await until(lambda: len(server.chats) >= at_request, within_s=30)
    child.kill()
    assert child.stdout
    told = (await child.stdout.read()).decode().splitlines()
    await child.wait()
    return {(document, question) for document, question in (line.split() for line in told)}


async def resumed(path: Path, server: OpenAIServer) -> Evaluation:
    database, engine = Database.open(path), OpenAICompatible("box", "Box", server.address)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.aclose)
        stack.push_async_callback(engine.aclose)
        evaluation = await evaluation_of(database, [engine], reports(DOCUMENTS), Setup((MODEL,)))
        await evaluation.run()
    return evaluation


@pytest.mark.parametrize("at_request", [1, 50, 100])
async def test_what_was_kept_is_not_asked_again(tmp_path: Path, at_request: int) -> None:
    path = tmp_path / "database.sqlite"
    server = OpenAIServer()
    server.on_chat = answers
    async with server:
        kept = await killed_run(path, server, at_request)
        before = len(server.chats)
        evaluation = await resumed(path, server)
        assert evaluation.progress.done == CELLS
        assert evaluation.progress.from_cache >= len(kept)
        again = Counter(map(asked, server.chats))
        assert {cell for cell in kept if again[cell] > 1} == set()
        assert set(again) == {(f"doc-{n}", each.id) for n in range(1, DOCUMENTS + 1) for each in QUESTIONS}
        assert len(server.chats) == before + CELLS - evaluation.progress.from_cache
