"""The machine, the engines and the models of a report: asked now, unknown where nobody says."""

import asyncio
import contextlib
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

from slmdesk import __version__
from slmdesk.base.errors import EngineError
from slmdesk.base.machine import Machine
from slmdesk.base.memory import round_gigabytes
from slmdesk.base.words import number, say
from slmdesk.engines.base import Engine
from slmdesk.engines.inquiry import identify
from slmdesk.engines.library import file_engine
from slmdesk.engines.registry import Registry
from slmdesk.features.evaluate.report.report import ModelFacts, ReportFacts

_WITHIN_S = 3.0
_ENGINE_PACKAGE = "xllamacpp"


class AsksMachine(Protocol):
    """Looks at the machine (see features.monitor)."""

    async def ask(self) -> Machine: ...


class Premises(Protocol):
    """What a report needs of the program; the services fulfil it."""

    @property
    def registry(self) -> Registry: ...
    @property
    def machine(self) -> AsksMachine: ...
    def memory_bytes(self, model_ref: str, context_tokens: int) -> int | None: ...


async def gather_facts(premises: Premises, model_refs: Sequence[str], context_tokens: int) -> ReportFacts:
    """As it is now; an engine that does not answer has no version."""
    machine = await premises.machine.ask()
    engines = {engine.id: engine for engine in premises.registry.engines}
    used = [engines[name] for name in dict.fromkeys(map(_engine_id, model_refs)) if name in engines]
    names = dict(zip((engine.id for engine in used), await asyncio.gather(*map(_named, used)), strict=True))
    return ReportFacts(
        f"SLM Desk {__version__}",
        time.time(),
        tuple(await asyncio.to_thread(lambda: list(_machine_words(machine)))),
        {ref: _model_facts(premises, ref, context_tokens, names) for ref in model_refs},
    )


def _engine_id(model_ref: str) -> str:
    return model_ref.partition("/")[0]


def _model_facts(
    premises: Premises, ref: str, context_tokens: int, engine_names: Mapping[str, str]
) -> ModelFacts:
    info = premises.registry.info(ref)
    engine = engine_names.get(_engine_id(ref), "")
    if info is None:
        return ModelFacts(engine=engine)
    return ModelFacts(
        info.digest or "",
        info.quantization or "",
        info.size_bytes,
        premises.memory_bytes(ref, context_tokens),
        engine,
    )


async def _named(engine: Engine) -> str:
    """ "Ollama 0.12.3": what the user calls it, with the program and the version that answer there."""
    if file_engine(engine):
        with contextlib.suppress(PackageNotFoundError):
            return f"{engine.label} ({_ENGINE_PACKAGE} {version(_ENGINE_PACKAGE)})"
    if not engine.address:
        return engine.label
    with contextlib.suppress(EngineError):
        found = await identify(engine.address, within_s=_WITHIN_S)
        name = f"{found.name} {found.version}".strip()
        return name if found.name == engine.label else f"{engine.label} ({name})"
    return engine.label


def _machine_words(machine: Machine) -> Iterable[tuple[str, str]]:
    yield say("System"), platform.platform()
    yield say("Processor"), say("{name}, {count} threads", name=_processor(), count=machine.threads)
    if machine.total_bytes is not None:
        yield say("Memory"), say("{total} GB", total=round_gigabytes(machine.total_bytes))
    if machine.bandwidth is not None:
        rate = number(machine.bandwidth.bytes_per_s / 1e9, ".0f")
        yield say("Memory bandwidth"), say("{rate} GB/s", rate=rate)
    yield say("Graphics cards"), ", ".join(machine.gpus) or say("none found")


def _processor() -> str:
    """Linux alone does not tell it to Python."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
