"""A pack with a setup: what was answered, what is still to be asked, and the asking itself."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from slmdesk.base.events import Event
from slmdesk.engines.base import Message
from slmdesk.engines.registry import Registry
from slmdesk.features.evaluate.answer_sheet import AnswerSheet
from slmdesk.features.evaluate.asking import Fence
from slmdesk.features.evaluate.cell import Cell, CellKey
from slmdesk.features.evaluate.judge import Judged
from slmdesk.features.evaluate.model_scoring import ModelScoring
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.request_book import Identity, RequestBook
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.setup import Setup
from slmdesk.features.evaluate.unscored import unscored
from slmdesk.store.answers import Answers, StoredCorrection


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

    `fence` takes false ends out of a document, `count` estimates tokens.
    """

    fence: Fence
    count: Callable[[str], int]


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
        self._scoring = ModelScoring(answers, registry, surroundings.fence, self._identity)
        self.changed: Event[None] = Event()
        self.cell_changed: Event[CellKey] = Event()
        self.is_running = False
        self._pack = pack
        self._setup = setup
        self._sheet: AnswerSheet | None = None
        self._cell_counts: dict[bytes, int] = {}
        self._cached_cells = 0

    @property
    def pack(self) -> Pack:
        return self._pack

    @property
    def setup(self) -> Setup:
        return self._setup

    @property
    def progress(self) -> RunProgress:
        sheet = self._sheet
        if sheet is None:
            return RunProgress()
        done = sum(count for key, count in self._cell_counts.items() if sheet.has(key))
        return RunProgress(done, sum(self._cell_counts.values()), self._cached_cells)

    def cell(self, key: CellKey) -> Cell:
        """As it stands now: cheap, read and scored when it is first looked at, and remembered."""
        return self._sheet.cell(key) if self._sheet else Cell()

    def prompt(self, key: CellKey) -> tuple[Message, ...]:
        """What the model is told for this cell."""
        book = self._book()
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
            self._pack, self._setup, self._sheet, self._cell_counts = pack, setup, sheet, counts
            self._cached_cells = sum(count for key, count in counts.items() if sheet.has(key))
            sheet.add_scores(await self._scoring.known(await self._unscored(), self._context_tokens))
        self.changed.emit(None)

    async def read_all(self) -> None:
        """Read and score every cell in a thread, for who needs them all: then `cell` is a look-up."""
        await asyncio.to_thread(self._read_all)

    def add_scores(self, scores: Mapping[CellKey, Score]) -> None:
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
                    self.add_scores(some)

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

    def _book(self) -> RequestBook:
        if self._sheet is None:
            raise LookupError("use() comes first")
        return self._sheet.book

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


def _cell_counts(book: RequestBook) -> dict[bytes, int]:
    """How many cells each request answers, by its key."""
    return {
        ask.key: len(ask.question_ids)
        for model_ref in book.setup.model_refs
        for seed in book.setup.seeds
        for asks in book.asks(model_ref, seed)
        for ask in asks
    }
