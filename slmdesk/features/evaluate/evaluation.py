"""A pack with a setup: what was answered, what is still to be asked, and the asking itself."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean

from slmdesk.base.errors import BadInput
from slmdesk.base.events import Event
from slmdesk.base.words import say
from slmdesk.engines.base import Message
from slmdesk.engines.generation import FitCheck
from slmdesk.engines.registry import Registry
from slmdesk.features.evaluate.answer_sheet import AnswerSheet
from slmdesk.features.evaluate.asking import Fence
from slmdesk.features.evaluate.cell import Cell, CellKey
from slmdesk.features.evaluate.judge import Judged
from slmdesk.features.evaluate.model_scoring import ModelScoring
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.price import Pace, Price, price_of
from slmdesk.features.evaluate.request_book import Ask, Identity, RequestBook
from slmdesk.features.evaluate.run_watch import MemoryOf, RunWatch
from slmdesk.features.evaluate.runner import Runner
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.setup import Setup
from slmdesk.features.evaluate.unscored import unscored
from slmdesk.store.answers import Answers, StoredCorrection
from slmdesk.store.speeds import WritingSpeed


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Answers to single questions, over all models and seeds; `from_cache` of `done` were there before.

    `seconds_left` and `reused_share` (of all prompt tokens, those that were not computed again) are None
    while they are not known. `model_ref` and `document` are the last that were asked, "" before.
    """

    done: int = 0
    total: int = 0
    from_cache: int = 0
    seconds_left: float | None = None
    model_ref: str = ""
    document: str = ""
    reused_share: float | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an evaluation needs of the rest of the program.

    `fence` takes false ends out of a document, `count` estimates tokens, `speeds` tells how fast models
    wrote here, `memory_bytes` what a model takes with a context, `check_fit` refuses one that has no room.
    """

    fence: Fence
    count: Callable[[str], int]
    speeds: Callable[[], Awaitable[Mapping[str, WritingSpeed]]]
    memory_bytes: MemoryOf
    check_fit: FitCheck | None = None


class Evaluation:
    """`changed` tells of pack, setup or state as a whole, `cell_changed` of one cell."""

    def __init__(
        self,
        answers: Answers,
        registry: Registry,
        surroundings: Surroundings,
        pack: Pack,
        setup: Setup,
    ) -> None:
        self._store = answers
        self._registry = registry
        self._surroundings = surroundings
        self._using = asyncio.Lock()
        self._scoring = ModelScoring(
            answers, registry, surroundings.fence, self._identity, check_fit=surroundings.check_fit
        )
        self.changed: Event[None] = Event()
        self.cell_changed: Event[CellKey] = Event()
        self.is_running = False
        self._pack = pack
        self._setup = setup
        self._sheet: AnswerSheet | None = None
        self._cell_counts: dict[bytes, tuple[str, int]] = {}
        self._left: dict[str, int] = {}
        self._done = self._total = self._cached_cells = 0
        self._speeds: Mapping[str, WritingSpeed] = {}
        self._planned: Mapping[str, float | None] = {}
        self._watch: RunWatch | None = None
        self._runner: Runner | None = None

    @property
    def pack(self) -> Pack:
        return self._pack

    @property
    def setup(self) -> Setup:
        return self._setup

    @property
    def progress(self) -> RunProgress:
        """How far it is; what the run tells is kept after its end."""
        total = self._total
        watch = self._watch
        if watch is None:
            return RunProgress(self._done, total, self._cached_cells)
        return RunProgress(
            self._done,
            total,
            self._cached_cells,
            watch.seconds_left(self._left, self._planned) if self.is_running else None,
            watch.model_ref,
            watch.document,
            watch.reused_share,
        )

    @property
    def problems(self) -> Mapping[str, str]:
        """Why models were stopped in the last run, by their refs: offline, no memory, gone."""
        return dict(self._watch.problems) if self._watch else {}

    @property
    def failed_count(self) -> int:
        """Requests that failed; they are asked again by `run(with_failed=True)`."""
        return len(self._sheet.errors) if self._sheet else 0

    def cell(self, key: CellKey) -> Cell:
        """As it stands now: cheap, read and scored when it is first looked at, and remembered."""
        return self._sheet.cell(key) if self._sheet else Cell()

    def prompt(self, key: CellKey) -> tuple[Message, ...]:
        """What the model is told for this cell."""
        _, book = self._ready()
        return book.messages(key.document, book.group_of(key.question))

    async def use(self, pack: Pack, setup: Setup) -> None:
        """Another pack or setup. Stored answers are looked up off the loop; what is not affected stays.

        Also while it runs: the run goes on with what it began with.
        """
        async with self._using:
            identities = await self._identities(setup.model_refs)
            book = await asyncio.to_thread(self._new_book, pack, setup, identities)
            counts = await asyncio.to_thread(_cell_counts, book)
            sheet = self._sheet or AnswerSheet(book)
            missing = [key for key in counts if not sheet.has(key)]
            found = await self._store.find(missing)
            corrected = await self._store.corrections(list(found))
            sheet.add_stored(found, corrected)
            sheet.show(book)
            self._speeds = await self._surroundings.speeds()
            self._pack, self._setup, self._sheet, self._cell_counts = pack, setup, sheet, counts
            self._count_anew(sheet)
            sheet.add_scores(await self._scoring.known(await self._unscored(), self._context_tokens))
        self.changed.emit(None)

    async def forget(self) -> None:
        """Nothing that was answered stays in memory, once it is deleted in the store."""
        async with self._using:
            self._sheet, self._watch = None, None
            self._cell_counts, self._left = {}, {}
            self._done = self._total = self._cached_cells = 0
        self.changed.emit(None)

    def price(self) -> Price:
        """What is still to be asked, and what it costs; estimated. Empty before `use`."""
        if self._sheet is None:
            return Price((), self._setup.asking, "")
        refs = self._setup.model_refs
        infos = {ref: self._registry.info(ref) for ref in refs}
        sizes = {ref: info.size_bytes if info else None for ref, info in infos.items()}
        return price_of(
            self._sheet.book, self._sheet.has, self._paces(), self._surroundings.memory_bytes, sizes
        )

    async def run(self, *, with_failed: bool = False) -> None:
        """Ask what has no answer; a cancel is a pause, and what was answered is kept.

        Raises BadInput when it runs already or before `use`, and StoreError when answers cannot be kept.
        """
        if self.is_running:
            raise BadInput(say("The evaluation is running already."))
        sheet, book = self._ready()
        if with_failed:
            sheet.errors.clear()
        self._planned = {
            each.model_ref: each.seconds for each in (await asyncio.to_thread(self.price)).models
        }
        self._watch = watch = self._new_watch(sheet, book)
        due = partial(_due, book, sheet)
        self._runner = Runner(book, self._registry, self._store, watch, due, self._surroundings.check_fit)
        self.is_running = True
        self.changed.emit(None)
        try:
            with self._store.awaited():
                await self._runner.run()
                await self.score_by_models()
        finally:
            self.is_running, self._runner = False, None
            sheet.running.clear()
            self.changed.emit(None)

    def cancel_model(self, model_ref: str) -> None:
        """Ask this model no more in this run; the others go on."""
        if self._runner:
            self._runner.cancel_model(model_ref)

    async def read_all(self) -> None:
        """Read and score every cell in a thread, for who needs them all: then `cell` is a look-up."""
        await asyncio.to_thread(self._read_all)

    def _add_scores(self, scores: Mapping[CellKey, Score]) -> None:
        """Scores that a model gave, a judge or one for embeddings; they stand while the answers do."""
        if self._sheet:
            self._sheet.add_scores(scores)
            self._tell(scores)

    async def score_by_models(self) -> None:
        """Ask judges and embedding models for the scores that are missing; what was asked is not again.

        Belongs to the end of a run. Raises EngineError; what came until then is kept.
        """
        pack = self._pack
        scores = self._scoring.score(await self._unscored(), self._context_tokens)
        async with contextlib.aclosing(scores):
            async for some in scores:
                if self._pack is pack:  # else `use` finds in the store what belongs to the other one
                    self._add_scores(some)

    async def correct(self, key: CellKey, value: float, note: str = "") -> None:
        """A score from 0 to 1 by hand, which counts instead of the scorer's; raises StoreError."""
        if self._sheet and (answer_key := self._sheet.key(key)) is not None:
            await self._store.correct(StoredCorrection(answer_key, key.question, value, note))
            self._sheet.correct(key, Score(value, note))
            self.cell_changed.emit(key)

    async def uncorrect(self, key: CellKey) -> None:
        """The scorer's word counts again."""
        if self._sheet and (answer_key := self._sheet.key(key)) is not None:
            await self._store.uncorrect(answer_key, key.question)
            self._sheet.correct(key, None)
            self.cell_changed.emit(key)

    async def _unscored(self) -> Sequence[Judged]:
        """Reads the answers to questions that a model scores."""
        return await asyncio.to_thread(lambda: list(unscored(self)))

    @property
    def _context_tokens(self) -> int:
        return self._setup.options.context_tokens

    def _read_all(self) -> None:
        for model_ref in self._setup.model_refs:
            for document in self._pack.documents:
                for question in self._pack.questions:
                    self.cell(CellKey(model_ref, document.name, question.id))

    def _ready(self) -> tuple[AnswerSheet, RequestBook]:
        if self._sheet is None:
            raise BadInput(say("The evaluation has not been looked up yet."))
        return self._sheet, self._sheet.book

    def _new_watch(self, sheet: AnswerSheet, book: RequestBook) -> RunWatch:
        limits = {}
        for ref in book.setup.model_refs:
            info = self._registry.info(ref)
            limits[ref] = info.context_tokens if info else None
        memory_bytes = self._surroundings.memory_bytes
        return RunWatch(sheet, book, self.cell_changed, self._on_kept, memory_bytes, limits)

    def _on_kept(self, asks: Iterable[Ask]) -> None:
        """Counts what belongs to the pack of now: it may have been changed while it runs."""
        for ask in asks:
            if ask.key in self._cell_counts:
                self._done += len(ask.question_ids)
                self._left[ask.model_ref] -= len(ask.question_ids)

    def _count_anew(self, sheet: AnswerSheet) -> None:
        """Nothing can come in between here: it is one turn of the loop, 20 ms for 100,000 requests."""
        self._left = dict.fromkeys(self._setup.model_refs, 0)
        self._total = self._done = 0
        for key, (model_ref, count) in self._cell_counts.items():
            self._total += count
            if sheet.has(key):
                self._done += count
            else:
                self._left[model_ref] += count
        self._cached_cells = self._done

    def _paces(self) -> Mapping[str, Pace]:
        """Seconds a request where this evaluation has asked the model before, else its writing speed."""
        taken: dict[str, list[float]] = {}
        if self._sheet:
            for model_ref, timings in self._sheet.timings():
                if timings.total_s is not None:
                    taken.setdefault(model_ref, []).append(timings.total_s)
        paces = {ref: Pace(output_tokens_per_s=speed.tokens_per_s) for ref, speed in self._speeds.items()}
        return paces | {ref: Pace(fmean(seconds)) for ref, seconds in taken.items()}

    def _new_book(self, pack: Pack, setup: Setup, identities: Mapping[str, Identity]) -> RequestBook:
        around = self._surroundings
        return RequestBook(pack, setup, identities, fence=around.fence, count=around.count)

    async def _identities(self, model_refs: Iterable[str]) -> Mapping[str, Identity]:
        found = [await self._identity(model_ref) for model_ref in model_refs]
        return {identity.model_ref: identity for identity in found if identity}

    async def _identity(self, model_ref: str) -> Identity | None:
        """Of a model that cannot be asked now what it was when it last answered."""
        engine_id = model_ref.partition("/")[0]
        engine = next((each for each in self._registry.engines if each.id == engine_id), None)
        has_schema = engine is None or engine.capabilities.schema
        info = self._registry.info(model_ref)
        if info is not None:
            digest = info.digest or f"{info.name}, {info.size_bytes or 0} bytes"
            return Identity(model_ref, digest, has_schema)
        known = await self._store.last_digest(model_ref)
        return None if known is None else Identity(model_ref, known, has_schema)

    def _tell(self, cells: Iterable[CellKey]) -> None:
        for cell in cells:
            self.cell_changed.emit(cell)


def _cell_counts(book: RequestBook) -> dict[bytes, tuple[str, int]]:
    """The model of each request and how many cells it answers, by its key."""
    return {
        ask.key: (model_ref, len(ask.question_ids))
        for model_ref in book.setup.model_refs
        for seed in book.setup.seeds
        for asks in book.asks(model_ref, seed)
        for ask in asks
    }


def _due(book: RequestBook, sheet: AnswerSheet, model_ref: str) -> Sequence[tuple[Ask, ...]]:
    """What has no answer and has not failed, by documents; a seed comes after the one before is whole."""
    batches = []
    for seed in book.setup.seeds:
        for asks in book.asks(model_ref, seed):
            due = tuple(ask for ask in asks if not sheet.has(ask.key) and ask.key not in sheet.errors)
            if due:
                batches.append(due)
    return batches
