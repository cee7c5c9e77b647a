"""Whether a model can look at pictures, in words."""

from slmdesk.base.words import say
from slmdesk.engines.base import Capabilities, ModelInfo


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
