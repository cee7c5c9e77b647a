"""Follows a run: puts what comes into the sheet, tells the cells, and reckons how long it still takes."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from slmdesk.base.errors import ContextOverflow
from slmdesk.base.events import Event
from slmdesk.base.memory import gigabytes
from slmdesk.base.words import say
from slmdesk.engines.plain import timings_from_plain
from slmdesk.features.evaluate.answer_sheet import AnswerSheet
from slmdesk.features.evaluate.cell import CellKey
from slmdesk.features.evaluate.request_book import Ask, RequestBook
from slmdesk.store.answers import StoredAnswer

MemoryOf = Callable[[str, int], int | None]
"""What a model takes with a context of so many tokens, in bytes; None where it is not known."""

_SURELY_TOO_LONG = 2  # times the context, as estimated: the engine need not count that
_CONTEXT_STEP = 1024


class RunWatch:
    """The listener of one run. `seconds` estimates for each model what it takes, None where unknown."""

    def __init__(
        self,
        sheet: AnswerSheet,
        book: RequestBook,
        cell_changed: Event[CellKey],
        on_count: Callable[[Sequence[Ask]], None],
        memory_bytes: MemoryOf,
        limits: Mapping[str, int | None],
    ) -> None:
        self._sheet = sheet
        self._book = book
        self._cell_changed = cell_changed
        self._on_count = on_count
        self._memory_bytes = memory_bytes
        self._limits = limits
        self._began_at: dict[str, float] = {}
        self._seconds_each: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self._prompt_tokens = self._cached_tokens = 0
        self.model_ref = self.document = ""
        self.problems: dict[str, str] = {}

    @property
    def reused_share(self) -> float | None:
        """Of the prompt tokens of this run; None where no engine told."""
        return self._cached_tokens / self._prompt_tokens if self._prompt_tokens else None

    def seconds_left(self, left: Mapping[str, int], planned: Mapping[str, float | None]) -> float | None:
        """`left` cells of each model at the pace of this run, else as `planned`; None where unknown."""
        parts = []
        for model_ref, count in left.items():
            each = self._seconds_each.get(model_ref)
            parts.append(count * each if each is not None else planned.get(model_ref) if count else 0.0)
        known = [part for part in parts if part is not None]
        return sum(known) if len(known) == len(parts) else None

    def on_begun(self, ask: Ask) -> None:
        self._began_at.setdefault(ask.model_ref, time.monotonic())
        self.model_ref, self.document = ask.model_ref, ask.document
        self._sheet.running.add(ask.key)
        self._tell(ask.cells)

    def on_put_back(self, ask: Ask) -> None:
        self._sheet.running.discard(ask.key)
        self._tell(ask.cells)

    def on_failed(self, ask: Ask, error: str) -> None:
        self._sheet.running.discard(ask.key)
        self._sheet.errors[ask.key] = error
        self._tell(ask.cells)

    def on_kept(self, answers: Sequence[tuple[Ask, StoredAnswer]]) -> None:
        for ask, answer in answers:
            self._sheet.running.discard(ask.key)
            self._sheet.add(answer, ask.cells)
            self._measure(ask, answer)
        self._on_count([ask for ask, _ in answers])
        for ask, _ in answers:
            self._tell(ask.cells)

    def on_model_stopped(self, model_ref: str, why: str) -> None:
        self.problems[model_ref] = why

    def too_long(self, ask: Ask) -> ContextOverflow | None:
        """A document that no engine need be asked about; what may fit is counted by the engine itself."""
        context_tokens = self._book.setup.options.context_tokens
        tokens = self._book.prompt_tokens(ask.document, ask.question_ids)
        if tokens <= _SURELY_TOO_LONG * context_tokens:
            return None
        return ContextOverflow("", prompt_tokens=tokens, context_tokens=context_tokens)

    def overflow_words(self, ask: Ask, error: ContextOverflow) -> str:
        """What is too long, and what a context that holds it would cost."""
        estimated = self._book.prompt_tokens(ask.document, ask.question_ids)
        tokens = error.prompt_tokens or estimated
        context = error.context_tokens or self._book.setup.options.context_tokens
        fact = say(
            "The document makes a request of about {tokens:,} tokens, and the context holds {context:,}.",
            tokens=tokens,
            context=context,
        )
        answer_tokens = self._book.request(ask).options.max_tokens or 0
        needed = -(-(tokens + answer_tokens) // _CONTEXT_STEP) * _CONTEXT_STEP
        return f"{fact} {self._way_out(ask.model_ref, max(needed, context + _CONTEXT_STEP))}"

    def _way_out(self, model_ref: str, needed: int) -> str:
        limit = self._limits.get(model_ref)
        if limit is not None and needed > limit:
            return say(
                "This model holds at most {limit:,}: shorten the document, or choose another model.",
                limit=limit,
            )
        memory_bytes = self._memory_bytes(model_ref, needed)
        if memory_bytes is None:
            return say("Raise the context to {needed:,} tokens, or shorten the document.", needed=needed)
        return say(
            "Raise the context to {needed:,} tokens (the model then takes about {memory} GB), or shorten the "
            "document.",
            needed=needed,
            memory=gigabytes(memory_bytes),
        )

    def _measure(self, ask: Ask, answer: StoredAnswer) -> None:
        timings = timings_from_plain(answer.timings)
        if timings.prompt_tokens is not None and timings.prompt_tokens_cached is not None:
            self._prompt_tokens += timings.prompt_tokens
            self._cached_tokens += timings.prompt_tokens_cached
        count = self._counts[ask.model_ref] = self._counts.get(ask.model_ref, 0) + len(ask.question_ids)
        elapsed_s = time.monotonic() - self._began_at[ask.model_ref]
        self._seconds_each[ask.model_ref] = elapsed_s / count

    def _tell(self, cells: Iterable[CellKey]) -> None:
        for cell in cells:
            self._cell_changed.emit(cell)
