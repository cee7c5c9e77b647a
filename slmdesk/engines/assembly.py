"""The engines that the settings ask for, built once and kept while their settings stay the same."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.config.servers import ServerAddress
from slmdesk.config.settings import Settings
from slmdesk.engines.base import Engine

OWN_IDS = ("builtin", "ollama")  # of the engines that are always there

KeyOf: TypeAlias = Callable[[str], str | None]
KeepOf: TypeAlias = Callable[[str], float | None]  # seconds in memory by `engine/model`, None for the usual
_Recipe: TypeAlias = tuple[object, ...]  # what an engine was made from: equal recipes share the engine
_Wanted: TypeAlias = tuple[_Recipe, Callable[[], Engine]]


class Assembly:
    """Called in a worker thread: importing the engines takes longer than a frame, a keyring may ask."""

    def __init__(
        self,
        models_dir: Path,
        key_of: KeyOf,
        free_bytes: Callable[[], int | None],
        auto_threads: Callable[[], int],
        keep_of: KeepOf = lambda _ref: None,
    ) -> None:
        self._models_dir = models_dir
        self._key_of = key_of
        self._free_bytes = free_bytes
        self._auto_threads = auto_threads
        self._keep_of = keep_of
        self._built: dict[_Recipe, Engine] = {}

    def build(self, settings: Settings) -> tuple[Sequence[Engine], Sequence[str]]:
        """All engines in the order of the picker, and a sentence for each that cannot be built."""
        built: dict[_Recipe, Engine] = {}
        problems: list[str] = []
        for wanted in (self._want_builtin, self._want_ollama, *map(self._wanting, settings.openai_servers)):
            try:
                recipe, build = wanted(settings)
                built[recipe] = self._built.get(recipe) or build()
            except BadInput as error:
                problems.append(error.sentence())
        self._built = built
        self._offer_files(settings)
        return tuple(built.values()), problems

    def _want_builtin(self, settings: Settings) -> _Wanted:
        from slmdesk.engines.builtin.engine import BuiltinEngine

        threads = settings.threads or self._auto_threads()
        return ("builtin", threads, settings.idle_unload_s), lambda: BuiltinEngine(
            self._models_dir,
            (),
            threads=threads,
            idle_unload_s=settings.idle_unload_s,
            free_bytes=self._free_bytes,
            keep_s=lambda name: self._keep_of(f"builtin/{name}"),
        )

    def _offer_files(self, settings: Settings) -> None:
        """Another list of files is no reason to end the answers of the built-in engine."""
        from slmdesk.engines.builtin.engine import BuiltinEngine

        for engine in self._built.values():
            if isinstance(engine, BuiltinEngine):
                engine.offer(tuple(map(Path, settings.model_files)))

    def _want_ollama(self, settings: Settings) -> _Wanted:
        from slmdesk.engines.ollama.engine import OllamaEngine

        host, at_once = settings.ollama_host, settings.ollama_at_once
        return ("ollama", host, at_once), lambda: OllamaEngine(host, at_once=at_once, keep_of=self._keep_of)

    def _wanting(self, server: ServerAddress) -> Callable[[Settings], _Wanted]:
        def want(_settings: Settings) -> _Wanted:
            if server.id in OWN_IDS:  # the settings may have been written by hand
                raise BadInput(
                    say(
                        "The server “{label}” has the id “{id}”, which belongs to another engine.",
                        label=server.label,
                        id=server.id,
                    ),
                    next_step=say("Remove it in Settings and add it again."),
                )
            key = self._key_of(server.address)
            return ("server", server, key), lambda: make_engine(server, key, self._keep_of)

        return want


def make_engine(server: ServerAddress, key: str | None, keep_of: KeepOf = lambda _ref: None) -> Engine:
    """The engine of a server, by its kind; raises BadInput. Importing its parts takes a while."""
    if server.kind == "ollama":
        from slmdesk.engines.ollama.engine import OllamaEngine

        return OllamaEngine(
            server.address,
            engine_id=server.id,
            label=server.label,
            api_key=key,
            at_once=server.at_once,
            keep_of=keep_of,
        )
    from slmdesk.engines.openai_compat.dialect import COMPATIBLE, OPENAI, azure_dialect
    from slmdesk.engines.openai_compat.engine import OpenAICompatible

    match server.kind:
        case "azure":
            dialect = azure_dialect(server.api_version, server.models)
        case "openai":
            dialect = OPENAI
        case _:
            dialect = COMPATIBLE
    return OpenAICompatible(
        server.id, server.label, server.address, key, dialect=dialect, at_once=server.at_once
    )
