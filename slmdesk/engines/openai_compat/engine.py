"""Models of any server that speaks OpenAI's chat completions: llama.cpp, vLLM, LM Studio, a cloud."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any

from slmdesk.base.errors import RequestRefused
from slmdesk.engines.base import (
    Capabilities,
    Chunk,
    LoadedModel,
    ModelInfo,
    Phase,
    Progress,
    Request,
    Vector,
)
from slmdesk.engines.wire.addresses import is_loopback, openai_address
from slmdesk.engines.wire.chat_body import chat_body
from slmdesk.engines.wire.chat_stream import chat_chunks
from slmdesk.engines.wire.frames import Frame
from slmdesk.engines.wire.lazy_client import LazyClient
from slmdesk.engines.wire.values import count, mapping, vectors

if TYPE_CHECKING:  # 0.7 s to import: see LazyClient
    from slmdesk.engines.openai_compat.client import OpenAIClient

_USAGE = "stream_options"


class OpenAICompatible:
    """One server, by its base address; the key goes to that origin alone."""

    capabilities = Capabilities(embed=True, schema=True, logprobs=True, vision=True)

    def __init__(self, engine_id: str, label: str, address: str, api_key: str | None = None) -> None:
        self.id = engine_id
        self.label = label
        self.address = openai_address(address)
        self.is_local = is_loopback(self.address)
        self._api_key = api_key or None
        self._client: LazyClient[OpenAIClient] = LazyClient(self.label, self._make_client)
        self._takes_usage = True

    async def models(self) -> list[ModelInfo]:
        """What `/models` lists; most servers tell no more than names."""
        client = await self._client.get()
        return [self._info(entry) for entry in await client.listed() if isinstance(entry.get("id"), str)]

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """Generate. A server that has no usage figures to give is asked without, as long as it refuses."""
        yield Progress(Phase.WAITING)
        body = chat_body(request)
        client = await self._client.get()
        async with contextlib.AsyncExitStack() as stack:
            data = await stack.enter_async_context(self._open(client, body))
            chunks = await stack.enter_async_context(contextlib.aclosing(chat_chunks(data)))
            async for chunk in chunks:
                yield chunk

    async def embed(self, model: str, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, put in order by the index that the server gives."""
        if not texts:
            return []
        client = await self._client.get()
        entries = await client.embeddings(model, texts)
        ordered = sorted(enumerate(entries), key=lambda item: (_index(item[1], item[0]), item[0]))
        return vectors([entry.get("embedding") for _, entry in ordered], len(texts))

    async def loaded(self) -> list[LoadedModel]:
        """These servers do not tell."""
        return []

    async def unload(self, model: str) -> None:
        """These servers keep their models themselves."""

    async def aclose(self) -> None:
        """Close all connections; the engine cannot be used afterwards."""
        await self._client.close()

    @contextlib.asynccontextmanager
    async def _open(
        self, client: "OpenAIClient", body: dict[str, Any]
    ) -> AsyncGenerator[AsyncGenerator[bytes, None], None]:
        """Send the request. A refusal of `stream_options` came before any generation, so asking
        once more without it repeats none; the server's dislike is remembered.
        """
        async with contextlib.AsyncExitStack() as stack:
            if self._takes_usage:
                try:
                    data = await stack.enter_async_context(client.open_chat(body))
                except RequestRefused as refusal:
                    if _USAGE not in refusal.message:
                        raise
                    self._takes_usage = False
            if not self._takes_usage:
                body = {key: value for key, value in body.items() if key != _USAGE}
                data = await stack.enter_async_context(client.open_chat(body))
            yield data

    def _make_client(self) -> "OpenAIClient":
        from slmdesk.engines.openai_compat.client import OpenAIClient

        return OpenAIClient(self.address, self.label, self._api_key)

    def _info(self, entry: Frame) -> ModelInfo:
        meta = mapping(entry.get("meta"))  # llama.cpp tells more
        return ModelInfo(
            engine_id=self.id,
            name=entry["id"],
            size_bytes=count(meta.get("size")),
            parameters=count(meta.get("n_params")),
            context_tokens=count(meta.get("n_ctx_train")) or count(entry.get("max_model_len")),  # vLLM's word
        )


def _index(entry: Frame, position: int) -> int:
    index = count(entry.get("index"))
    return position if index is None else index
