"""How full the context of a chat is, and what has to go so that more fits."""

from dataclasses import dataclass

from slmdesk.base.words import say
from slmdesk.store.messages import StoredMessage


@dataclass(frozen=True, slots=True)
class ContextUse:
    """How full the loaded context is."""

    used_tokens: int
    context_tokens: int
    is_estimate: bool

    @property
    def share(self) -> float:
        return self.used_tokens / self.context_tokens

    @property
    def words(self) -> str:
        return say(
            "{mark}{used_tokens:,} of {context_tokens:,} tokens",
            mark="~" if self.is_estimate else "",
            used_tokens=self.used_tokens,
            context_tokens=self.context_tokens,
        )


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The oldest messages, which have to go so that the next prompt fits; none if it does.

    `all_tokens` is what the prompt has with them, `needed_tokens` without. `is_enough` is False where
    even the prompt alone is too long.
    """

    messages: tuple[StoredMessage, ...]
    all_tokens: int
    needed_tokens: int
    room_tokens: int
    is_enough: bool
