"""All engines by their ids: what they offer, and which one a model's name means."""

import asyncio
import difflib
from collections.abc import Collection, Mapping, Sequence

from slmdesk.base.errors import EngineError, EngineOffline, ModelMissing
from slmdesk.base.events import Event
from slmdesk.base.words import joined, say
from slmdesk.engines.base import Engine, EngineState, LoadedModel, ModelInfo

_DEFAULT_TAG = ":latest"


class Registry:
    """Knows the engines and what was seen at the last look; `changed` tells of every look."""

    def __init__(self, engines: Sequence[Engine] = ()) -> None:
        self.changed: Event[None] = Event()
        self._engines: dict[str, Engine] = {engine.id: engine for engine in engines}
        self._states: dict[str, EngineState] = {}

    @property
    def engines(self) -> tuple[Engine, ...]:
        """All engines, in the order in which they were given."""
        return tuple(self._engines.values())

    @property
    def states(self) -> Mapping[str, EngineState]:
        """What was seen of each engine that has been looked at, by id and in the engines' order."""
        return {id_: self._states[id_] for id_ in self._engines if id_ in self._states}

    def replace(self, engines: Sequence[Engine]) -> tuple[Engine, ...]:
        """Use these engines from now on; returns those that are gone, for the caller to close."""
        kept = {id(engine) for engine in engines}
        gone = tuple(engine for engine in self._engines.values() if id(engine) not in kept)
        self._engines = {engine.id: engine for engine in engines}
        self._states = {id_: state for id_, state in self._states.items() if self._is_current(state.engine)}
        self.changed.emit(None)
        return gone

    async def refresh(self, refs: Collection[str] = ()) -> None:
        """Look at all engines at once; each has its own problem, and a slow one holds up nobody.

        For `refs` only at the engines that these `engine/model` name, and at all for a bare name.
        """
        await asyncio.gather(*(self._look(engine) for engine in self._named(refs)))

    def models(self) -> list[ModelInfo]:
        """Every model that was on offer at the last look."""
        return [model for state in self.states.values() for model in state.models]

    def info(self, ref: str) -> ModelInfo | None:
        """What is known of a model, by `engine/model`; None if it was not listed."""
        return next((model for model in self.models() if _is_named(model.ref, ref)), None)

    def is_lost(self, ref: str) -> bool:
        """Whether this `engine/model` cannot be asked: its engine was removed, or answers without it."""
        engine_id = ref.partition("/")[0]
        is_removed = bool(self._engines) and engine_id not in self._engines
        return is_removed or (self._is_known(engine_id) and self.info(ref) is None)

    def resolve(self, ref: str) -> tuple[Engine, str]:
        """The engine and its own model name for `engine/model`, or for a bare name that only one offers.

        An engine that was not reached is believed: asking it gives the better error.
        """
        engine_id, _, name = ref.partition("/")
        engine = self._engines.get(engine_id)
        if engine is not None and name:
            listed = self.info(ref)
            if listed is None and self._is_known(engine_id):
                raise self._missing(ref)
            return engine, listed.name if listed else name
        found = [model for model in self.models() if _is_named(model.name, ref)]
        if len(found) > 1:
            refs = joined([model.ref for model in found])
            raise ModelMissing(
                say("“{ref}” is offered more than once.", ref=ref),
                next_step=say("Name one of {refs}.", refs=refs),
            )
        if not found:
            raise self._missing(ref)
        return self._engines[found[0].engine_id], found[0].name

    async def count_tokens(self, ref: str, text: str) -> int | None:
        """By the model's own vocabulary, None where that cannot be had at once: then estimate."""
        try:
            engine, name = self.resolve(ref)
            return await engine.count_tokens(name, text)
        except EngineError:
            return None

    async def loaded(self, refs: Collection[str] = ()) -> list[LoadedModel]:
        """What is in memory now, over all engines that answer, or over those that `refs` name."""
        answers = await asyncio.gather(*(_loaded(engine) for engine in self._named(refs)))
        return [model for answer in answers for model in answer]

    async def aclose(self) -> None:
        """Close every engine."""
        await asyncio.gather(*(engine.aclose() for engine in self.engines))

    async def _look(self, engine: Engine) -> None:
        try:
            state = EngineState(engine, tuple(await engine.models()))
        except EngineError as error:
            is_absent = isinstance(error, EngineOffline)
            state = EngineState(engine, (), error.message, error.next_step, is_absent)
        if self._is_current(engine):  # it may have been replaced meanwhile
            self._states[engine.id] = state
            self.changed.emit(None)

    def _named(self, refs: Collection[str]) -> tuple[Engine, ...]:
        ids = {ref.partition("/")[0] for ref in refs}
        is_clear = all("/" in ref for ref in refs) and ids <= self._engines.keys()
        return tuple(self._engines[id_] for id_ in self._engines if id_ in ids or not ids or not is_clear)

    def _is_current(self, engine: Engine) -> bool:
        return self._engines.get(engine.id) is engine

    def _is_known(self, engine_id: str) -> bool:
        state = self._states.get(engine_id)
        return state is not None and state.is_online

    def _missing(self, ref: str) -> ModelMissing:
        refs = [model.ref for model in self.models()]
        by_name = {model.name: model.ref for model in self.models()}
        close = difflib.get_close_matches(ref, refs, n=3, cutoff=0.5)
        close += [
            by_name[name]
            for name in difflib.get_close_matches(ref.rpartition("/")[2], by_name, n=3, cutoff=0.5)
        ]
        near = list(dict.fromkeys(close))[:3]
        if near:
            return ModelMissing(
                say("No engine offers “{ref}”.", ref=ref),
                next_step=say("Did you mean {near}?", near=f" {say('or')} ".join(near)),
            )
        return ModelMissing(say("No engine offers “{ref}”.", ref=ref))


def _is_named(name: str, wanted: str) -> bool:
    """Ollama's names have a tag, which people leave out when it is the default one."""
    return name in (wanted, wanted + _DEFAULT_TAG)


async def _loaded(engine: Engine) -> list[LoadedModel]:
    try:
        return await engine.loaded()
    except EngineError:
        return []  # its state says what is wrong
