"""Which two columns a comparison begins with."""

from slmdesk.engines.base import Options
from slmdesk.services import Services
from slmdesk.ui.widgets.models.model_list import can_chat
from slmdesk.ui.widgets.prompt.generation_settings import Generation

VARIED = 1.0  # temperature of the second column when there is only one model


def first_columns(services: Services, context_tokens: int) -> list[tuple[str, Generation | None]]:
    """Two models that fit, or one with two settings."""
    first = services.default_model()
    # Nobody chose it: it must not be a model to which the prompt would leave this machine.
    here = [state for state in services.registry.states.values() if state.engine.is_local]
    others = [model for state in here for model in state.models if model.ref != first and can_chat(model)]
    fitting = [
        model.ref
        for model in others
        if (fit := services.fit(model.ref, context_tokens)) is None or fit.kind in ("fits", "tight")
    ]
    varied = Generation(Options(temperature=VARIED))
    return [(first, None), (fitting[0], None) if fitting else (first, varied)]
