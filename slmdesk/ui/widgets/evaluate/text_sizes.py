"""How long the documents of a pack are: words and tokens, counted off the main thread and remembered."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from slmdesk.base.jobs import JobRunner, StoppedError, stoppable
from slmdesk.base.words import counted, say
from slmdesk.features.documents.tokens import estimate_tokens

JOB = "evaluate:count"


@dataclass(frozen=True, slots=True)
class TextSize:
    words: int
    tokens: int

    @property
    def said(self) -> str:
        """ "312 words · ~ 410 tokens"."""
        words = counted(self.words, "{count:,} word", "{count:,} words")
        return f"{words} · {say('~{tokens:,} tokens', tokens=self.tokens)}"


class TextSizes:
    """`told` is called when sizes that were asked for are there."""

    def __init__(self, jobs: JobRunner, told: Callable[[], object], job: str = JOB) -> None:
        self._jobs = jobs
        self._job = job
        self._told = told
        self._known: dict[str, TextSize] = {}
        self._wanted: list[str] = []

    def of(self, text: str) -> TextSize | None:
        """None until it was counted."""
        return self._known.get(text)

    def want(self, texts: Iterable[str]) -> None:
        """Count these, and forget all others."""
        texts = list(texts)
        self._known = {text: self._known[text] for text in texts if text in self._known}
        self._wanted = [text for text in texts if text not in self._known]
        if self._wanted and not self._jobs.is_running(self._job):
            self._jobs.start(self._job, self._count)

    async def _count(self) -> None:
        while self._wanted:
            wanted, self._wanted = self._wanted, []
            self._known |= await stoppable(partial(_sizes, wanted))
            self._told()


def _sizes(texts: Iterable[str], is_stopped: Callable[[], bool]) -> dict[str, TextSize]:
    sizes = {}
    for text in texts:
        if is_stopped():
            raise StoppedError
        sizes[text] = TextSize(len(text.split()), estimate_tokens(text))
    return sizes
