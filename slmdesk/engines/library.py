"""What a server that keeps models does with them: pull, make, copy, delete, and tell about one."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from slmdesk.base.errors import RequestRefused
from slmdesk.base.words import say
from slmdesk.engines.base import Engine
from slmdesk.engines.builtin.custom_models import CustomModels
from slmdesk.engines.builtin.model_files import ModelFile


@dataclass(frozen=True, slots=True)
class PullEvent:
    """One event of a pull: `status` in the server's words, and how far a layer is, in bytes.

    A layer is announced when its turn comes. Its last event may stay below its total.
    """

    status: str
    digest: str = ""
    total_bytes: int | None = None
    done_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ModelDetails:
    """What is known of one model, as plain text; "" where the server does not say.

    `kept_adapter` is the digest of an adapter that the server keeps.
    """

    license: str = ""
    template: str = ""
    system: str = ""
    parameters: str = ""
    modelfile: str = ""
    base: str = ""
    kept_adapter: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A model made from another: `parameters` by the server's own names; an adapter is a GGUF file.

    `kept_adapter` is the digest of one that the server has already, from the model that is changed.
    """

    name: str
    base: str
    system: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    adapter: Path | None = None
    kept_adapter: str = ""


class Library(Protocol):
    """Raises EngineError alone; the names are the server's own."""

    def pull(self, name: str, *, is_insecure: bool = False) -> AsyncGenerator[PullEvent, None]:
        """Ends after `success`, or raises. Leaving it keeps what has come."""
        ...

    async def make(self, recipe: Recipe, on_status: Callable[[str], None]) -> None:
        """Make a custom model, in the place of one that has its name."""
        ...

    async def details(self, name: str) -> ModelDetails: ...

    async def copy(self, name: str, new_name: str) -> None: ...

    async def delete(self, name: str) -> None: ...


class FileEngine(Protocol):
    """The engine whose models are files of this machine."""

    custom_models: CustomModels

    async def model_file(self, name: str) -> ModelFile: ...

    async def unload(self, model: str) -> None: ...

    def in_memory(self, name: str) -> str:
        """Under which name a model is in memory: that of its base, where the file is the same."""
        ...


class _Keeper(Protocol):
    @property
    def library(self) -> Library: ...


def library_of(engine: Engine) -> Library:
    """The library of an engine that has one; raises RequestRefused."""
    if not engine.capabilities.pull:
        raise RequestRefused(
            say("{label} keeps no models that could be changed from here.", label=engine.label),
            next_step=say("Choose Ollama or the built-in engine."),
        )
    return cast(_Keeper, engine).library


def file_engine(engine: Engine) -> FileEngine | None:
    """The engine, if its models are files of this machine."""
    return cast(FileEngine, engine) if hasattr(engine, "custom_models") else None
