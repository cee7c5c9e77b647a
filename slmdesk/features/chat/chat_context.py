"""What of a chat goes into the model's context: how much there is of it, how much is used, what has to go."""

from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.engines.base import Options
from slmdesk.engines.plain import options_from_plain, timings_from_plain
from slmdesk.features.chat.context_use import ContextUse, LeftOut
from slmdesk.features.chat.fitting import fit, room_for_prompt
from slmdesk.features.chat.history import SeenTurn, Unfolding, estimate_tokens
from slmdesk.store.chats import ChatSettings
from slmdesk.store.messages import StoredMessage


@dataclass(frozen=True, slots=True)
class ChatContext:
    """The context of a chat with these settings; `most_tokens` is what its model can take, if that is known.

    What no engine has counted is estimated.
    """

    settings: ChatSettings
    most_tokens: int | None
    unfolding: Unfolding

    @property
    def tokens(self) -> int:
        """All there is for prompt and answer."""
        wanted = self._options.context_tokens
        return min(wanted, self.most_tokens or wanted)

    @property
    def room_tokens(self) -> int:
        """What the prompt may have of it."""
        return room_for_prompt(self.tokens, self._options.max_tokens)

    def turns(self, messages: Sequence[StoredMessage]) -> Sequence[SeenTurn]:
        """The messages as the model reads them, what is attached included."""
        return self.unfolding.turns(messages, self.room_tokens, self._head_tokens)

    def use(self, messages: Sequence[StoredMessage], running_tokens: int = 0) -> ContextUse:
        """The last counted answer's own figures; what came after it, and what is coming, is estimated."""
        texts: list[str] = []
        for message, turn in zip(reversed(messages), reversed(self.turns(messages)), strict=True):
            timings = timings_from_plain(message.timings)
            if timings.prompt_tokens is not None and timings.output_tokens is not None:
                counted = timings.prompt_tokens + timings.output_tokens
                break
            texts.append(turn.text)
        else:
            counted = 0
            texts.append(self.settings.system_prompt)
        return ContextUse(counted + running_tokens + estimate_tokens(texts), self.tokens, bool(texts))

    def left_out(self, messages: Sequence[StoredMessage], token_counts: Sequence[int]) -> LeftOut:
        """Which messages have to go; `token_counts` has one for each, and one for the prompt that comes."""
        roles = [*(message.role for message in messages), "user"]
        found = fit(roles, token_counts, self.room_tokens, head_tokens=self._head_tokens)
        all_tokens = self._head_tokens + sum(token_counts)
        gone = tuple(messages[: found.left_out])
        return LeftOut(gone, all_tokens, found.needed_tokens, found.room_tokens, found.is_enough)

    def token_counts(self, messages: Sequence[StoredMessage], used_tokens: int) -> list[int]:
        """Estimates, raised in proportion where the engine has counted more for all of them."""
        counts = [estimate_tokens([turn.text]) for turn in self.turns(messages)]
        estimated = sum(counts)
        if not estimated or used_tokens <= estimated:
            return counts
        return [-(-count * used_tokens // estimated) for count in counts]

    def document_budget(self, messages: Sequence[StoredMessage], question: str) -> int:
        """The tokens that documents may have in the next message."""
        return self.unfolding.budget(self.turns(messages), question, self.room_tokens, self._head_tokens)

    @property
    def _options(self) -> Options:
        return options_from_plain(self.settings.options)

    @property
    def _head_tokens(self) -> int:
        return estimate_tokens([self.settings.system_prompt])
