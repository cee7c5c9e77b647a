"""The rows of the list of chats: headings, folders, chats, and what a search has found."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from slmdesk.store.chats import ChatSummary
from slmdesk.store.folders import Folder
from slmdesk.store.search import SearchHit
from slmdesk.ui.labels import tr

ARCHIVE = "archive"
"""The id of the group that holds the archived chats, beside those of the folders."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A day, or the title of a group that is always open."""

    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """A folder, or the archive; opened and folded by a click."""

    id: str
    name: str
    count: int
    is_open: bool

    @property
    def is_folder(self) -> bool:
        return self.id != ARCHIVE


@dataclass(frozen=True, slots=True)
class ChatRow:
    """A chat; `is_nested` where it stands below its folder."""

    chat: ChatSummary
    is_nested: bool = False


@dataclass(frozen=True, slots=True)
class HitRow:
    """A message that a search has found."""

    hit: SearchHit


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence below the hits; `is_more` makes it a button for more of them."""

    text: str
    is_more: bool = False


Row: TypeAlias = Heading | Group | ChatRow | HitRow | Note


@dataclass(frozen=True, slots=True)
class Shelved:
    """All that can be listed, the newest chats first."""

    chats: Sequence[ChatSummary] = ()
    folders: Sequence[Folder] = ()
    archived: Sequence[ChatSummary] = ()
    _by_id: dict[str, ChatSummary] = field(default_factory=dict, init=False, compare=False)

    def __post_init__(self) -> None:
        self._by_id.update((chat.id, chat) for chat in (*self.chats, *self.archived))

    def find(self, chat_id: str) -> ChatSummary | None:
        """A chat in use or in the archive."""
        return self._by_id.get(chat_id)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search of the messages has found so far; `note` says what is missing of it."""

    hits: Sequence[SearchHit] = ()
    note: str = ""
    has_more: bool = False


@dataclass(slots=True)
class Folds:
    """Which groups are open."""

    open_ids: set[str] = field(default_factory=set)

    def toggle(self, group_id: str) -> None:
        self.open_ids ^= {group_id}


def rows_of(shelved: Shelved, folds: Folds, now: datetime) -> list[Row]:
    """Pinned chats, folders, the other chats by day, the archive."""
    pinned = [chat for chat in shelved.chats if chat.is_pinned]
    rows: list[Row] = [Heading(tr("Pinned")), *map(ChatRow, pinned)] if pinned else []
    known = {folder.id for folder in shelved.folders}
    by_folder: dict[str, list[ChatSummary]] = {}
    loose: list[ChatSummary] = []
    for chat in shelved.chats:
        if chat.is_pinned:
            continue
        if chat.folder_id in known:
            by_folder.setdefault(chat.folder_id or "", []).append(chat)
        else:
            loose.append(chat)
    for folder in shelved.folders:
        rows += _group(folder.id, folder.name, by_folder.get(folder.id, []), folds)
    rows += _by_day(loose, now)
    if shelved.archived:
        rows += _group(ARCHIVE, tr("Archived"), shelved.archived, folds)
    return rows


def found_rows(shelved: Shelved, needle: str, found: Found | None, now: datetime) -> list[Row]:
    """Chats whose title holds all the words, then messages; `found` is None where none are looked for."""
    words = needle.casefold().split()
    chats = (*shelved.chats, *shelved.archived)
    titles = [chat for chat in chats if all(word in chat.title.casefold() for word in words)]
    rows = list(_by_day(titles, now))
    if found is not None and (found.hits or found.note):
        rows += [Heading(tr("In messages")), *map(HitRow, found.hits)]
        if found.has_more:
            rows.append(Note(tr("Show more"), is_more=True))
        if found.note:
            rows.append(Note(found.note))
    return rows or [Heading(tr("No chat has these words."))]


def group_of(updated_at: float, now: datetime) -> str:
    """The heading under which a chat of that time stands."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if updated_at >= midnight.timestamp():
        return tr("Today")
    is_yesterday = updated_at >= (midnight - timedelta(days=1)).timestamp()
    return tr("Yesterday") if is_yesterday else tr("Earlier")


def _group(group_id: str, name: str, chats: Sequence[ChatSummary], folds: Folds) -> Iterator[Row]:
    is_open = group_id in folds.open_ids
    yield Group(group_id, name, len(chats), is_open)
    if is_open:
        yield from (ChatRow(chat, is_nested=True) for chat in chats)


def _by_day(chats: Iterable[ChatSummary], now: datetime) -> Iterator[Row]:
    last, earlier = "", tr("Earlier")
    for chat in chats:
        heading = earlier if last == earlier else group_of(chat.updated_at, now)
        if heading != last:
            yield Heading(heading)
            last = heading
        yield ChatRow(chat)
