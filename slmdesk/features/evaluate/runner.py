"""Asks what has no answer yet: model after model on each machine, several machines at once."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeAlias

from slmdesk.base.errors import (
    ContextOverflow,
    EngineBusy,
    EngineError,
    EngineOffline,
    Interrupted,
    LoadFailed,
    ModelMissing,
    NotAuthorised,
    OutOfMemory,
    StoreError,
)
from slmdesk.base.jobs import uninterrupted
from slmdesk.base.words import say
from slmdesk.engines.answer import STALL_AFTER_S, Answer, NoSink
from slmdesk.engines.base import Chunk, Delta, Phase, Progress
from slmdesk.engines.generation import FitCheck
from slmdesk.engines.plain import timings_to_plain
from slmdesk.engines.registry import Registry
from slmdesk.features.evaluate.request_book import Ask, RequestBook
from slmdesk.features.evaluate.schedule import Host, Window, WorkQueue, hosts_of
from slmdesk.store.answers import Answers, StoredAnswer

_WRITE_EVERY_S = 0.25
_BUSY_PAUSES_S = (1, 2, 4, 8, 16, 30, 60, 60, 60, 60)  # of a server that does not say when to come back
_DOCUMENTS_A_SLOT = 8  # each slot reads for itself what all documents begin with
_OFFLINE_PAUSE_S = 1.0
_OFFLINE_TRIES = 3
# With these a model cannot be asked at all, whatever about: what it was not asked waits for better times.
_OF_THE_MODEL = (EngineOffline, EngineBusy, LoadFailed, ModelMissing, NotAuthorised, OutOfMemory)

DueAsks: TypeAlias = Callable[[str], Sequence[tuple[Ask, ...]]]


class Listener(Protocol):
    """Hears what becomes of the requests."""

    def on_begun(self, ask: Ask) -> None: ...
    def on_put_back(self, ask: Ask) -> None: ...
    def on_failed(self, ask: Ask, error: str) -> None: ...
    def on_kept(self, answers: Sequence[tuple[Ask, StoredAnswer]]) -> None: ...
    def on_model_stopped(self, model_ref: str, why: str) -> None: ...
    def too_long(self, ask: Ask) -> ContextOverflow | None: ...
    def overflow_words(self, ask: Ask, error: ContextOverflow) -> str: ...


class _ModelStopped(Exception):
    """This host can ask this model no more; for the turn alone."""

    def __init__(self, error: EngineError) -> None:
        self.error = error


class Runner:
    """One run. `due` gives the requests to a model that have no answer, by documents; it is called in a
    thread when the model's turn comes.
    """

    def __init__(
        self,
        book: RequestBook,
        registry: Registry,
        answers: Answers,
        listener: Listener,
        due: DueAsks,
        check_fit: FitCheck | None,
    ) -> None:
        self._book = book
        self._registry = registry
        self._listener = listener
        self._due = due
        self._check_fit = check_fit
        self._keeper = _Keeper(answers, listener)
        self._queues: dict[str, WorkQueue] = {}
        self._turns: defaultdict[str, list[asyncio.Task[None]]] = defaultdict(list)

    async def run(self) -> None:
        """To the end; a cancel keeps what was answered. Raises StoreError when answers cannot be kept."""
        try:
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(self._keeper.run())
                async with asyncio.TaskGroup() as place_group:
                    for turns in self._places().values():
                        place_group.create_task(self._serve_place(turns))
                keeping.cancel()
        except* StoreError as problems:
            raise _first(problems) from None
        finally:
            await uninterrupted(self._keeper.flush)

    def cancel_model(self, model_ref: str) -> None:
        """Ask it no more; its answers that run are stopped, other models go on."""
        self._queues.setdefault(model_ref, WorkQueue(())).stop()
        for turn in self._turns[model_ref]:
            turn.cancel()

    def _places(self) -> Mapping[str, Sequence[tuple[str, Host]]]:
        places: defaultdict[str, list[tuple[str, Host]]] = defaultdict(list)
        for model_ref in self._book.setup.model_refs:
            try:
                hosts = hosts_of(model_ref, self._book.setup, self._registry)
            except ModelMissing as error:
                self._listener.on_model_stopped(model_ref, error.sentence())
                continue
            for host in hosts:
                places[host.place].append((model_ref, host))
        return places

    async def _serve_place(self, turns: Sequence[tuple[str, Host]]) -> None:
        """One model after the other."""
        async with asyncio.TaskGroup() as group:
            for model_ref, host in turns:
                queue = await self._queue(model_ref)
                if queue.is_done:
                    continue
                turn = group.create_task(self._take_turn(model_ref, host, queue))
                self._turns[model_ref].append(turn)
                await asyncio.wait((turn,))
                if host.engine.capabilities.unload:
                    with contextlib.suppress(EngineError):  # then the next load says what is missing
                        await host.engine.unload(host.name)

    async def _queue(self, model_ref: str) -> WorkQueue:
        """Shared by all hosts of the model."""
        known = self._queues.get(model_ref)
        if known is None:
            due = await asyncio.to_thread(self._due, model_ref)
            known = self._queues.setdefault(model_ref, WorkQueue(due))
        return known

    async def _take_turn(self, model_ref: str, host: Host, queue: WorkQueue) -> None:
        try:
            if self._check_fit and (problem := await self._check_fit(model_ref, self._book.setup.options)):
                raise _ModelStopped(problem)
            await _Turn(self._book, self._listener, self._keeper, host, queue).run()
        except _ModelStopped as stopped:
            self._listener.on_model_stopped(model_ref, stopped.error.sentence())


class _Turn:
    """One model on one host, from its first request to its last."""

    def __init__(
        self, book: RequestBook, listener: Listener, keeper: "_Keeper", host: Host, queue: WorkQueue
    ) -> None:
        self._book = book
        self._listener = listener
        self._keeper = keeper
        self._host = host
        self._queue = queue
        self._window: Window = host.new_window()
        self._closed_until = 0.0
        self._busy_count = self._offline_count = 0
        self._has_learnt = host.takes_many
        self._queued: set[bytes] = set()
        self._refused: dict[bytes, int] = {}
        self._problem: EngineError | None = None

    async def run(self) -> None:
        """Raises _ModelStopped with what keeps this host from going on."""
        with self._queue.watched() as moved:
            async with asyncio.TaskGroup() as group:
                while not (self._queue.is_done or self._problem):
                    moved.clear()
                    if asks := self._next():
                        self._window.running += 1
                        group.create_task(self._serve(asks))
                    else:
                        await self._wait(moved)
        if self._problem:
            raise _ModelStopped(self._problem)

    def _next(self) -> tuple[Ask, ...]:
        is_closed = asyncio.get_running_loop().time() < self._closed_until
        return () if is_closed or not self._window.has_room else self._queue.take()

    async def _wait(self, moved: asyncio.Event) -> None:
        """Until something changes, or the host wants to be asked again."""
        loop = asyncio.get_running_loop()
        opens_at = self._closed_until if self._closed_until > loop.time() else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(opens_at):
                await moved.wait()

    async def _serve(self, asks: tuple[Ask, ...]) -> None:
        """The requests about one document, one after the other: so the engine reads it once.

        A host that takes many is given the first alone; once it knows the document the rest may come all
        at once.
        """
        left = list(asks)
        try:
            while left and not self._problem and not self._queue.is_stopped:
                if not await self._settle(left) or self._host.takes_many:
                    break
                await self._learn_slots()
        finally:
            self._window.running -= 1
            self._refused.pop(asks[0].key, None)
            several = self._host.takes_many and len(left) < len(asks)
            rest = [(ask,) for ask in left] if several else [tuple(left)] if left else []
            self._queue.finish(rest)

    async def _learn_slots(self) -> None:
        """Once the model is loaded: how many documents it can have before it at once."""
        if self._has_learnt:
            return
        self._has_learnt = True
        with contextlib.suppress(EngineError):
            loaded = await self._host.engine.loaded()
            slots = next((each.slots for each in loaded if each.name == self._host.name), None)
            self._window.open_to(min(slots or 1, self._queue.document_count // _DOCUMENTS_A_SLOT))
            self._queue.stir()

    async def _settle(self, left: list[Ask]) -> bool:
        """Deal with the first of `left`, and take it away; False if it has to be asked again."""
        ask = left[0]
        if too_long := self._listener.too_long(ask):
            self._fail_document(left, too_long)
            return True
        answer = await self._ask(ask)
        error = answer.error
        if error is None:
            self._take_answer(ask, answer)
        elif isinstance(error, ContextOverflow):
            self._fail_document(left, error)
            return True
        elif isinstance(error, _OF_THE_MODEL):
            self._listener.on_put_back(ask)
            await self._bear(error)
            return False
        else:
            self._listener.on_failed(ask, error.sentence())
        del left[0]
        return True

    async def _ask(self, ask: Ask) -> Answer:
        """Known errors end up in the answer. One that falls silent in the middle is given up."""
        request = replace(self._book.request(ask), model=self._host.name)
        answer = Answer()
        self._listener.on_begun(ask)
        try:
            async with asyncio.timeout(None) as patience:
                answer.changed.subscribe(lambda chunk: self._watch(ask, chunk, patience))
                await answer.receive(self._host.engine, request, NoSink())
        except TimeoutError:
            answer.error = self._given_up(ask)
        except asyncio.CancelledError:
            self._listener.on_put_back(ask)
            raise
        return answer

    def _given_up(self, ask: Ask) -> EngineError:
        """Why we ended a request ourselves."""
        if seconds := self._refused.get(ask.key):
            busy = EngineBusy(say("The server takes no more requests now."))
            busy.retry_after_s = seconds
            return busy
        return Interrupted(
            say("Nothing came for {seconds:.0f} s in the middle of the answer.", seconds=STALL_AFTER_S)
        )

    def _watch(self, ask: Ask, chunk: Chunk | None, patience: asyncio.Timeout) -> None:
        """What waits for the host, in its queue or because it was refused, is more than it serves at once."""
        match chunk:
            case Delta():
                patience.reschedule(asyncio.get_running_loop().time() + STALL_AFTER_S)
            case Progress(phase=Phase.WAITING, retry_in_s=int(seconds)):
                # Not each for itself, and all again at once: they go back, and fewer are sent.
                self._refused[ask.key] = seconds
                patience.reschedule(0)
                self._window.limit(self._window.running - len(self._queued) - len(self._refused))
            case Progress(phase=Phase.WAITING, done=int()):
                self._queued.add(ask.key)
                self._window.limit(self._window.running - len(self._queued))
            case _:
                self._queued.discard(ask.key)

    def _take_answer(self, ask: Ask, answer: Answer) -> None:
        self._busy_count = self._offline_count = 0
        digest = self._book.identities[ask.model_ref].digest
        timings = {
            name: value for name, value in timings_to_plain(answer.timings).items() if value is not None
        }
        reason = answer.stop_reason.value if answer.stop_reason else ""
        self._keeper.add(ask, StoredAnswer(ask.key, ask.model_ref, digest, answer.text, reason, timings))
        self._window.grow()
        self._queue.stir()

    def _fail_document(self, left: list[Ask], error: ContextOverflow) -> None:
        """What is too long for one question is too long for the next, too."""
        for ask in left:
            self._listener.on_failed(ask, self._listener.overflow_words(ask, error))
        left.clear()

    async def _bear(self, error: EngineError) -> None:
        """Wait, where that may help; otherwise the model is stopped on this host."""
        if isinstance(error, EngineBusy) and self._busy_count < len(_BUSY_PAUSES_S):
            if asyncio.get_running_loop().time() >= self._closed_until:  # the first of many that are refused
                if not self._refused:
                    self._window.shrink()
                self._close_for(error.retry_after_s or _BUSY_PAUSES_S[self._busy_count])
                self._busy_count += 1
        elif (
            isinstance(error, EngineOffline)
            and self._offline_count < _OFFLINE_TRIES
            and await self._is_there()
        ):
            self._offline_count += 1
        else:
            self._problem = self._problem or error

    async def _is_there(self) -> bool:
        """A server that is up again, or refused one connection of many, is no reason to stop."""
        await asyncio.sleep(_OFFLINE_PAUSE_S)
        try:
            await self._host.engine.models()
        except EngineError:
            return False
        return True

    def _close_for(self, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        self._closed_until = max(self._closed_until, until)


class _Keeper:
    """Writes answers in small batches, the first at once: a kill loses none that is older than a moment."""

    def __init__(self, answers: Answers, listener: Listener) -> None:
        self._answers = answers
        self._listener = listener
        self._unkept: list[tuple[Ask, StoredAnswer]] = []
        self._has_some = asyncio.Event()
        self._writing = asyncio.Lock()

    def add(self, ask: Ask, answer: StoredAnswer) -> None:
        self._unkept.append((ask, answer))
        self._has_some.set()

    async def run(self) -> None:
        """Until it is cancelled; raises StoreError."""
        while True:
            await self._has_some.wait()
            await uninterrupted(self.flush)
            await asyncio.sleep(_WRITE_EVERY_S)

    async def flush(self) -> None:
        """Write what is there now; what cannot be written is not told as kept."""
        async with self._writing:
            batch, self._unkept = self._unkept, []
            self._has_some.clear()
            if batch:
                await self._answers.add([answer for _, answer in batch])
                self._listener.on_kept(batch)


def _first(problems: BaseExceptionGroup[StoreError]) -> StoreError:
    for problem in problems.exceptions:
        return _first(problem) if isinstance(problem, BaseExceptionGroup) else problem
    raise ValueError("an empty group")
