"""Room for models on this machine: what is free, what is loaded already, and what would not fit."""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace

from slmdesk.base.errors import EngineError, OutOfMemory
from slmdesk.base.events import Event
from slmdesk.base.memory import gigabytes
from slmdesk.base.words import say
from slmdesk.engines.base import Engine, LoadedModel, ModelInfo, Options
from slmdesk.engines.registry import Registry
from slmdesk.features.catalog.entry import Architecture
from slmdesk.features.catalog.fit import Fit, estimate_fit
from slmdesk.features.catalog.outlook import Outlook, foresee, in_order_of_leaving

BUILTIN = "builtin"

_FREE_IS_FRESH_S = 1.0  # a picker asks for hundreds of models at once


class Room:
    """Judges by the last look at the engines; `refresh` takes another, and `looked` tells of it.

    The built-in engine works in main memory; the others are given that of the graphics cards, too.
    `shape_of` tells the layers of a model that is known otherwise.
    """

    def __init__(
        self,
        registry: Registry,
        free_bytes: Callable[[], int | None],
        free_video_bytes: Callable[[], Awaitable[int]] | None = None,
        total_bytes: Callable[[], int | None] = lambda: None,
        shape_of: Callable[[ModelInfo], Architecture | None] = lambda _model: None,
    ) -> None:
        self.looked: Event[Mapping[str, LoadedModel]] = Event()
        self._registry = registry
        self._ask_free_bytes = free_bytes
        self._ask_free_video_bytes = free_video_bytes
        self._ask_total_bytes = total_bytes
        self._shape_of = shape_of
        self._video_bytes = 0
        self._free_bytes: int | None = None
        self._total_bytes: int | None = None
        self._asked_at = float("-inf")
        self.loaded: Mapping[str, LoadedModel] = {}

    async def refresh(self, refs: Collection[str] = ()) -> None:
        """Ask the engines (of `refs`, if any) what is in memory now, and the graphics cards what is left."""
        self.loaded = {model.ref: model for model in await self._registry.loaded(refs)}
        if self._ask_free_video_bytes is not None:
            self._video_bytes = await self._ask_free_video_bytes()
        self.looked.emit(self.loaded)

    @property
    def free_bytes(self) -> int | None:
        """Free memory, at most a second old; None if it cannot be had."""
        now = time.monotonic()
        if now - self._asked_at > _FREE_IS_FRESH_S:
            self._free_bytes, self._total_bytes = self._ask_free_bytes(), self._ask_total_bytes()
            self._asked_at = now
        return self._free_bytes

    def free_for(self, model_ref: str) -> int | None:
        """What a model of this engine could take; None if it is not known."""
        free_bytes = self.free_bytes
        if free_bytes is None or model_ref.partition("/")[0] == BUILTIN:
            return free_bytes
        return free_bytes + self._video_bytes

    def fit(self, model_ref: str, context_tokens: int) -> Fit | None:
        """Whether a model fits; None where the question makes no sense: not here, or not known."""
        model = self._registry.info(model_ref)
        engine = self._engine(model.engine_id) if model else None
        if model is None or engine is None or not _loads_here(engine):
            return None
        is_loaded = self._is_loaded(model.ref, context_tokens)
        fit = self._estimate(model, context_tokens, self.free_for(model.ref), is_loaded=is_loaded)
        outlook = self._outlook(fit, model.ref)
        return replace(fit, outlook=outlook.words) if outlook else fit

    def _estimate(
        self, model: ModelInfo, context_tokens: int, free_bytes: int | None, *, is_loaded: bool = False
    ) -> Fit:
        """The built-in engine charges every layer in full before it loads, so its models are told so."""
        shape = None if model.engine_id == BUILTIN else self._shape_of(model)
        return estimate_fit(model, context_tokens, free_bytes, is_loaded=is_loaded, shape=shape)

    def _outlook(self, fit: Fit, model_ref: str) -> Outlook | None:
        """What loading this model would do; None if it is loaded, or its size or free memory unknown."""
        if fit.is_loaded or fit.needed_bytes is None or fit.free_bytes is None:
            return None
        engine_id = model_ref.partition("/")[0]
        loaded = [model for model in self.loaded.values() if model.engine_id == engine_id]
        return foresee(
            fit.needed_bytes,
            fit.free_bytes,
            mapped_bytes=sum(map(self._mapped_bytes, loaded)) if engine_id == BUILTIN else 0,
            total_bytes=self._total_bytes,
            own=self.loaded.get(model_ref),
            idle=in_order_of_leaving(model for model in loaded if model.ref != model_ref),
        )

    def _mapped_bytes(self, model: LoadedModel) -> int:
        """Weights that the kernel could read again, and that are needed for every token all the same."""
        info = self._registry.info(model.ref)
        return (info.size_bytes if info else None) or 0

    def needed_bytes(self, model_ref: str, context_tokens: int) -> int | None:
        """What is still to be loaded for a model: nothing if it is in memory or runs elsewhere."""
        model = self._registry.info(model_ref)
        engine = self._engine(model.engine_id) if model else None
        if engine is not None and not _loads_here(engine):
            return 0
        fit = self.fit(model_ref, context_tokens)
        if fit is None:
            return None
        return 0 if fit.is_loaded else fit.needed_bytes

    async def check(self, model_ref: str, options: Options) -> OutOfMemory | None:
        """The refusal of a model that would take more than may be used; None if it may be loaded.

        The built-in engine knows its own memory best and refuses by itself.
        """
        fit = self.fit(model_ref, options.context_tokens)
        if fit is None or fit.kind != "too large" or fit.needed_bytes is None or fit.free_bytes is None:
            return None
        engine, name = self._registry.resolve(model_ref)
        if engine.id == BUILTIN:
            return None
        free_bytes = fit.free_bytes + await self._reclaimable_bytes(engine)
        model = self._registry.info(model_ref)
        if model is None or self._is_loaded(model.ref, options.context_tokens):
            return None
        if self._estimate(model, options.context_tokens, free_bytes).kind != "too large":
            return None
        return OutOfMemory(
            say(
                "{name} needs about {needed} GB with this context, and {free} GB can be had.",
                name=name,
                needed=gigabytes(fit.needed_bytes),
                free=gigabytes(free_bytes),
            ),
            needed_bytes=fit.needed_bytes,
            free_bytes=free_bytes,
        )

    async def _reclaimable_bytes(self, engine: Engine) -> int:
        """What this engine has in memory now: it makes room by itself."""
        try:
            loaded = await engine.loaded()
        except EngineError:
            return 0
        others = {ref: model for ref, model in self.loaded.items() if model.engine_id != engine.id}
        self.loaded = others | {model.ref: model for model in loaded}
        return sum(model.size_bytes or 0 for model in loaded)

    def _is_loaded(self, model_ref: str, context_tokens: int) -> bool:
        """With this context: another one means loading again."""
        loaded, model = self.loaded.get(model_ref), self._registry.info(model_ref)
        usable = min(context_tokens, (model.context_tokens if model else None) or context_tokens)
        return loaded is not None and loaded.context_tokens in (None, context_tokens, usable)

    def _engine(self, engine_id: str) -> Engine | None:
        return next((engine for engine in self._registry.engines if engine.id == engine_id), None)


def _loads_here(engine: Engine) -> bool:
    """Models of this engine are loaded into this machine's memory when they are asked."""
    return engine.is_local and engine.capabilities.unload
