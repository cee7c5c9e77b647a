"""One column of a comparison as the beginning of a chat."""

import time
from dataclasses import dataclass, replace

from slmdesk.engines.answer import Answer
from slmdesk.engines.generation import ending
from slmdesk.engines.plain import options_to_plain
from slmdesk.features.compare.lane import LaneTurn
from slmdesk.features.compare.plan import LaneSpec
from slmdesk.store.chat_rows import ChatSettings
from slmdesk.store.messages import NewMessage
from slmdesk.store.text import title_from
from slmdesk.store.whole_chats import NewChat


@dataclass(frozen=True, slots=True)
class Continuation:
    """How the column was asked, all turns to the last question, and its answer."""

    spec: LaneSpec
    turns: tuple[LaneTurn, ...]
    answer: Answer

    def to_chat(self) -> NewChat:
        """The chat to be stored, with the figures of the answer."""
        spec, answer, now = self.spec, self.answer, time.time()
        settings = ChatSettings(
            spec.model_ref, spec.system_prompt, options_to_plain(spec.options), spec.is_thinking
        )
        last = NewMessage(None, "assistant", answer.text, now, answer.thinking, **ending(answer))
        messages = [
            NewMessage(None, turn.role, turn.text, now, attachments=turn.attachments) for turn in self.turns
        ]
        turns = [
            replace(
                message,
                parent=place - 1 if place else None,
                model_ref="" if message.role == "user" else spec.model_ref,
            )
            for place, message in enumerate((*messages, last))
        ]
        return NewChat(title_from(messages[0].text), settings, turns)
