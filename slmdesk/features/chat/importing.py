"""Chats from a file: one after the other and a part of the file at a time, whatever its size or content."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from slmdesk.base.errors import BadInput
from slmdesk.base.jobs import uninterrupted
from slmdesk.base.words import counted, say
from slmdesk.features.chat.import_formats import NotUsable, read_chat
from slmdesk.store.chats import Chats, ChatSettings
from slmdesk.store.whole_chats import NewChat

MAX_CHAT_CHARACTERS = 32_000_000
"""One chat in a file; what is longer would take more memory than a machine for small models can spare."""
_READ_CHARACTERS = 1_000_000
_BATCH_CHATS = 50
_BATCH_CHARACTERS = 4_000_000
_SPACE = " \t\r\n"
_ARCHIVE = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A chat that was not imported; `place` counts from 1."""

    place: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`chat_ids` in the order of the file. `problem` says why it was not read to its end, "" if it was."""

    chat_ids: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    problem: str = ""

    @property
    def words(self) -> str:
        """ "12 chats imported, 2 skipped: chat 3 (there are no messages in it), …"."""
        count = len(self.chat_ids)
        parts = [counted(count, "{count:,} chat imported", "{count:,} chats imported")]
        if self.skipped:
            shown = [
                say("chat {place} ({reason})", place=each.place, reason=each.reason)
                for each in self.skipped[:3]
            ]
            more = ["…"] if len(self.skipped) > len(shown) else []
            parts.append(
                say("{count:,} skipped: {shown}", count=len(self.skipped), shown=", ".join(shown + more))
            )
        return ", ".join(parts) + "." + (f" {self.problem}" if self.problem else "")


async def import_chats(
    path: Path,
    chats: Chats,
    defaults: ChatSettings,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Store the chats of a JSON export of SLM Desk, ChatGPT or Open WebUI.

    `defaults` are the settings of chats that come without; `on_progress` hears how many chats are
    stored. A cancel keeps what was stored. Raises BadInput when the file cannot be read at all.
    """
    chat_ids: list[str] = []
    skipped: list[Skipped] = []

    async def store(usable: Sequence[NewChat]) -> None:
        chat_ids.extend([chat.id for chat in await chats.add(usable)])
        if on_progress:
            on_progress(len(chat_ids))

    file = await asyncio.to_thread(_open, path)
    with file:
        reader = _ChatReader(file, defaults)
        while batch := await asyncio.to_thread(reader.batch):
            skipped += [found for found in batch if isinstance(found, Skipped)]
            usable = [found for found in batch if isinstance(found, NewChat)]
            await uninterrupted(partial(store, usable))  # what is counted is stored, also at a cancel
    if not chat_ids and not skipped:
        raise BadInput(
            reader.problem or say("There are no chats in {name}.", name=path.name),
            next_step=say("Choose the JSON file of an export of SLM Desk, ChatGPT or Open WebUI."),
        )
    return ImportReport(tuple(chat_ids), tuple(skipped), reader.problem)


def _open(path: Path) -> TextIO:
    try:
        with path.open("rb") as start:
            is_archive = start.read(len(_ARCHIVE)) == _ARCHIVE
        if not is_archive:
            return path.open(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise BadInput(
            say("{name} cannot be read: {strerror}.", name=path.name, strerror=error.strerror or error)
        ) from error
    raise BadInput(
        say("{name} is an archive.", name=path.name),
        next_step=say("Unpack it and choose conversations.json in it."),
    )


class _ChatReader:
    """Reads the file in a thread; `problem` is why it ended before the file did."""

    def __init__(self, file: TextIO, defaults: ChatSettings) -> None:
        self.problem = ""
        self._defaults = defaults
        self._place = 0
        self._size = 0
        self._values = self._read(file)

    def batch(self) -> list[NewChat | Skipped]:
        """The next chats, a few at a time; none at the end."""
        found: list[NewChat | Skipped] = []
        self._size = 0
        for value in self._values:
            self._place += 1
            try:
                found.append(read_chat(value, self._defaults))
            except NotUsable as reason:
                found.append(Skipped(self._place, str(reason)))
            if len(found) >= _BATCH_CHATS or self._size > _BATCH_CHARACTERS:
                break
        return found

    def _read(self, file: TextIO) -> Iterator[object]:
        try:
            for value, size in json_values(file):
                self._size += size
                yield value
        except NotUsable as problem:
            self.problem = say(
                "The file is read up to chat {place}: {problem}.", place=self._place, problem=problem
            )
        except OSError as error:
            self.problem = say(
                "The file cannot be read to its end: {strerror}.", strerror=error.strerror or error
            )


def json_values(file: TextIO) -> Iterator[tuple[object, int]]:
    """The elements of the list that the file is, or the one value, each with its length in characters.

    Raises NotUsable where it is no JSON, or a value is too long or nested too deeply.
    """
    decoder = json.JSONDecoder()
    buffer = _Buffer(file)
    is_list = buffer.peek() == "["
    if is_list:
        buffer.take(1)
    while (following := buffer.peek()) not in ("", "]"):
        value, size = buffer.decode(decoder)
        yield value, size
        following = buffer.peek()
        if not is_list or following == "":
            break
        if following == ",":
            buffer.take(1)
        elif following != "]":
            raise NotUsable(say("a comma is missing after it"))
    if is_list and buffer.peek() == "":
        raise NotUsable(say("the file ends before its list does"))


class _Buffer:
    """The part of the file that is looked at now."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._at = 0

    def peek(self) -> str:
        """The next character that is no space, "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def take(self, count: int) -> None:
        self._at += count

    def decode(self, decoder: json.JSONDecoder) -> tuple[object, int]:
        """One value; a value that the buffer cuts is tried again with twice as much of the file."""
        while True:
            try:
                value, end = decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise NotUsable(say("the next one is nested too deeply")) from None
            except ValueError as error:
                if len(self._text) - self._at > MAX_CHAT_CHARACTERS:
                    raise NotUsable(say("the next one is too large, or no JSON")) from None
                if not self._more():
                    raise NotUsable(say("the next one is no JSON ({error})", error=error)) from None
                continue
            size = end - self._at
            if end > len(self._text) - 3 and self._more():
                continue  # "1.5e+" of a number that goes on reads as 1.5
            self._at += size
            return value, size

    def _more(self) -> bool:
        kept = self._text[self._at :]
        read = self._file.read(max(_READ_CHARACTERS, len(kept)))
        self._text, self._at = kept + read, 0
        return bool(read)
