"""Asks an address who answers there: which program, which version, how many models."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import httpcore
import httpx

from slmdesk.base.errors import BadReply, EngineError, EngineOffline, Interrupted, NotAuthorised
from slmdesk.base.words import later, say
from slmdesk.engines.wire.addresses import is_encrypted, is_loopback, origin
from slmdesk.engines.wire.frames import Frame, parse_object
from slmdesk.engines.wire.transport import (
    CONNECT_TIMEOUT_S,
    SHORT_TIMEOUT_S,
    checked_key,
    error_table,
    mapped,
    refuse_status,
    response_bytes,
    usable_proxy,
    without_key,
)
from slmdesk.engines.wire.values import items, mapping

Program: TypeAlias = Literal["ollama", "llama.cpp", "LM Studio", "vLLM", ""]

_TABLE = error_table(httpx, httpcore)
_MAX_BYTES = 4 << 20
_MAX_VERSION_CHARS = 40
_NAMES = {"ollama": "Ollama", "": later("A server of OpenAI's protocol")}
_VERSIONS = {"llama.cpp": ("/props", "build_info"), "vLLM": ("/version", "version")}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers: `program` is "" for one that speaks OpenAI's protocol and does not say its name.

    `is_locked` says that it wants a key for more than its list of models.
    """

    program: Program
    version: str = ""
    model_count: int = 0
    is_locked: bool = False

    @property
    def name(self) -> str:
        return say(_NAMES.get(self.program, self.program))


class Inquirer:
    """One connection pool for questions. Make it in a worker thread if the address begins with https."""

    def __init__(self, address: str, api_key: str | None = None) -> None:
        self._root = origin(address)
        # Servers behind a path of a proxy have their own pages below it.
        self._path = urlsplit(address).path.rstrip("/").removesuffix("/v1")
        self._key = checked_key(api_key)
        with usable_proxy(self._root):
            self._client = httpx.AsyncClient(
                follow_redirects=False,
                trust_env=not is_loopback(address),
                verify=True if is_encrypted(address) else _no_tls(),
                timeout=httpx.Timeout(SHORT_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
                headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def ask(self) -> Identity:
        """Raises EngineError: nothing answers, or what answers is no model server, or wants a key."""
        if (ollama := await self._ollama()) is not None:
            return ollama
        reply, headers = await self._get("/v1/models")
        models = items(reply.get("data"))
        if "data" not in reply or not all(isinstance(mapping(entry).get("id"), str) for entry in models):
            raise BadReply(say("{root} is something else: it lists no models.", root=self._root))
        program = await self._program(models, headers)
        version, is_locked = await self._version(program)
        return Identity(program, version, len(models), is_locked)

    async def _ollama(self) -> Identity | None:
        """Others have `/api/version`, too, and llama.cpp has Ollama's list: only Ollama has both."""
        version = _word((await self._try("/api/version")).get("version"))
        if not version:
            return None
        models = (await self._try("/api/tags")).get("models", ...)
        return Identity("ollama", version, len(items(models))) if isinstance(models, list | None) else None

    async def _program(self, models: list[Frame], headers: httpx.Headers) -> Program:
        if headers.get("server", "").startswith("llama.cpp"):
            return "llama.cpp"
        owners = {model.get("owned_by") for model in models}
        if "llamacpp" in owners:
            return "llama.cpp"
        if "vllm" in owners:
            return "vLLM"
        if (await self._try("/lmstudio-greeting")).get("lmstudio") is True:
            return "LM Studio"
        return ""

    async def _version(self, program: Program) -> tuple[str, bool]:
        if program not in _VERSIONS:
            return "", False
        path, name = _VERSIONS[program]
        try:
            return _word((await self._get(path))[0].get(name)), False
        except NotAuthorised:
            return "", True
        except EngineError:
            return "", False

    async def _try(self, path: str) -> Frame:
        """An object, or an empty one where the server has none at this path; raises if nothing answers."""
        try:
            return (await self._get(path))[0]
        except EngineError as error:
            if isinstance(error, EngineOffline | Interrupted):
                raise
            return {}

    async def _get(self, path: str) -> tuple[Frame, httpx.Headers]:
        where = self._root
        with without_key(self._key), mapped(_TABLE, where):
            async with self._client.stream("GET", self._root + self._path + path) as response:
                await refuse_status(response, _TABLE, where)
                body = bytearray()
                async with contextlib.aclosing(response_bytes(response, _TABLE, where)) as data:
                    async for chunk in data:
                        body += chunk
                        if len(body) > _MAX_BYTES:
                            raise BadReply(
                                say("{where} is something else: it sends without end.", where=where)
                            )
                return parse_object(bytes(body)), response.headers


async def identify(address: str, api_key: str | None = None, *, within_s: float) -> Identity:
    """Ask once; raises EngineError, BadReply when it takes longer."""
    inquirer = await asyncio.to_thread(Inquirer, address, api_key)
    try:
        async with asyncio.timeout(within_s):
            return await inquirer.ask()
    except TimeoutError as error:
        raise BadReply(
            say(
                "{address} did not answer within {within_s:g} seconds.",
                address=origin(address),
                within_s=within_s,
            )
        ) from error
    finally:
        await inquirer.aclose()


def _no_tls() -> Any:
    return None  # what httpx does not document: no TLS context is made at all


def _word(value: object) -> str:
    """A version as it may be shown: what answers may be anybody."""
    text = value if isinstance(value, str) else ""
    return "".join(char for char in text if char.isprintable())[:_MAX_VERSION_CHARS]
