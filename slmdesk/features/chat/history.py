"""From what is on the screen to what is sent: the path of messages with alternating roles."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from slmdesk.engines.base import Image, Message
from slmdesk.store.messages import StoredMessage

GO_ON = "Continue your answer exactly where it stopped. Do not repeat any of it."
"""Asked of an engine that begins every answer anew."""

_BYTES_PER_TOKEN = 4  # of English text; others come out too high, which errs on the safe side


class Turn(Protocol):
    """The words of a message and who said them."""

    @property
    def role(self) -> str: ...
    @property
    def text(self) -> str: ...


class SeenTurn(Turn, Protocol):
    """What a model is told of a message: words and pictures."""

    @property
    def images(self) -> tuple[Image, ...]: ...


class Unfolding(Protocol):
    """Puts what is attached to the messages into what a model is told (see features.documents.attached)."""

    def turns(
        self, messages: Sequence[StoredMessage], room_tokens: int, head_tokens: int
    ) -> Sequence[SeenTurn]:
        """Documents are cut to the room; slow where a long one is new."""
        ...

    def budget(self, turns: Sequence[SeenTurn], question: str, room_tokens: int, head_tokens: int) -> int:
        """The tokens that documents may have in the next message."""
        ...


SchemaReader: TypeAlias = Callable[[str], Mapping[str, Any]]
"""From a schema as it was written to what an engine gets; raises BadInput."""


def to_messages(system_prompt: str, turns: Iterable[SeenTurn]) -> tuple[Message, ...]:
    """System prompt and history with alternating roles, as chat templates demand.

    An answer that failed or stayed empty is left out, and so is the question before it.
    """
    kept: list[Message] = []
    for turn in turns:
        if turn.role == "user":
            if kept and kept[-1].role == "user":
                kept.pop()
            kept.append(Message("user", turn.text, turn.images))
        elif turn.role == "assistant" and turn.text.strip() and kept and kept[-1].role == "user":
            kept.append(Message("assistant", turn.text))
    head = (Message("system", system_prompt),) if system_prompt.strip() else ()
    return (*head, *kept)


def estimate_tokens(texts: Sequence[str]) -> int:
    """A guess until the engine has counted."""
    return sum(len(text.encode("utf-8", "replace")) for text in texts) // _BYTES_PER_TOKEN
