"""Named things of which some are shipped and some are the user's own, kept in one JSON file."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from slmdesk.base.errors import BadInput
from slmdesk.base.events import Event
from slmdesk.base.jobs import uninterrupted
from slmdesk.base.words import counted, say
from slmdesk.config.json_file import keep_aside, read_object, write_object

LONGEST_NAME = 80
MOST_OWN = 1000


class Named(Protocol):
    """What stands on a shelf: a frozen dataclass with these fields."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def is_own(self) -> bool: ...


T = TypeVar("T", bound=Named)


class Shelf(Generic[T]):
    """Shipped things first, then the user's own. Reading is from memory; a change is on disk when it returns.

    `read` makes a thing of its plain form and raises BadInput; `plain` is the way back. What cannot
    be read (a newer version wrote it) is kept in the file as it is. `notice` says what was wrong.
    """

    def __init__(
        self, path: Path, shipped: Sequence[T], read: Callable[[Any], T], plain: Callable[[T], dict[str, Any]]
    ) -> None:
        self.changed: Event[None] = Event()
        self.notice = ""
        self._path = path
        self._shipped = tuple(shipped)
        self._read = read
        self._plain = plain
        self._own: tuple[T, ...] = ()
        self._unread: list[Any] = []
        self._rest: dict[str, Any] = {}
        self._saving = asyncio.Lock()
        self._load()

    def all(self) -> Sequence[T]:
        """The shipped ones in their order, then the user's own by name."""
        return (*self._shipped, *sorted(self._own, key=lambda item: item.name.casefold()))

    def get(self, item_id: str) -> T | None:
        """The thing of that id, None when it is gone."""
        return next((item for item in self.all() if item.id == item_id), None)

    def kept_object(self, key: str) -> Mapping[str, Any]:
        """An object kept beside the things, such as the defaults."""
        value = self._rest.get(key)
        return value if isinstance(value, dict) else {}

    async def save(self, item: T) -> T:
        """Keep an own thing, new or changed; returns it as it is kept, a new one with its id.

        Raises BadInput for a name that is taken or empty, DataFolderUnusable.
        """
        is_new = not item.id or not item.is_own
        kept = self._read({**self._plain(item), "id": _new_id() if is_new else item.id})
        async with self._saving:
            self._require_free_name(kept)
            others = tuple(own for own in self._own if own.id != kept.id)
            _require_room(len(others) + 1)
            await self._store((*others, kept), self._rest)
        return kept

    async def add_all(self, items: Sequence[T]) -> Sequence[T]:
        """Keep many own things in one write; a name that is taken gets a number. Returns them as kept."""
        async with self._saving:
            _require_room(len(self._own) + len(items))
            taken = {item.name.casefold() for item in self.all()}
            added: list[T] = []
            for item in items:
                name = _free_name(item.name, taken)
                added.append(self._read({**self._plain(item), "id": _new_id(), "name": name}))
                taken.add(name.casefold())
            await self._store((*self._own, *added), self._rest)
        return added

    async def rename(self, item_id: str, name: str) -> T:
        """Give an own thing another name; raises BadInput."""
        return await self.save(self._read({**self._plain(self._own_one(item_id)), "name": name}))

    async def delete(self, item_id: str) -> T:
        """Forget an own thing; `restore` undoes it. Raises BadInput for a shipped or unknown one."""
        async with self._saving:
            gone = self._own_one(item_id)
            await self._store(tuple(own for own in self._own if own.id != item_id), self._rest)
        return gone

    async def restore(self, item: T) -> None:
        """Bring back what `delete` returned, under its old id."""
        async with self._saving:
            if self.get(item.id) is None:
                self._require_free_name(item)
                await self._store((*self._own, item), self._rest)

    async def keep_object(self, key: str, value: Mapping[str, Any]) -> None:
        """Keep an object beside the things."""
        async with self._saving:
            await self._store(self._own, {**self._rest, key: dict(value)})

    def _own_one(self, item_id: str) -> T:
        item = self.get(item_id)
        if item is None or not item.is_own:
            raise BadInput(
                say("Only what you saved yourself can be changed. Save a copy under another name.")
            )
        return item

    def _require_free_name(self, item: T) -> None:
        if any(other.name.casefold() == item.name.casefold() for other in self.all() if other.id != item.id):
            raise BadInput(say("The name “{name}” is taken. Choose another.", name=item.name))

    def _load(self) -> None:
        try:
            content = read_object(self._path) or {}
        except ValueError:
            kept = keep_aside(self._path)
            self.notice = say(
                "{name} could not be read. The damaged file is kept as {kept}.",
                name=self._path.name,
                kept=kept or self._path,
            )
            return
        items = content.pop("own", [])
        self._rest = content
        for item in items if isinstance(items, list) else []:
            try:
                read = self._read(item)
            except BadInput:
                self._unread.append(item)
                continue
            if not read.id or self.get(read.id):  # written by hand: each needs an id of its own
                read = self._read({**self._plain(read), "id": _new_id()})
            self._own = (*self._own, read)
        if self._unread:
            count, name = len(self._unread), self._path.name
            self.notice = counted(
                count,
                "{count} entry of {name} could not be read and was left as it is.",
                "{count} entries of {name} could not be read and were left as they are.",
                name=name,
            )

    async def _store(self, own: tuple[T, ...], rest: dict[str, Any]) -> None:
        """Write, then believe it; once begun it is done, also when the caller is cancelled."""
        content = {**rest, "own": [*map(self._plain, own), *self._unread]}

        async def write() -> None:
            await asyncio.to_thread(write_object, self._path, content)
            self._own, self._rest = own, rest

        await uninterrupted(write)
        self.changed.emit(None)


def checked_name(value: object) -> str:
    """A name in one line; raises BadInput."""
    name = " ".join(value.split()) if isinstance(value, str) else ""
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(say("A name has 1 to {longest_name} characters.", longest_name=LONGEST_NAME))
    return name


def checked_text(value: object, longest: int, what: str) -> str:
    """A text that can be stored as UTF-8; raises BadInput. None is the empty text."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise BadInput(say("{what} is a text of at most {longest:,} characters.", what=what, longest=longest))
    return value.encode("utf-8", "replace").decode().replace("\0", "")


def _require_room(count: int) -> None:
    if count > MOST_OWN:
        raise BadInput(say("There is room for {most_own} of your own. Delete some first.", most_own=MOST_OWN))


def _new_id() -> str:
    return f"own-{secrets.token_hex(8)}"


def _free_name(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free.casefold() in taken:
        suffix = f" ({number})"
        free, number = name[: LONGEST_NAME - len(suffix)] + suffix, number + 1
    return free
