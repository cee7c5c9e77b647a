"""What people paste to get a model: commands, names, addresses and paths, as plain values. Pure."""

import ipaddress
import re
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.pulls.safe_names import checked_file_name, shards, shown, strange_character

MAX_CHARS = 300
MAX_ADDRESS_CHARS = 2000

_HUB_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
_OLLAMA_HOSTS = ("ollama.com", "www.ollama.com", "registry.ollama.ai")
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}))(?::\d{1,5})?")
_PATH = re.compile(r"(?:[/~\\]|\.{1,2}[/\\]|[A-Za-z]:[/\\]|file:)")
_OLLAMA_COMMAND = re.compile(r"ollama(?:\.exe)?\s+(?:run|pull|show)\s+(?P<rest>.*)", re.IGNORECASE)
_LLAMA_COMMAND = re.compile(
    r"(?:llama(?:-server|-cli)?|llama\.cpp)\b.*?\s(?:-hf|-hfr|--hf-repo)[\s=]+(?P<repo>\S+)"
)
_OPEN_QUOTES, _CLOSE_QUOTES = "`'\"“‘«", "`'\"”’»"


@dataclass(frozen=True, slots=True)
class OllamaModel:
    """A name that an Ollama server is asked to pull. `host` is "" for Ollama's own registry.

    `question` must be answered with yes first, "" if there is nothing to ask. `is_insecure`: the
    registry is reached without encryption.
    """

    name: str
    host: str = ""
    question: str = ""
    is_insecure: bool = False


@dataclass(frozen=True, slots=True)
class HubModel:
    """GGUF files of a Hugging Face repository: one `file`, or those of a `quantization` ("" chooses)."""

    repo: str
    quantization: str = ""
    file: str = ""
    revision: str = "main"
    question: str = ""

    @property
    def name(self) -> str:
        suffix = self.file.rpartition("/")[2] or self.quantization
        return f"hf.co/{self.repo}:{suffix}" if suffix else f"hf.co/{self.repo}"


@dataclass(frozen=True, slots=True)
class WebFile:
    """A .gguf file at any address; `file` is its name, checked."""

    address: str
    file: str
    question: str = ""

    @property
    def name(self) -> str:
        return self.file


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A path on this machine, as it was written (“~” is not replaced yet)."""

    path: str
    question: str = ""

    @property
    def name(self) -> str:
        return self.path


Pasted: TypeAlias = OllamaModel | HubModel | WebFile | LocalFile


def understand(text: str) -> Pasted:
    """What this means, or BadInput with the reason; nothing is asked of anybody yet."""
    written = _one_line(text)
    if command := _OLLAMA_COMMAND.fullmatch(written):
        return _ollama(_first_argument(command["rest"]))
    if command := _LLAMA_COMMAND.match(written):
        return _hub(command["repo"].split("/"))
    if "://" in written and not written.lower().startswith("file:"):
        return _address(written)
    host, _, rest = written.partition("/")
    if host.lower() in _HUB_HOSTS + _OLLAMA_HOSTS and rest:
        return _address(f"https://{written}")
    if _PATH.match(written) or (written.lower().endswith(".gguf") and "/" not in written):
        return _local(written)
    if _looks_like_hub(written):
        return _hub(written.split("/"))
    if written.lower().endswith(".gguf"):
        return _address(f"https://{written}") if "." in host else _local(written)
    return _ollama(written)


def needs_question(address: str) -> str:
    """What to ask before this address is opened: without encryption only this machine is; "" if nothing."""
    parts = _split(address)
    if parts.scheme == "https" or is_this_machine(parts.hostname or ""):
        return ""
    return say(
        "{host} is asked without encryption: others on the way can see and change the file. Go on?",
        host=parts.hostname,
    )


def is_this_machine(host: str) -> bool:
    """By the name alone: nothing is looked up."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _one_line(text: str) -> str:
    if "\0" in text:
        raise BadInput(say("What was pasted holds a zero byte."))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise BadInput(
            say("Nothing was pasted."), next_step=say("Paste a name, a command, an address or a path.")
        )
    if len(lines) > 1:
        raise BadInput(say("More than one line was pasted."), next_step=say("Paste one model at a time."))
    line = lines[0]
    for prompt in ("$ ", "> ", "% "):
        line = line.removeprefix(prompt)
    line = line.strip()
    while len(line) > 1 and line[0] in _OPEN_QUOTES and line[-1] in _CLOSE_QUOTES:
        line = line[1:-1].strip()
    if not line:
        raise BadInput(
            say("Nothing was pasted."), next_step=say("Paste a name, a command, an address or a path.")
        )
    return line


