"""Addresses of model servers as people and environments write them, made whole."""

import ipaddress
import os
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say

OLLAMA_PORT = 11434
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ONE_SLASH = re.compile(r"(https?):(/(?!/)|(?=[^/\d]))", re.IGNORECASE)
# What is pasted from a page of examples: calls below the address, which we add ourselves.
_OPENAI_CALL = re.compile(r"/(chat/completions|completions|models|embeddings|responses)$")
_OLLAMA_CALL = re.compile(r"(/api(/(chat|generate|tags|embed|ps|version))?|/v1(/.*)?)$")
_ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a server listens is no place to call


def ollama_address(text: str = "", environ: Mapping[str, str] = os.environ) -> str:
    """`text`, else OLLAMA_HOST, else this machine: as `scheme://host:port[/path]`."""
    written = text.strip() or environ.get("OLLAMA_HOST", "").strip(" '\"")
    has_scheme = "://" in (written := _whole_scheme(written))
    parts = _split(written if has_scheme else f"http://{_bracketed(written)}")
    default_port = _DEFAULT_PORTS[parts.scheme] if has_scheme else OLLAMA_PORT
    return _join(parts, default_port, _OLLAMA_CALL.sub("", parts.path.rstrip("/")))


def openai_address(text: str) -> str:
    """The base address of an OpenAI-compatible server; `/v1` where no path is given."""
    written = _whole_scheme(text.strip())
    if not written:
        raise BadInput(
            say("The address is empty."), next_step=say("Give an address such as http://127.0.0.1:8080.")
        )
    if "://" not in written:
        bare = _bracketed(written)
        written = f"{'http' if _is_near(_split(f'http://{bare}').hostname or '') else 'https'}://{bare}"
    parts = _split(written)
    path = _OPENAI_CALL.sub("", parts.path.rstrip("/"))
    return _join(parts, _DEFAULT_PORTS[parts.scheme], path or "/v1")


def origin(address: str) -> str:
    """Scheme, host and port: what a key is bound to."""
    parts = _split(address)
    return _join(parts, _DEFAULT_PORTS[parts.scheme], "")


def is_loopback(address: str) -> bool:
    """Requests to this address do not leave the machine."""
    host = _split(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_encrypted(address: str) -> bool:
    """The address needs a TLS context."""
    return _split(address).scheme == "https"


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port  # read here: a port out of range is only noticed when read
    except ValueError as error:
        raise BadInput(
            say("“{address}” is not an address: {error}.", address=address, error=error)
        ) from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise BadInput(
            say("“{address}” is not an address of the web.", address=address),
            next_step=say("It begins with http:// or https://."),
        )
    if parts.username is not None:
        raise BadInput(
            say("The address holds a user name or a key."),
            next_step=say("Leave it out: the key has a field of its own."),
        )
    if any(char.isspace() for char in parts.netloc):
        raise BadInput(
            say("“{hostname}” is not the name of a host.", hostname=parts.hostname or ""),
            next_step=say("Leave out spaces."),
        )
    return parts


def _whole_scheme(written: str) -> str:
    """`http:/box` and `http:box` are slips for `http://box`."""
    return _ONE_SLASH.sub(r"\1://", written, count=1) if _ONE_SLASH.match(written) else written


def _join(parts: SplitResult, default_port: int, path: str) -> str:
    host = (parts.hostname or "127.0.0.1").rstrip(".")
    host = _ANY_HOST.get(host, host)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}:{parts.port or default_port}{path}"


def _bracketed(written: str) -> str:
    """`::1` and `fe80::1/` are hosts; `::1:11434` cannot be told from one and is taken as a host."""
    host, slash, path = written.partition("/")
    return f"[{host}]{slash}{path}" if host.count(":") > 1 and not host.startswith("[") else written


def _is_near(host: str) -> bool:
    """Hosts without a certificate as a rule: this machine, its network, names without a dot."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".lan", ".internal"))
