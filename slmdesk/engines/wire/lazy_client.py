"""A client made when it is first used, once, in a worker thread: its import and its TLS context take long."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from slmdesk.base.errors import EngineOffline, Interrupted
from slmdesk.base.words import say


class _Closable(Protocol):
    async def close(self) -> None: ...


C = TypeVar("C", bound=_Closable)


class LazyClient(Generic[C]):
    """`make` runs in a worker thread; `label` is how the user knows the engine."""

    def __init__(self, label: str, make: Callable[[], C]) -> None:
        self._label = label
        self._make = make
        self._lock = threading.Lock()
        self._client: C | None = None
        self._is_closed = False

    async def get(self) -> C:
        """The one client; raises EngineOffline after `close`."""
        if self._is_closed:
            raise self._closed()
        if self._client is not None:
            return self._client
        return await asyncio.to_thread(self._make_once)

    async def close(self) -> None:
        """Close all connections, also of a client that is just being made; there is none afterwards."""
        self._is_closed = True
        client = await asyncio.to_thread(self._take)
        if client is not None:
            await client.close()

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """An answer that breaks because we closed the client says so, and does not blame the server."""
        try:
            yield
        except Interrupted as error:
            if not self._is_closed:
                raise
            raise Interrupted(
                say("{label} was changed or removed while it answered.", label=self._label)
            ) from error

    def _make_once(self) -> C:
        with self._lock:
            if self._is_closed:
                raise self._closed()
            if self._client is None:
                from slmdesk.engines.wire.transport import usable_proxy

                with usable_proxy(self._label):
                    self._client = self._make()
            return self._client

    def _take(self) -> C | None:
        with self._lock:
            client, self._client = self._client, None
            return client

    def _closed(self) -> EngineOffline:
        return EngineOffline(say("{label} was closed.", label=self._label))
