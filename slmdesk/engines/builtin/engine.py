"""The built-in engine: llama.cpp in child processes, with the starter model and the user's GGUF files."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpcore
import httpx

from slmdesk.base.errors import (
    BadReply,
    EngineError,
    EngineOffline,
    Interrupted,
    LoadFailed,
    ModelMissing,
    RequestRefused,
)
from slmdesk.base.words import later, say
from slmdesk.engines.base import (
    Capabilities,
    Chunk,
    Delta,
    Done,
    LoadedModel,
    ModelInfo,
    Phase,
    Progress,
    Request,
    Vector,
)
from slmdesk.engines.builtin import dialogue
from slmdesk.engines.builtin.custom_models import custom_models_in
from slmdesk.engines.builtin.model_files import ModelFile, ModelShelf
from slmdesk.engines.builtin.model_pool import Berth, Lease, ModelPool
from slmdesk.engines.builtin.orphans import ChildRecords
from slmdesk.engines.builtin.supervisor import ChildProcess
from slmdesk.engines.wire.chat_body import chat_body
from slmdesk.engines.wire.chat_stream import chat_chunks
from slmdesk.engines.wire.frames import parse_object
from slmdesk.engines.wire.transport import (
    CONNECT_TIMEOUT_S,
    SHORT_TIMEOUT_S,
    error_table,
    mapped,
    refuse_status,
    response_bytes,
)
from slmdesk.engines.wire.values import count, items, mapping, vectors, whole_characters

STOP_DEADLINE_S = 10.0
_EMBEDDING_TOKENS = 2048  # of one text; the whole of it is one batch, whose memory grows with it
_TEXTS_AT_ONCE = 64
_ASK_IDLE_EVERY_S = 0.1
_EXIT_SHOWS_WITHIN_S = 1.0
_WHERE = later("The engine process")
_TABLE = error_table(httpx, httpcore)
_SHORT = httpx.Timeout(SHORT_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
_PATIENT = httpx.Timeout(None, connect=CONNECT_TIMEOUT_S)
# llama.cpp closes idle connections whenever it likes; a request sent just then would fail, and must
# not be repeated. A new connection to this machine costs 0.1 ms.
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=0)
_log = logging.getLogger(__name__)


class BuiltinEngine:
    """Models run in children that other programs cannot reach: own port, own key, this machine alone.

    Make it in a worker thread (importing its parts takes a while); use it on one loop.
    `free_bytes` tells how much memory is free, None if that cannot be known. `keep_s` tells for how many
    seconds a model of this name stays when it is idle, None for `idle_unload_s`.
    """

    id = "builtin"
    address = ""
    is_local = True
    capabilities = Capabilities(
        embed=True, tokenize=True, schema=True, logprobs=True, thinking=True, unload=True, prefill=True
    )

    def __init__(
        self,
        models_dir: Path,
        model_files: Sequence[Path],
        *,
        threads: int,
        idle_unload_s: float,
        free_bytes: Callable[[], int | None],
        keep_s: Callable[[str], float | None] = lambda _name: None,
    ) -> None:
        self.label = say("Built-in engine")
        self._shelf = ModelShelf(models_dir, model_files)
        self.custom_models = custom_models_in(models_dir)
        self._records = ChildRecords(models_dir / ".running")

        def idle_s(name: str) -> float:
            chosen_s = keep_s(name)
            return idle_unload_s if chosen_s is None else chosen_s

        self._pool = ModelPool(self._records, threads=threads, idle_s=idle_s, free_bytes=free_bytes)
        self._known: dict[str, ModelFile] = {}
        self._is_swept = False
        self._stops = itertools.count(1)
        no_tls: Any = None  # what httpx does not document: no TLS context is made at all
        self._client = httpx.AsyncClient(trust_env=False, verify=no_tls, timeout=_PATIENT, limits=_LIMITS)

    def offer(self, model_files: Sequence[Path]) -> None:
        """The user's files from now on, where they lie; answers that run are not disturbed."""
        self._shelf.offer(model_files)

    async def models(self) -> list[ModelInfo]:
        """The starter first, then the user's files; one that cannot be used says why in `problem`."""
        files = await asyncio.to_thread(self._look)
        self._known = {model.name: model for model in files}
        return [model.info(self.id) for model in files]

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """Generate; the model is loaded first if it is not in memory. Closing ends the generation."""
        yield Progress(Phase.WAITING)
        model = await self._model(request.model)
        if model.base and (custom := await asyncio.to_thread(self.custom_models.get, model.name)):
            request = custom.dressed(request)
        body = _body(request, model)
        context_tokens = _usable_context(request, model)
        async with contextlib.AsyncExitStack() as stack:
            lease = await stack.enter_async_context(
                self._pool.use(model, context_tokens, is_oversized_allowed=request.is_oversized_allowed)
            )
            if not lease.child.is_ready:
                percents = await stack.enter_async_context(contextlib.aclosing(self._loading(lease.child)))
                async for progress in percents:
                    yield progress
            place = await stack.enter_async_context(lease.child.turns.place())
            waiting = await stack.enter_async_context(contextlib.aclosing(place.waiting()))
            async for progress in waiting:
                yield progress
            chunks = await stack.enter_async_context(contextlib.aclosing(self._answer(lease, body)))
            async for chunk in chunks:
                yield chunk

    async def embed(self, model: str, texts: Sequence[str]) -> list[Vector]:
        """Vectors from a child of its own: by the file's pooling, or the mean over a writing model's tokens.

        A text longer than 2,048 tokens, or than the model was trained for, is a ContextOverflow.
        """
        if not texts:
            return []
        file = await self._model(model)
        context_tokens = min(_EMBEDDING_TOKENS, _trained_context(file) or _EMBEDDING_TOKENS)
        async with self._pool.use(file, context_tokens, is_embedding=True) as lease:
            child = lease.child
            if not child.is_ready:
                async with contextlib.aclosing(self._loading(child)) as percents:
                    async for _ in percents:
                        pass
            async with _crash_is_named(child), child.turns.place() as place:
                await place.come()
                return await self._vectors(child, [whole_characters(text) for text in texts])

    async def count_tokens(self, model: str, text: str) -> int | None:
        """By the vocabulary of a model in memory; llama.cpp answers beside a running generation."""
        if (child := self._pool.answering(self.in_memory(model))) is None:
            return None
        async with _crash_is_named(child):
            reply = await self._post(child, "/tokenize", {"content": whole_characters(text)}, _SHORT)
        return len(items(reply.get("tokens")))

    async def loaded(self) -> list[LoadedModel]:
        """The models in memory, with the weights and the KV caches of all their slots."""
        found: dict[str, LoadedModel] = {}
        for name, berth, child in self._pool.occupied():
            if child.is_ready:
                found[name] = _together(found.get(name), _loaded(self.id, name, berth, child))
        return list(found.values())

    async def unload(self, model: str) -> None:
        """Free the memory of a model; running answers are waited for, in the background."""
        await self._pool.unload(self.in_memory(model))

    async def renew(self, model: str) -> None:
        """The clock of an idle model begins anew with the time that was chosen."""
        self._pool.renew(self.in_memory(model))

    async def aclose(self) -> None:
        """End all children; running answers end as interrupted."""
        await self._pool.aclose()
        await self._client.aclose()

    def _look(self) -> list[ModelFile]:
        if not self._is_swept:
            self._is_swept = True
            if ended := self._records.sweep():
                _log.info("ended %d engine processes of an earlier run", len(ended))
        files = self._shelf.files()
        return [*files, *self.custom_models.files(files)]

    def in_memory(self, name: str) -> str:
        """Under which name a model is in memory: that of its base, where the file is the same."""
        known = self._known.get(name)
        return known.runs_as if known else name

    async def model_file(self, name: str) -> ModelFile:
        """The file of a model that can be used; raises ModelMissing."""
        return await self._model(name)

    async def _model(self, name: str) -> ModelFile:
        model = self._known.get(name)
        if model is None or model.problem:
            await self.models()  # the file may have come, or been put back, since the last look
            model = self._known.get(name)
        if model is None:
            raise ModelMissing(say("The built-in engine has no model “{name}”.", name=name))
        if model.problem:
            raise ModelMissing(
                say("{name} cannot be used: {problem}.", name=name, problem=model.problem),
                next_step=say("Put a whole file in its place, or choose another model."),
            )
        return model

    async def _loading(self, child: ChildProcess) -> AsyncGenerator[Progress, None]:
        """Until the child serves: per cent as they are measured, and a look whether it is really ours."""
        async with contextlib.aclosing(child.loading()) as percents:
            async for percent in percents:
                yield Progress(Phase.LOADING, percent, None if percent is None else 100)
        async with _crash_is_named(child):
            await self._check(child)
        yield Progress(Phase.WAITING)

    async def _check(self, child: ChildProcess) -> None:
        props = await self._fetch(child, "/props")
        if props.get("model_path") != str(child.load.model.path):
            await child.end()  # or the next answer would be asked of it
            raise LoadFailed(say("Something else answers at the address of the engine process."))
        child.is_verified = True

    async def _answer(self, lease: Lease, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        child, is_whole = lease.child, False
        try:
            async with _crash_is_named(child), contextlib.aclosing(self._chunks(child, body)) as chunks:
                load_s = child.load_s if lease.is_first else None
                async for chunk in chunks:
                    is_whole = is_whole or isinstance(chunk, Done)
                    yield chunk if load_s is None else _with_load(chunk, load_s)
        finally:
            if not is_whole and not child.has_ended and not child.is_ending:
                self._pool.jobs.start(f"stop {next(self._stops)}", lambda: self._see_idle(lease))

    async def _chunks(self, child: ChildProcess, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        stream = self._client.stream(
            "POST", f"{child.address}/v1/chat/completions", json=body, headers=_key(child)
        )
        async with contextlib.AsyncExitStack() as stack:
            with mapped(_TABLE, say(_WHERE)):
                response = await stack.enter_async_context(stream)
            await refuse_status(response, _TABLE, say(_WHERE))
            data = await stack.enter_async_context(
                contextlib.aclosing(response_bytes(response, _TABLE, say(_WHERE)))
            )
            chunks = await stack.enter_async_context(contextlib.aclosing(chat_chunks(data)))
            async for chunk in chunks:
                yield chunk

    async def _vectors(self, child: ChildProcess, texts: Sequence[str]) -> list[Vector]:
        entries: list[Any] = []
        for first in range(0, len(texts), _TEXTS_AT_ONCE):
            some = list(texts[first : first + _TEXTS_AT_ONCE])
            reply = await self._post(child, "/v1/embeddings", {"input": some}, _PATIENT)
            entries += sorted(items(reply.get("data")), key=lambda entry: count(entry.get("index")) or 0)
        return vectors([mapping(entry).get("embedding") for entry in entries], len(texts))

    async def _post(
        self, child: ChildProcess, path: str, body: dict[str, Any], timeout: httpx.Timeout
    ) -> dict[str, Any]:
        with mapped(_TABLE, say(_WHERE)):
            response = await self._client.post(
                child.address + path, json=body, headers=_key(child), timeout=timeout
            )
        await refuse_status(response, _TABLE, say(_WHERE))
        return parse_object(response.content)

    async def _see_idle(self, lease: Lease) -> None:
        """After a stop: the child must not compute for one who has left. At the deadline it is ended,
        unless it serves others.
        """
        child, name = lease.child, lease.child.load.model.runs_as
        with contextlib.suppress(EngineError):  # the child has gone, which is idle enough
            try:
                async with asyncio.timeout(STOP_DEADLINE_S):
                    while True:
                        if await self._busy_slots(child) <= self._pool.users(name):
                            return
                        await asyncio.sleep(_ASK_IDLE_EVERY_S)
            except TimeoutError:
                if not self._pool.users(name):
                    await child.end()

    async def _busy_slots(self, child: ChildProcess) -> int:
        slots = await self._fetch(child, "/slots", _PATIENT)  # answered between two batches; see the deadline
        return sum(bool(slot.get("is_processing")) for slot in slots.get("slots", ()))

    async def _fetch(self, child: ChildProcess, path: str, timeout: httpx.Timeout = _SHORT) -> dict[str, Any]:
        with mapped(_TABLE, say(_WHERE)):
            response = await self._client.get(child.address + path, headers=_key(child), timeout=timeout)
        await refuse_status(response, _TABLE, say(_WHERE))
        body = response.content
        return parse_object(b'{"slots":' + body + b"}" if body.startswith(b"[") else body)


@contextlib.asynccontextmanager
async def _crash_is_named(child: ChildProcess) -> AsyncGenerator[None, None]:
    """A broken connection means that the process ended, as a rule: then say how."""
    try:
        yield
    except (Interrupted, EngineOffline, BadReply) as error:
        if await child.ends_within(_EXIT_SHOWS_WITHIN_S):
            raise child.crash() from error
        raise


def _with_load(chunk: Chunk, load_s: float) -> Chunk:
    """The server does not count the time before it was there."""
    if isinstance(chunk, Done):
        return replace(chunk, timings=replace(chunk.timings, load_s=load_s))
    if isinstance(chunk, Delta) and chunk.counted is not None:
        return replace(chunk, counted=replace(chunk.counted, load_s=load_s))
    return chunk


def _key(child: ChildProcess) -> dict[str, str]:
    return {"Authorization": f"Bearer {child.api_key}"}


def _usable_context(request: Request, model: ModelFile) -> int:
    """llama.cpp gives no answer more context than the model was trained for."""
    if request.options.context_tokens < 1:
        raise RequestRefused(say("A context needs at least one token."))
    return min(request.options.context_tokens, _trained_context(model) or request.options.context_tokens)


def _trained_context(model: ModelFile) -> int | None:
    return model.header.context_tokens if model.header else None


def _loaded(engine_id: str, name: str, berth: Berth, child: ChildProcess) -> LoadedModel:
    need, slots = child.load.need, child.load.slots
    return LoadedModel(
        engine_id,
        name,
        size_bytes=need.weights_bytes + slots * need.kv_bytes,
        context_tokens=child.load.context_tokens,
        expires_at=berth.expires_at,
        pids=(child.pid,),
        slots=slots,
    )


def _together(one: LoadedModel | None, other: LoadedModel) -> LoadedModel:
    """One model in two processes, for answers and for embeddings: the first tells the context."""
    if one is None:
        return other
    size_bytes = (one.size_bytes or 0) + (other.size_bytes or 0)
    return replace(one, size_bytes=size_bytes, pids=(*one.pids, *other.pids))


def _body(request: Request, model: ModelFile) -> dict[str, Any]:
    if any(message.images for message in request.messages):
        raise RequestRefused(
            say("The built-in engine cannot look at pictures."),
            next_step=say("Choose a vision model of Ollama or of another server."),
        )
    body = chat_body(request) | {
        "return_progress": True,
        "timings_per_token": True,
        "cache_prompt": True,
        "chat_template_kwargs": {"enable_thinking": request.is_thinking},
    }
    if not model.can_chat:
        body["stop"] = [*request.options.stop, *dialogue.STOPS]
    return body
