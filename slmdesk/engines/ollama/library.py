"""The models that an Ollama server keeps: pull, make, copy, delete, details."""

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slmdesk.base.errors import (
    DiskFull,
    Interrupted,
    ModelMissing,
    NotAuthorised,
    RequestRefused,
    SlmdeskError,
)
from slmdesk.base.words import say
from slmdesk.engines.library import ModelDetails, PullEvent, Recipe
from slmdesk.engines.wire.frames import Frame, ndjson_frames
from slmdesk.engines.wire.lazy_client import LazyClient
from slmdesk.engines.wire.server_errors import read_error
from slmdesk.engines.wire.values import count

if TYPE_CHECKING:
    from slmdesk.engines.ollama.client import OllamaClient

_SILENT_PULL_S = 120.0  # while a layer comes it tells of it many times a second
_SILENT_WORK_S = 3600.0  # hashing and converting a large model says nothing
_BLOCK_BYTES = 1 << 20
_TOLD = ("license", "template", "system", "parameters", "modelfile")
_ADAPTER = re.compile(r"^ADAPTER \S*sha256-([0-9a-f]{64})\s*$", re.MULTILINE)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

# What passes by itself: the server's network, or a layer that came damaged and was thrown away.
_PASSING = re.compile(
    r"connection refused|no such host|\bEOF\b|time-?out|timed out|deadline exceeded|reset by peer|broken pipe"
    r"|network is|max retries|digest mismatch|TLS handshake|temporar|connection closed"
    r"|(status|code|manifest)\D{0,12}(408|429|5\d\d)",
    re.IGNORECASE,
)
_MISSING = re.compile(r"file does not exist|not found|\b404\b", re.IGNORECASE)
_REFUSED = re.compile(r"unauthori[sz]ed|\b40[13]\b|denied", re.IGNORECASE)
_NO_ROOM = re.compile(r"no space left|not enough space|disk full", re.IGNORECASE)


class OllamaLibrary:
    """See engines.library.Library."""

    def __init__(self, client: "LazyClient[OllamaClient]") -> None:
        self._client = client

    async def pull(self, name: str, *, is_insecure: bool = False) -> AsyncGenerator[PullEvent, None]:
        """Errors come inside a 200; a body without `success` has broken off."""
        body = {"model": name} | ({"insecure": True} if is_insecure else {})
        async with contextlib.aclosing(self._frames("/api/pull", body)) as frames:
            async for frame in frames:
                if "error" in frame:
                    raise pull_error(read_error(frame).message, name)
                yield _event(frame)

    async def make(self, recipe: Recipe, on_status: Callable[[str], None]) -> None:
        body: dict[str, Any] = {"model": recipe.name, "from": recipe.base}
        if recipe.system:
            body["system"] = recipe.system
        if recipe.parameters:
            body["parameters"] = dict(recipe.parameters)
        if recipe.adapter is not None:
            on_status(say("sending the adapter"))
            body["adapters"] = {recipe.adapter.name: await self._upload(recipe.adapter)}
        elif recipe.kept_adapter:
            body["adapters"] = {"adapter.gguf": recipe.kept_adapter}
        async with contextlib.aclosing(self._frames("/api/create", body)) as frames:
            async for frame in frames:
                if "error" in frame:
                    raise _make_error(read_error(frame).message, recipe)
                on_status(str(frame.get("status", "")))

    async def details(self, name: str) -> ModelDetails:
        shown = await (await self._client.get()).shown(name)
        details = shown.get("details")
        base = details.get("parent_model") if isinstance(details, Mapping) else ""
        texts = {
            key: _text(shown.get(key)) for key in ("license", "template", "system", "parameters", "modelfile")
        }
        found = _ADAPTER.search(texts["modelfile"])
        return ModelDetails(**texts, base=_text(base), kept_adapter=f"sha256:{found[1]}" if found else "")

    async def copy(self, name: str, new_name: str) -> None:
        client = await self._client.get()
        await client.order("POST", "/api/copy", {"source": name, "destination": new_name}, model=name)

    async def delete(self, name: str) -> None:
        await (await self._client.get()).order("DELETE", "/api/delete", {"model": name}, model=name)

    async def _upload(self, path: Path) -> str:
        """The digest under which the server has the file now."""
        digest = await asyncio.to_thread(_digest, path)
        client = await self._client.get()
        if not await client.has_blob(digest):
            status = await asyncio.to_thread(path.stat)
            await client.send_blob(digest, status.st_size, _blocks(path))
        return digest

    async def _frames(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[Frame, None]:
        """Every frame of a stream that ends with `success`; raises Interrupted if it does not."""
        client = await self._client.get()
        is_whole = False
        async with client.open_stream(path, body) as data, contextlib.aclosing(ndjson_frames(data)) as frames:
            silent_s = _SILENT_PULL_S
            while True:
                try:
                    async with asyncio.timeout(silent_s):
                        frame = await anext(frames, None)
                except TimeoutError as error:
                    raise Interrupted(
                        say("The server said nothing for {seconds:.0f} s.", seconds=silent_s)
                    ) from error
                if frame is None:
                    break
                silent_s = _SILENT_PULL_S if "digest" in frame else _SILENT_WORK_S
                is_whole = frame.get("status") == "success"
                yield frame
        if not is_whole:
            raise Interrupted(say("The server broke off."))


def pull_error(message: str, name: str) -> SlmdeskError:
    """The error for what a server says of a pull that failed; Interrupted for what may pass by itself."""
    if _NO_ROOM.search(message):
        return DiskFull(say("The disk of the server is full: {message}", message=message))
    if _PASSING.search(message):
        return Interrupted(say("The server could not fetch it: {message}", message=message))
    if _MISSING.search(message):
        return ModelMissing(
            say("There is no model “{name}” to pull.", name=name),
            next_step=say("Check the name and what follows its colon."),
        )
    if _REFUSED.search(message):
        return NotAuthorised(
            say("“{name}” is not given to everybody: {message}", name=name, message=message),
            next_step=say("Choose another source of this model."),
        )
    return RequestRefused(
        say("The server did not pull “{name}”: {message}", name=name, message=message), next_step=""
    )


def _make_error(message: str, recipe: Recipe) -> SlmdeskError:
    """A base that is not there is pulled by the server, which fails as a pull does."""
    if message.startswith("pull model manifest"):
        return ModelMissing(
            say("The server does not have “{base}”.", base=recipe.base), next_step=say("Pull the base first.")
        )
    return RequestRefused(
        say("“{name}” was not made: {message}", name=recipe.name, message=message), next_step=""
    )


def _event(frame: Frame) -> PullEvent:
    digest = frame.get("digest")
    is_digest = isinstance(digest, str) and _DIGEST.fullmatch(digest) is not None
    return PullEvent(
        str(frame.get("status", "")),
        str(digest) if is_digest else "",
        count(frame.get("total")),
        count(frame.get("completed")) or 0,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


async def _blocks(path: Path) -> AsyncGenerator[bytes, None]:
    with path.open("rb") as file:
        while block := await asyncio.to_thread(file.read, _BLOCK_BYTES):
            yield block


def _text(value: object) -> str:
    """A licence may come as a list of texts."""
    if isinstance(value, list):
        return "\n\n".join(text for text in value if isinstance(text, str))
    return value if isinstance(value, str) else ""
