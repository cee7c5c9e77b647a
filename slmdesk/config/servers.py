"""The servers that the user added: where each is and what kind it is. Keys are in the keyring, never here."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.config.settings import MAX_AT_ONCE

ServerKind: TypeAlias = Literal["openai-compatible", "openai", "azure", "ollama"]

_ID = re.compile(r"(ollama:)?[a-z0-9][a-z0-9._-]{0,40}")
_API_VERSION = re.compile(r"[A-Za-z0-9._-]{0,40}")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A model server. `id` is the engine's: "office", "openai", "ollama:lan-box".

    `models` are Azure's deployments, which cannot be asked for, and `api_version` belongs to its
    older addresses. `at_once` limits the requests that run together, 0 for no limit.
    """

    id: str
    label: str
    address: str
    kind: ServerKind = "openai-compatible"
    models: tuple[str, ...] = ()
    api_version: str = ""
    at_once: int = 0

    def to_plain(self) -> dict[str, Any]:
        """As it stands in the settings file."""
        return asdict(self) | {"models": list(self.models)}


def read_server(item: object) -> ServerAddress:
    """A server of the settings file; raises BadInput with a sentence that names the rule."""
    if isinstance(item, ServerAddress):
        item = item.to_plain()
    if not isinstance(item, Mapping):
        raise BadInput(say("A server needs an id, a name and an address."))
    identifier, label, address = (item.get(key) for key in ("id", "label", "address"))
    if not isinstance(identifier, str) or not _ID.fullmatch(identifier):
        raise BadInput(say("The id of a server is made of small letters, digits, dot, dash and underscore."))
    if not isinstance(address, str) or not is_http_address(address):
        raise BadInput(say("The address of a server starts with http:// or https://, then the host."))
    return ServerAddress(
        identifier,
        label if isinstance(label, str) and label else identifier,
        address,
        _kind(item.get("kind", "openai-compatible")),
        _models(item.get("models", ())),
        _api_version(item.get("api_version", "")),
        _at_once(item.get("at_once", 0)),
    )


def unique_servers(servers: tuple[ServerAddress, ...]) -> tuple[ServerAddress, ...]:
    """The same servers; raises BadInput if two have one id."""
    if len({server.id for server in servers}) != len(servers):
        raise BadInput(say("Two servers have the same id."))
    return servers


def is_http_address(address: str) -> bool:
    """Whether the address names an http or https host, without a user name or key in it."""
    try:
        parts = urlsplit(address)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        return False


def _kind(value: object) -> ServerKind:
    for kind in get_args(ServerKind):
        if value == kind:
            return kind  # type: ignore[no-any-return]  # get_args is untyped
    raise BadInput(say("The kind of a server is one of {kinds}.", kinds=", ".join(get_args(ServerKind))))


def _models(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) and name for name in value):
        raise BadInput(say("The models of a server are a list of names."))
    return tuple(dict.fromkeys(value))


def _api_version(value: object) -> str:
    if not isinstance(value, str) or not _API_VERSION.fullmatch(value):
        raise BadInput(say("The API version of a server is a word such as 2024-10-21."))
    return value


def _at_once(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_AT_ONCE:
        raise BadInput(
            say(
                "The requests at once of a server are a whole number from 0 to {max_at_once}.",
                max_at_once=MAX_AT_ONCE,
            )
        )
    return value
