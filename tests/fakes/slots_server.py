"""A model server with many slots, in a process of its own: N slots, answers that take from A to B seconds.

Arguments: slots, least and most seconds. `GET /stats` tells how many slot-seconds were busy from the first
request to the last, and to the last answer; without a free slot it refuses with 429 and Retry-After.
"""

import asyncio
import json
import random
import sys
import time

from tests.fakes.openai_server import DONE, JSON, delta, event, finish

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
USAGE = event({"choices": [], "usage": {"prompt_tokens": 300, "completion_tokens": 2}})
BODY = delta(content="Yes") + finish() + USAGE + DONE


class Slots:
    """Counts what is busy, and for how long."""

    def __init__(self, count: int, least_s: float, most_s: float) -> None:
        self.count, self.least_s, self.most_s = count, least_s, most_s
        self.dice = random.Random(1)
        self.busy = self.most_busy = self.answered = self.refused = 0
        self.busy_s = 0.0
        self.changed_at: float | None = None
        self.began_at = self.ended_at = 0.0
        self.busy_s_at_last = self.last_at = 0.0

    def change(self, by: int) -> None:
        now = time.monotonic()
        if self.changed_at is None:
            self.changed_at = self.began_at = now
        self.busy_s += self.busy * (now - self.changed_at)
        self.busy += by
        self.most_busy = max(self.most_busy, self.busy)
        self.changed_at = self.ended_at = now
        if by > 0:
            self.busy_s_at_last, self.last_at = self.busy_s, now

    def stats(self) -> dict[str, float]:
        return {
            "busy_s": self.busy_s,
            "wall_s": self.ended_at - self.began_at,
            "busy_s_at_last": self.busy_s_at_last,
            "s_at_last": self.last_at - self.began_at,
            "most_busy": self.most_busy,
            "answered": self.answered,
            "refused": self.refused,
        }


async def serve(slots: Slots) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await answer(slots, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def answer(slots: Slots, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = head.partition("content-length:")[2].partition("\r\n")[0]
    await reader.readexactly(int(length or 0))
    if "get /stats" in head:
        respond(writer, json.dumps(slots.stats()).encode())
    elif "get /v1/models" in head:
        respond(writer, json.dumps({"object": "list", "data": [{"id": "small", "object": "model"}]}).encode())
    elif slots.busy >= slots.count:
        slots.refused += 1
        respond(writer, b'{"error": {"message": "busy"}}', "429 Too Many Requests", "retry-after: 1\r\n")
    else:
        slots.change(1)
        try:
            writer.write(HEAD)
            await asyncio.sleep(slots.dice.uniform(slots.least_s, slots.most_s))
            writer.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY))
            slots.answered += 1
        finally:
            slots.change(-1)
    await writer.drain()


def respond(writer: asyncio.StreamWriter, body: bytes, status: str = "200 OK", more: str = "") -> None:
    kind = f"content-type: {JSON['content-type']}\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    writer.write(f"HTTP/1.1 {status}\r\n{kind}".encode() + body)


if __name__ == "__main__":
    asyncio.run(serve(Slots(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))))
