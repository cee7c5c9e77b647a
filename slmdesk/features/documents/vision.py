"""Whether a model can look at pictures, in words."""

from typing import Protocol

from slmdesk.base.errors import EngineError
from slmdesk.base.words import say
from slmdesk.engines.base import Capabilities, ModelInfo
from slmdesk.engines.generation import Resolver


class KnowsModels(Resolver, Protocol):
    """What is needed of the registry."""

    def info(self, ref: str) -> ModelInfo | None: ...


def vision_refusal(capabilities: Capabilities, model: ModelInfo | None) -> str:
    """Why pictures cannot be sent to this model, "" if they can.

    A server that does not say what its model can do is believed to know: it refuses by itself.
    """
    if not capabilities.vision:
        return say(
            "This engine cannot look at pictures. Choose a vision model of Ollama or of another server."
        )
    if model is not None and model.capabilities and "vision" not in model.capabilities:
        return say(
            "{name} cannot look at pictures. Choose a model that can see, or remove the picture.",
            name=model.name,
        )
    return ""


def blindness(registry: KnowsModels, model_ref: str) -> str:
    """As `vision_refusal`; "" where the engine is not known: asking it says what is wrong."""
    try:
        engine, _ = registry.resolve(model_ref)
    except EngineError:
        return ""
    return vision_refusal(engine.capabilities, registry.info(model_ref))
