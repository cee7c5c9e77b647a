"""Moves the folder of a real store, killed one step later each time; every chat is there at the next start.

The store has a log that was not written back and an answer that a kill cut. Prints the number of steps.
"""

import asyncio
import itertools
import os
import shutil
import sys
from pathlib import Path

from slmdesk.config import relocation
from slmdesk.store.chats import ChatSettings
from tests.fakes.data_folder import open_store, opened
from tests.fakes.killed_move import in_use, killed_after
from tests.fakes.until import until

SETTINGS = ChatSettings("builtin/starter")


async def fill(folder: Path) -> None:
    """Three chats, the last one with an answer under way, by a program that is killed."""
    store = open_store(folder)
    for number in range(3):
        chat = await store.chats.create(SETTINGS, title=f"Chat {number}")
        await store.chats.add_user_message(chat.id, "Why?")
    _, writer = await store.chats.start_answer(chat.id, SETTINGS.model_ref)
    await writer.append("Because it", "")
    await until(lambda: any(path.stat().st_size for path in store.paths.journal.iterdir()))
    os._exit(0)


async def read(folder: Path) -> list[list[str]]:
    async with opened(folder) as store:
        chats = sorted(await store.chats.list(), key=lambda chat: chat.title)
        loaded = [await store.chats.load(chat.id) for chat in chats]
        return [[chat.title, *(message.text for message in messages)] for chat, messages in loaded]


def main(folder: Path) -> None:
    template = folder / "template"
    if (child := os.fork()) == 0:
        asyncio.run(fill(template))
    os.waitpid(child, 0)
    shutil.copytree(template, folder / "copy")
    expected = asyncio.run(read(folder / "copy"))
    assert expected[2] == ["Chat 2", "Why?", "Because it"], expected
    for steps in itertools.count():
        home, target = folder / f"{steps}" / "home", folder / f"{steps}" / "target"
        shutil.copytree(template, home)
        was_killed = killed_after(
            steps, lambda home=home, target=target: relocation.move_data(target, home=home)
        )
        assert asyncio.run(read(in_use(home))) == expected, steps
        shutil.rmtree(home.parent)
        if not was_killed:
            print(steps)
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
