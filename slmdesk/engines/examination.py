"""The test of a server in Settings: what answered, which version, how many models, or what is wrong."""

import asyncio
from dataclasses import dataclass

from slmdesk.base.errors import BadReply, EngineError, NotAuthorised, SlmdeskError
from slmdesk.config.servers import ServerAddress
from slmdesk.engines.assembly import make_engine
from slmdesk.engines.base import Engine, ModelInfo

_WITHIN_S = 20.0
_IDENTITY_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """One or two sentences for the user."""

    is_good: bool
    words: str


async def examine(server: ServerAddress, key: str | None) -> Verdict:
    """Ask the server for its models with this key, and who it is; nothing is generated."""
    try:
        engine = await asyncio.to_thread(make_engine, server, key)
    except SlmdeskError as error:
        return Verdict(False, error.sentence())
    try:
        async with asyncio.timeout(_WITHIN_S):
            models = await engine.models()
            return await _judged(server, key, engine, models)
    except TimeoutError:
        return Verdict(False, f"{engine.label} did not answer within {_WITHIN_S:g} seconds.")
    except EngineError as error:
        return Verdict(False, error.sentence())
    finally:
        await engine.aclose()


async def _judged(server: ServerAddress, key: str | None, engine: Engine, models: list[ModelInfo]) -> Verdict:
    missing = [model.name for model in models if model.problem]
    if missing:
        names = ", ".join(f"“{name}”" for name in missing)
        return Verdict(False, f"Azure takes the key, but has no deployment {names}.")
    match server.kind:
        case "azure":
            return Verdict(True, f"Azure OpenAI takes the key and has {_counted(len(models), 'deployment')}.")
        case "openai":
            return Verdict(True, f"OpenAI takes the key and offers {_counted(len(models), 'model')}.")
    return await _introduced(server, key, engine, len(models))


async def _introduced(server: ServerAddress, key: str | None, engine: Engine, model_count: int) -> Verdict:
    from slmdesk.engines.inquiry import identify

    offer = _counted(model_count, "model")
    try:
        identity = await identify(engine.address, key, within_s=_IDENTITY_WITHIN_S)
    except NotAuthorised:
        raise
    except BadReply:  # it lists models, so it is one, whatever it says of itself
        return Verdict(True, f"A model server answers and offers {offer}.")
    name = f"{identity.name} {identity.version}".strip()
    if identity.is_locked:
        return Verdict(False, f"{name} answers, but refuses the key." if key else f"{name} wants a key.")
    if identity.program == "ollama" and server.kind != "ollama":
        return Verdict(
            True,
            f"{name} answers and offers {offer}. Choose the kind Ollama: "
            "only its own protocol sets the context length.",
        )
    return Verdict(True, f"{name} answers and offers {offer}.")


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' * (number != 1)}"
