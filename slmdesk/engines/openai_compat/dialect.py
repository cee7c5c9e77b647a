"""How servers of OpenAI's protocol differ: the header of the key, the names of the options, Azure's paths."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from slmdesk.base.words import later
from slmdesk.engines.wire.addresses import openai_address, origin

KeyHeader: TypeAlias = Literal["authorization", "api-key"]

OPENAI_ADDRESS = "https://api.openai.com/v1"
_MAX_TOKENS, _MAX_COMPLETION_TOKENS = "max_tokens", "max_completion_tokens"
_USAGE = "stream_options"
_LOGPROBS, _TOP_LOGPROBS = "logprobs", "top_logprobs"
# What an answer can do without, by the words of the user; what needs none has none.
_DISPENSABLE = {
    _USAGE: "",
    "temperature": "temperature",
    "top_p": "top-p",
    "seed": "seed",
    _LOGPROBS: later("token probabilities"),
    _TOP_LOGPROBS: "",
}
_DISLIKE = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|not permitted|unexpected|extra (input|field)"
    r"|cannot find field|deprecated|incompatible",
    re.IGNORECASE,
)
_DEPLOYMENT = re.compile(r"/openai/deployments/([^/]+)")


@dataclass(frozen=True, slots=True)
class Dialect:
    """`api_version` and `deployments` are Azure's: its deployments cannot be listed with a key."""

    key_header: KeyHeader = "authorization"
    limit_name: str = _MAX_TOKENS
    api_version: str = ""
    deployments: tuple[str, ...] = ()


COMPATIBLE = Dialect()
OPENAI = Dialect(limit_name=_MAX_COMPLETION_TOKENS)


def azure_dialect(api_version: str, deployments: tuple[str, ...]) -> Dialect:
    """Azure's v1 address takes no version; the older addresses take nothing without one."""
    return Dialect("api-key", _MAX_COMPLETION_TOKENS, api_version, deployments)


@dataclass(frozen=True, slots=True)
class AzureAddress:
    """What an address copied from Azure's portal tells; "" and () where it does not."""

    address: str
    api_version: str = ""
    deployments: tuple[str, ...] = ()


def azure_address(text: str, api_version: str = "") -> AzureAddress:
    """The resource's endpoint for a version, else its v1 address; raises BadInput.

    People paste the whole target of a deployment, with its version: both are taken from it.
    """
    written = text.strip()
    parts = urlsplit(openai_address(written if "://" in written or not written else f"https://{written}"))
    endpoint = origin(parts._replace(path="", query="").geturl())
    if parts.path.rstrip("/").startswith("/openai/v1"):
        return AzureAddress(f"{endpoint}/openai/v1")
    found = _DEPLOYMENT.match(parts.path)
    deployments = (unquote(found[1]),) if found else ()
    pasted = parse_qs(urlsplit(written).query).get("api-version", [""])[0]
    version = api_version or pasted
    return AzureAddress(endpoint if version else f"{endpoint}/openai/v1", version, deployments)


class Objections:
    """What the models of a server do not take, learned from their refusals.

    A refusal came before any generation, so asking once more without it repeats none.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._refused: dict[str, set[str]] = {}

    def adapted(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body as this model takes it."""
        refused = self._refused.get(str(body["model"]), set())
        kept = {name: value for name, value in body.items() if name not in refused & _DISPENSABLE.keys()}
        if _LOGPROBS not in kept:
            kept.pop(_TOP_LOGPROBS, None)  # it is refused without the other
        if _MAX_TOKENS in kept:
            limit = kept.pop(_MAX_TOKENS)
            kept[self._limit_name(refused)] = limit
        return kept

    def learn(self, sent: Mapping[str, Any], message: str) -> bool:
        """Whether the refusal named something in `sent` that can be left out or said otherwise."""
        refused = self._refused.setdefault(str(sent["model"]), set())
        named = [name for name in (*_DISPENSABLE, *self._limit_names) if _is_named(name, message)]
        new = [name for name in named if name in sent and name not in refused]
        if not new or not (_DISLIKE.search(message) or new[0] == _USAGE):
            return False
        refused.add(new[0])
        return refused.isdisjoint(self._limit_names) or not refused.issuperset(self._limit_names)

    def left_out(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """The options of the user that the model is not given, in the user's words."""
        refused = self._refused.get(str(body["model"]), set())
        return tuple(word for name, word in _DISPENSABLE.items() if word and name in refused and name in body)

    @property
    def _limit_names(self) -> tuple[str, str]:
        first = self._dialect.limit_name
        return first, _MAX_TOKENS if first == _MAX_COMPLETION_TOKENS else _MAX_COMPLETION_TOKENS

    def _limit_name(self, refused: set[str]) -> str:
        return next((name for name in self._limit_names if name not in refused), self._dialect.limit_name)


def _is_named(name: str, message: str) -> bool:
    return re.search(rf"(?<![\w-]){name}(?![\w-])", message) is not None
