"""Asks several models the same with what is attached: each gets what fits into its own context."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from slmdesk.engines.base import Message, Options
from slmdesk.features.documents.attached import DocumentUnfolding, Told
from slmdesk.features.documents.tokens import estimate_tokens
from slmdesk.features.documents.vision import KnowsModels, blindness


class Speaker(Told, Protocol):
    """A turn of a conversation."""

    @property
    def role(self) -> Literal["user", "assistant"]: ...


class AttachedDocuments:
    """`room_for` gives the tokens of a context that are not kept for an answer of at most so many."""

    def __init__(self, registry: KnowsModels, room_for: Callable[[int, int | None], int]) -> None:
        self._registry = registry
        self._room_for = room_for

    def messages(
        self, model_ref: str, options: Options, system_prompt: str, turns: Sequence[Speaker]
    ) -> list[Message]:
        """What a model is told. Slow where a document is long: use a thread."""
        info = self._registry.info(model_ref)
        most = (info.context_tokens if info else None) or options.context_tokens
        room = self._room_for(min(options.context_tokens, most), options.max_tokens)
        told = DocumentUnfolding().turns(turns, room, estimate_tokens(system_prompt))
        return [Message(turn.role, each.text, each.images) for turn, each in zip(turns, told, strict=True)]

    def refusal(self, model_ref: str, turns: Sequence[Speaker]) -> str:
        """Why this model cannot be asked, "" if it can."""
        has_pictures = any(each.data is not None for turn in turns for each in turn.attachments)
        return blindness(self._registry, model_ref) if has_pictures else ""
