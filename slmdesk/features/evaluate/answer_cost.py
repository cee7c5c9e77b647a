"""What an answer of a model costs: seconds, tokens and memory."""

from collections.abc import Iterator
from dataclasses import dataclass

from slmdesk.base.memory import size_words
from slmdesk.base.words import joined, number, say


@dataclass(frozen=True, slots=True)
class AnswerCost:
    """On average over the answers; None where it is not known. `tokens` are those of prompt and answer."""

    seconds: float | None = None
    tokens: float | None = None
    memory_bytes: int | None = None

    @property
    def words(self) -> str:
        """ "2.1 s, 350 tokens and 1.4 GB of memory"; an empty text where nothing is known."""
        return joined(list(self._parts()))

    def _parts(self) -> Iterator[str]:
        if self.seconds is not None:
            yield say("{seconds} s", seconds=number(self.seconds, ".1f" if self.seconds < 10 else ",.0f"))
        if self.tokens is not None:
            yield say("{tokens:,.0f} tokens", tokens=self.tokens)
        if self.memory_bytes is not None:
            yield say("{memory} of memory", memory=size_words(self.memory_bytes))