def _first_argument(rest: str) -> str:
    words = rest.split()
    named = [word.strip("'\"") for word in words if not word.startswith("-")]
    if not named:
        raise BadInput(say("This command names no model."), next_step=say("Copy it whole."))
    return named[0]


def _ollama(written: str) -> OllamaModel:
    """As Ollama itself reads a name: [host/][namespace/]model[:tag]."""
    _check_plain(written, MAX_CHARS)
    scheme, found, rest = written.partition("://")
    rest = rest if found else written
    if found and scheme.lower() not in ("http", "https"):
        raise _no_name(written)
    *place, last = rest.split("/")
    model, _, tag = last.partition(":")
    if len(place) > 2 or (":" in last and not _TAG.fullmatch(tag)) or not _PART.fullmatch(model):
        raise _no_name(written)
    host, namespace = _host_and_namespace(place, written)
    if host.lower() in _OLLAMA_HOSTS:
        host = ""
    if namespace and not _PART.fullmatch(namespace):
        raise _no_name(written)
    is_insecure = scheme.lower() == "http" if found else False
    whole = "/".join(part for part in (host, namespace, last) if part)
    if not host:
        return OllamaModel(whole.removeprefix("library/"))
    if host.lower() in _HUB_HOSTS and not is_insecure:
        return OllamaModel(whole, host)
    question = (
        say(
            "This name makes Ollama fetch from {host}, without encryption, "
            "which is not its own registry. Go on?",
            host=host,
        )
        if is_insecure
        else say("This name makes Ollama fetch from {host}, which is not its own registry. Go on?", host=host)
    )
    return OllamaModel(whole, host, question, is_insecure)


def _host_and_namespace(place: list[str], written: str) -> tuple[str, str]:
    if len(place) < 2:
        return "", place[0] if place else ""
    host, namespace = place
    if not _HOST.fullmatch(host) or ".." in host:
        raise _no_name(written)
    return host, namespace


def _address(written: str) -> Pasted:
    if len(written) > MAX_ADDRESS_CHARS:
        raise BadInput(
            say(
                "An address of more than {count} characters is not opened.",
                count=MAX_ADDRESS_CHARS,
            )
        )
    parts = _split(written)
    host = (parts.hostname or "").lower().rstrip(".")
    path = [_piece(piece) for piece in parts.path.split("/") if piece]
    if host in _HUB_HOSTS:
        return _hub_address(path, parse_qs(parts.query))  # which is asked over https, whatever was written
    if host in _OLLAMA_HOSTS:
        return _ollama("/".join(path[:2]))
    file = path[-1] if path else ""
    if not file.lower().endswith(".gguf"):
        raise BadInput(
            say("“{written}” leads to no model file.", written=shown(written)),
            next_step=say(
                "Paste the address of a .gguf file, of a page of Hugging Face, or the name of a model."
            ),
        )
    plain = parts._replace(fragment="").geturl()
    return WebFile(plain, checked_file_name(file), needs_question(written))


def _hub_address(path: list[str], query: dict[str, list[str]]) -> HubModel:
    repo = path[:2]
    kind, revision, inner = (path[2:3] or [""])[0], (path[3:4] or ["main"])[0], path[4:]
    asked = query.get("show_file_info", [""])[0]
    if kind in ("blob", "resolve", "raw") and inner:
        return _hub(repo, file="/".join(inner), revision=revision)
    if kind == "tree" or not kind:
        return _hub(repo, file=asked, revision=revision)
    raise BadInput(
        say("This page of Hugging Face (“{kind}”) is not about files.", kind=shown(kind)),
        next_step=say("Open “Files and versions” there and copy the address of a .gguf file."),
    )


