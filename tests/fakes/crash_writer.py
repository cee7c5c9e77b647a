"""A process that chats and compares through the store with a made-up engine until it is killed.

Each line on stdout is JSON: what is promised to be kept from then on. Text is announced before it is
handed to the store, with the clock; prompts and ends are announced once the store has confirmed them.
"""

import asyncio
import itertools
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slmdesk.store.chats import ChatSettings
from slmdesk.store.journal import AnswerWriter
from slmdesk.store.runs import NewLane
from tests.fakes.data_folder import Store, open_store


def say(*words: Any) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


async def stream(answer_id: str, writer: AnswerWriter, dice: random.Random) -> None:
    """Each piece names its answer, so that a mix of two would be seen. Some answers are floods, some slow."""
    pause_s = dice.choice((0.0, 0.0005, 0.005, 0.03))
    for step in range(dice.randrange(400)):
        text = f"<{answer_id[-6:]}:{step} é😀>"
        thinking = f"[{answer_id[-6:]}:{step}]" if step < 20 else ""
        say("piece", answer_id, text, thinking, time.monotonic())
        await writer.append(text, thinking)
        await asyncio.sleep(pause_s)


async def chat(store: Store, dice: random.Random) -> None:
    chat = await store.chats.create(ChatSettings("made/up"))
    say("chat", chat.id)
    for number in itertools.count():
        prompt = f"prompt {number} of {chat.id} " + "x" * dice.randrange(3_000)
        await store.chats.add_user_message(chat.id, prompt)
        say("prompt", chat.id, prompt)
        message, writer = await store.chats.start_answer(chat.id, "made/up")
        await stream(message.id, writer, dice)
        await store.chats.finish_answer(message.id, writer, state="done")
        say("done", message.id)


async def compare(store: Store, dice: random.Random) -> None:
    while True:
        run = await store.runs.create("which?", [NewLane("a"), NewLane("b")])
        say("run", run.id, [lane.id for lane in run.lanes])
        await asyncio.gather(*(compare_lane(store, lane.id, dice) for lane in run.lanes))
        await store.runs.vote(run.id, "best", run.lanes[0].id)
        say("vote", run.id)


async def compare_lane(store: Store, lane_id: str, dice: random.Random) -> None:
    writer = await store.runs.start_lane(lane_id)
    await stream(lane_id, writer, dice)
    await store.runs.finish_lane(lane_id, writer, state="done")
    say("done", lane_id)


async def main(arguments: Sequence[str]) -> None:
    folder, seed = arguments
    dice = random.Random(int(seed))
    store = open_store(Path(folder))
    say("open", store.database.notice)
    await asyncio.gather(chat(store, dice), chat(store, dice), compare(store, dice))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
