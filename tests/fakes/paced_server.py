"""Writes answers of N tokens at R tokens a second, as a model would, in a process of its own (N and R)."""

import asyncio
import itertools
import sys
import time

from tests.data.streams import answer_text, tokens_of
from tests.fakes.http_server import Call, HttpServer
from tests.fakes.openai_server import DONE, JSON, delta, finish


async def serve(count: int, tokens_per_s: float) -> None:
    seeds = itertools.count(1)

    async def answer(call: Call) -> None:
        if call.path != "/v1/chat/completions":
            await call.respond(200, {"object": "list", "data": [{"id": "small", "object": "model"}]}, JSON)
            return
        tokens = tokens_of(answer_text(count * 5, seed=next(seeds)))[:count]
        await call.start(200, {"content-type": "text/event-stream"})
        began = time.monotonic()
        for number, token in enumerate(tokens):
            await asyncio.sleep(max(0.0, began + number / tokens_per_s - time.monotonic()))
            await call.send(delta(content=token))
        await call.send(finish() + DONE)
        await call.end()

    async with HttpServer(answer) as server:
        print(server.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
