"""The test of a server in Settings: what answered, which version, how many models, or what is wrong."""

import asyncio
from dataclasses import dataclass

from slmdesk.base.errors import BadReply, EngineError, NotAuthorised, SlmdeskError
from slmdesk.base.words import counted, say
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
        return Verdict(
            False,
            say(
                "{label} did not answer within {within_s:g} seconds.", label=engine.label, within_s=_WITHIN_S
            ),
        )
    except EngineError as error:
        return Verdict(False, error.sentence())
    finally:
        await engine.aclose()


async def _judged(server: ServerAddress, key: str | None, engine: Engine, models: list[ModelInfo]) -> Verdict:
    missing = [model.name for model in models if model.problem]
    if missing:
        names = ", ".join(f"“{name}”" for name in missing)
        return Verdict(False, say("Azure takes the key, but has no deployment {names}.", names=names))
    match server.kind:
        case "azure":
            return Verdict(
                True,
                counted(
                    len(models),
                    "Azure OpenAI takes the key and has {count:,} deployment.",
                    "Azure OpenAI takes the key and has {count:,} deployments.",
                ),
            )
        case "openai":
            return Verdict(True, say("OpenAI takes the key and offers {offer}.", offer=_offer(len(models))))
    return await _introduced(server, key, engine, len(models))


async def _introduced(server: ServerAddress, key: str | None, engine: Engine, model_count: int) -> Verdict:
    from slmdesk.engines.inquiry import identify

    offer = _offer(model_count)
    try:
        identity = await identify(engine.address, key, within_s=_IDENTITY_WITHIN_S)
    except NotAuthorised:
        raise
    except BadReply:  # it lists models, so it is one, whatever it says of itself
        return Verdict(True, say("A model server answers and offers {offer}.", offer=offer))
    name = f"{identity.name} {identity.version}".strip()
    if identity.is_locked:
        return Verdict(
            False,
            say("{name} answers, but refuses the key.", name=name)
            if key
            else say("{name} wants a key.", name=name),
        )
    if identity.program == "ollama" and server.kind != "ollama":
        return Verdict(
            True,
            say(
                "{name} answers and offers {offer}. Choose the kind Ollama: only its own protocol "
                "sets the context length.",
                name=name,
                offer=offer,
            ),
        )
    return Verdict(True, say("{name} answers and offers {offer}.", name=name, offer=offer))


def _offer(model_count: int) -> str:
    return counted(model_count, "{count:,} model", "{count:,} models")
