"""Model servers that listen on this machine where their programs usually do."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from slmdesk.base.errors import EngineError
from slmdesk.base.words import say
from slmdesk.config.servers import ServerAddress
from slmdesk.engines.wire.addresses import OLLAMA_PORT, is_loopback, origin

PORTS = (8080, 1234, 8000, OLLAMA_PORT)  # llama.cpp, LM Studio, vLLM, Ollama
_WITHIN_S = 1.0
_IDS = {"ollama": "ollama:local", "llama.cpp": "llama.cpp", "LM Studio": "lm-studio", "vLLM": "vllm"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A server that answered as a model server; `needs_key` if it wants one before it is of use."""

    server: ServerAddress
    version: str
    model_count: int
    needs_key: bool = False


async def discover(
    known: Sequence[str], taken_ids: Collection[str], ports: Sequence[int] = PORTS
) -> list[Found]:
    """Ask the usual ports of 127.0.0.1, all at once, at most a second each; `known` addresses are left out.

    Whatever does not prove to be a model server is left out without a word.
    """
    known_ports = {_port(address) for address in known if is_loopback(address)}
    asked = [port for port in dict.fromkeys(ports) if port not in known_ports]
    answers = await asyncio.gather(*(_ask(port) for port in asked))
    found: list[Found] = []
    taken = set(taken_ids)
    for answer in answers:
        if answer is not None:
            found.append(_with_free_id(answer, taken))
            taken.add(found[-1].server.id)
    return found


async def _ask(port: int) -> Found | None:
    address = f"http://127.0.0.1:{port}"
    if not await _listens(port):  # without importing an HTTP client for nobody
        return None
    identify = await asyncio.to_thread(_identify)
    try:
        identity = await identify(address, within_s=_WITHIN_S)
    except EngineError as error:
        _log.debug("port %d: %s", port, error)
        return None
    if not identity.program and not identity.model_count:
        return None  # an empty list proves nothing
    is_ollama = identity.program == "ollama"
    server = ServerAddress(
        _IDS.get(identity.program, f"port-{port}"),
        identity.name if identity.program else say("Server on port {port}", port=port),
        address if is_ollama else f"{address}/v1",
        "ollama" if is_ollama else "openai-compatible",
    )
    return Found(server, identity.version, identity.model_count, identity.is_locked)


def _identify() -> Any:
    """Importing an HTTP client takes a while, and the loop belongs to the window."""
    from slmdesk.engines.inquiry import identify

    return identify


async def _listens(port: int) -> bool:
    try:
        async with asyncio.timeout(_WITHIN_S):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def _with_free_id(found: Found, taken: Collection[str]) -> Found:
    server, port = found.server, _port(found.server.address)
    if server.id not in taken:
        return found
    renamed = replace(server, id=f"{server.id}-{port}", label=f"{server.label} ({port})")
    return replace(found, server=renamed)


def _port(address: str) -> int:
    return int(origin(address).rpartition(":")[2])


def beyond(kept: Sequence[ServerAddress], found: Sequence[Found]) -> tuple[Found, ...]:
    """Those of `found` that are not kept already, by name or by place."""
    ids, origins = {one.id for one in kept}, {origin(one.address) for one in kept}
    return tuple(
        one for one in found if one.server.id not in ids and origin(one.server.address) not in origins
    )
