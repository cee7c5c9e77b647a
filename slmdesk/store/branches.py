"""The tree of a chat's messages: every version that was ever there, and the one path that shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from slmdesk.store.messages import StoredMessage

_ROOT = ""


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions that stand beside one another at one place, the oldest first; `index` counts from 0."""

    ids: tuple[str, ...]
    index: int

    @property
    def count(self) -> int:
        return len(self.ids)

    @property
    def words(self) -> str:
        """ "2/3", as people count; "" where there is no choice."""
        return f"{self.index + 1}/{self.count}" if self.count > 1 else ""


class MessageTree:
    """All messages of one chat. Messages are added and never taken away.

    `choices` remembers which version was shown last: the id of the parent ("" above the first
    message) to the id of the child. Where nothing was chosen, the newest shows.
    """

    def __init__(self, messages: Iterable[StoredMessage] = (), choices: Mapping[str, str] | None = None):
        self._messages: dict[str, StoredMessage] = {}
        self._parents: dict[str, str] = {}
        self._children: dict[str, list[str]] = {}
        self.choices: dict[str, str] = dict(choices or {})
        newest = _ROOT
        for message in sorted(messages, key=_age):
            self._put(message, fallback=newest)
            newest = message.id

    def __contains__(self, message_id: object) -> bool:
        return message_id in self._messages

    def __getitem__(self, message_id: str) -> StoredMessage:
        return self._messages[message_id]

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def messages(self) -> tuple[StoredMessage, ...]:
        """Every message of every branch, a parent always before its children."""
        return tuple(self._messages.values())

    def add(self, message: StoredMessage) -> None:
        """A new message, or what has become of one; below its parent a new one is the chosen one."""
        if message.id in self._messages:
            self._messages[message.id] = message
            return
        self._put(message, fallback=next(reversed(self._messages), _ROOT))
        self.choices.pop(self._parents[message.id], None)

    def parent_id(self, message_id: str) -> str | None:
        """The message above, None for a first one."""
        return self._parents[message_id] or None

    def path_to(self, leaf_id: str | None) -> list[StoredMessage]:
        """From the first message to this one; to the newest one when it is not given or not there."""
        known = leaf_id if leaf_id in self._messages else next(reversed(self._messages), _ROOT)
        path: list[StoredMessage] = []
        step = known or _ROOT
        while step:
            path.append(self._messages[step])
            step = self._parents[step]
        return path[::-1]

    def versions(self, message_id: str) -> Versions:
        """The message among those beside it."""
        ids = tuple(self._children[self._parents[message_id]])
        return Versions(ids, ids.index(message_id))

    def leaf_below(self, message_id: str) -> str:
        """Down from this message, at each fork the version that was shown last, else the newest."""
        while children := self._children.get(message_id):
            chosen = self.choices.get(message_id, "")
            message_id = chosen if chosen in children else children[-1]
        return message_id

    def switch(self, shown: Sequence[StoredMessage], message_id: str) -> list[StoredMessage]:
        """The path through another message; remembers the path that showed, so that the way back is known."""
        self._remember(shown)
        path = self.path_to(self.leaf_below(message_id))
        self._remember(path)
        return path

    def _remember(self, path: Sequence[StoredMessage]) -> None:
        for message in path:
            parent = self._parents[message.id]
            if len(self._children[parent]) > 1:
                self.choices[parent] = message.id

    def _put(self, message: StoredMessage, *, fallback: str) -> None:
        parent = message.parent_id
        if parent is None:
            parent = _ROOT
        elif parent not in self._messages:
            # The link is damaged (a parent is always older): nothing above it may be hidden.
            parent = fallback
        self._messages[message.id] = message
        self._parents[message.id] = parent
        self._children.setdefault(parent, []).append(message.id)


def _age(message: StoredMessage) -> int:
    return int(message.id)
