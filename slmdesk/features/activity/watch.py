"""Notes in the log of activity what engines and models do: one answers, one is gone, one is in memory."""

from collections.abc import Mapping
from typing import Protocol

from slmdesk.base.events import Event
from slmdesk.base.memory import gigabytes
from slmdesk.base.words import say
from slmdesk.engines.base import EngineState, LoadedModel
from slmdesk.features.activity.log import ActivityLog


class KnowsEngines(Protocol):
    """What the watch needs of the registry."""

    changed: Event[None]

    @property
    def states(self) -> Mapping[str, EngineState]: ...


class ActivityWatch:
    """Compares each look with the one before; an engine that never ran is not worth a line."""

    def __init__(
        self, log: ActivityLog, registry: KnowsEngines, looked: Event[Mapping[str, LoadedModel]]
    ) -> None:
        self._log = log
        self._registry = registry
        self._online: dict[str, bool] = {}
        self._loaded: Mapping[str, LoadedModel] = {}
        registry.changed.subscribe(lambda _none: self._on_registry_changed())
        looked.subscribe(self._on_looked)

    def _on_registry_changed(self) -> None:
        for engine_id, state in self._registry.states.items():
            was_online = self._online.get(engine_id, False)
            self._online[engine_id] = state.is_online
            label = state.engine.label
            if state.is_online and not was_online:
                self._log.add(
                    "engine", say("{label} answers; models: {count}.", label=label, count=len(state.models))
                )
            elif was_online and not state.is_online:
                self._log.add(
                    "engine",
                    say("{label} does not answer any more. {problem}", label=label, problem=state.problem),
                )

    def _on_looked(self, loaded: Mapping[str, LoadedModel]) -> None:
        before, self._loaded = self._loaded, loaded
        for ref in loaded.keys() - before.keys():
            size = loaded[ref].size_bytes
            words = "" if size is None else f" ({gigabytes(size)} GB)"
            self._log.add("model", say("{name} is in memory now{words}.", name=loaded[ref].name, words=words))
        for ref in before.keys() - loaded.keys():
            self._log.add("model", say("{name} left the memory.", name=before[ref].name))