def _hub(place: list[str], *, file: str = "", revision: str = "main") -> HubModel:
    written = "/".join(place)
    _check_plain(written, MAX_CHARS)
    if not written:
        raise BadInput(
            say("This page is not that of a model."),
            next_step=say("Open the page of a model there and copy its address."),
        )
    if len(place) != 2:
        raise BadInput(
            say("“{written}” names no repository.", written=shown(written)),
            next_step=say("It looks like org/name."),
        )
    name, _, quantization = place[1].partition(":")
    for part in (place[0], name, revision, *((quantization,) if quantization else ())):
        if not _PART.fullmatch(part) or ".." in part:
            raise BadInput(
                say("“{written}” names no repository.", written=shown(written)),
                next_step=say("It looks like org/name."),
            )
    if quantization.lower().endswith(".gguf"):
        file, quantization = quantization, ""
    if quantization.lower() == "latest":
        quantization = ""
    if file:
        for folder in file.split("/")[:-1]:
            if not _PART.fullmatch(folder) or ".." in folder:
                raise BadInput(say("“{file}” is no file of a repository.", file=shown(file)))
        shards(checked_file_name(file.rpartition("/")[2]))
    return HubModel(f"{place[0]}/{name}", quantization, file, revision)


def _local(written: str) -> LocalFile:
    if not written.lower().startswith("file:"):
        return LocalFile(written)
    try:
        parts = urlsplit(written)
    except ValueError as error:
        raise BadInput(say("“{written}” is not an address.", written=shown(written))) from error
    if parts.netloc not in ("", "localhost"):
        raise BadInput(say("“{written}” is a file of another machine.", written=shown(written)))
    path = unquote(parts.path)
    if "\0" in path:
        raise BadInput(say("What was pasted holds a zero byte."))
    return LocalFile(path[1:] if re.match(r"/[A-Za-z]:", path) else path)


def _looks_like_hub(written: str) -> bool:
    """org/name-GGUF: repositories with such files say so, and names of Ollama do not."""
    place = written.split("/")
    return len(place) == 2 and "gguf" in place[1].partition(":")[0].lower() and not place[1].endswith(".gguf")


def _piece(piece: str) -> str:
    found = unquote(piece)
    if found in (".", "..") or "/" in found or "\\" in found or "\0" in found:
        raise BadInput(say("“{found}” is no part of an address that is opened here.", found=shown(found)))
    return found


def _split(address: str) -> SplitResult:
    """An address of the web in its parts; raises BadInput."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # read here: a port out of range is only noticed when read
    except ValueError as error:
        raise BadInput(say("“{address}” is not an address.", address=shown(address))) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(
            say("“{address}” is not an address of the web.", address=shown(address)),
            next_step=say("It begins with https://."),
        )
    if parts.username is not None or parts.password is not None:
        raise BadInput(say("This address holds a name or a password."), next_step=say("Leave them out."))
    if strange := strange_character(address):
        raise BadInput(
            say("“{address}” is not opened: {strange}.", address=shown(address), strange=strange),
            next_step=say("Type the address by hand."),
        )
    if any(char.isspace() for char in address):
        raise BadInput(say("“{address}” is not an address: it holds a space.", address=shown(address)))
    return parts


def _check_plain(text: str, limit: int) -> None:
    if len(text) > limit:
        raise BadInput(say("A name of more than {limit} characters is none.", limit=limit))
    if strange := strange_character(text):
        raise BadInput(
            say("“{text}” is not used: {strange}.", text=shown(text), strange=strange),
            next_step=say("Type the name by hand."),
        )


def _no_name(written: str) -> BadInput:
    return BadInput(
        say("“{written}” is not the name of a model.", written=shown(written)),
        next_step=say("Names look like qwen3:4b, hf.co/org/name:Q4_K_M or an address of a .gguf file."),
    )
