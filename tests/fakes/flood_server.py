"""Writes answers of N words as fast as it can, in a process of its own: its only argument is N."""

import asyncio
import sys

from tests.fakes.http_server import Call, HttpServer
from tests.fakes.openai_server import DONE, delta, finish

WORD = (
    b'{"model":"m","created_at":"2026-11-22","message":{"role":"assistant","content":" word"},"done":false}\n'
)
END = b'{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}\n'
AT_ONCE = 100


async def serve(count: int) -> None:
    async def flood(call: Call) -> None:
        if call.path == "/api/chat":
            word, end = WORD, END
        elif call.path == "/v1/chat/completions":
            word, end = delta(content=" word"), finish() + DONE
        else:
            await call.respond(200, {"models": [], "data": []})
            return
        await call.start()
        framed = b"%x\r\n%s\r\n" % (len(word), word)  # each word in a chunk of its own, as servers send them
        for _ in range(count // AT_ONCE):
            await call.raw(framed * AT_ONCE)
        await call.send(end)
        await call.end()

    async with HttpServer(flood) as server:
        print(server.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
