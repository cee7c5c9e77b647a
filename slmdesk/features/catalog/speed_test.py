"""A short test of a model on this machine: how fast it reads and writes, and the memory that it takes."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from slmdesk.base.errors import BadReply, SlmdeskError
from slmdesk.base.words import say
from slmdesk.config.json_file import keep_aside, read_object, write_object
from slmdesk.engines.base import Done, Engine, Message, Options, Request, Timings
from slmdesk.engines.library import file_engine
from slmdesk.engines.registry import Registry
from slmdesk.store.speeds import WritingSpeed

CONTEXT_TOKENS = 2048
_TRIAL_TOKENS = 24
_WRITING_S = 8.0  # what is left of the time after loading and the trial, with room for slow moments
_LEAST_TOKENS, _MOST_TOKENS = 16, 400
_PROMPT = (
    "Describe in detail how water moves between the sea, the air, the mountains and the rivers, and what "
    "plants, animals and people do with it on its way. Write as much as you can, in whole sentences."
)


@dataclass(frozen=True, slots=True)
class SpeedTest:
    """Tokens a second, bytes in memory, Unix seconds; None where it is not known."""

    model_ref: str
    tokens_per_s: float
    prompt_tokens_per_s: float | None = None
    load_s: float | None = None
    memory_bytes: int | None = None
    measured_at: float = 0.0


class SpeedTests:
    """Kept in a small file, the last test of each model.

    `resident_bytes` tells what the processes of a model take of the memory.
    """

    def __init__(
        self,
        path: Path,
        registry: Registry,
        resident_bytes: Callable[[Sequence[int]], int | None] = lambda _pids: None,
    ) -> None:
        self._path = path
        self._registry = registry
        self._resident_bytes = resident_bytes

    def all(self) -> Mapping[str, SpeedTest]:
        """By `engine/model`; what is damaged is left out. Works on the disk."""
        try:
            entries = (read_object(self._path) or {}).get("tests")
        except ValueError:
            keep_aside(self._path)
            return {}
        except SlmdeskError:  # no reason to show nothing else
            return {}
        found = [_read(entry) for entry in entries] if isinstance(entries, list) else []
        return {test.model_ref: test for test in found if test is not None}

    def speeds(self) -> Mapping[str, WritingSpeed]:
        """What the tests found, as if it were one answer of each model. Works on the disk."""
        return {ref: WritingSpeed(test.tokens_per_s, 1) for ref, test in self.all().items()}

    async def run(self, model_ref: str) -> SpeedTest:
        """Twenty seconds at most after the model was loaded, mostly fewer; raises EngineError, StoreError."""
        engine, name = self._registry.resolve(model_ref)
        trial = await _write(engine, name, _TRIAL_TOKENS)
        rate = trial.output_tokens_per_s or 0.0
        wanted = max(_LEAST_TOKENS, min(round(rate * _WRITING_S), _MOST_TOKENS))
        timings = await _write(engine, name, wanted)
        rate = timings.output_tokens_per_s or rate
        if not rate:
            raise BadReply(say("The model wrote too little to be measured."))
        reading = trial.prompt_tokens_per_s or timings.prompt_tokens_per_s
        memory = await self._memory_bytes(engine, name)
        test = SpeedTest(f"{engine.id}/{name}", rate, reading, trial.load_s, memory, time.time())
        await asyncio.to_thread(self._keep, test)
        return test

    async def _memory_bytes(self, engine: Engine, name: str) -> int | None:
        """By its processes where they are ours, else as its server says."""
        files = file_engine(engine)
        held = files.in_memory(name) if files else name
        found = next((model for model in await engine.loaded() if model.name == held), None)
        if found is None or not found.pids:
            return found.size_bytes if found else None
        return await asyncio.to_thread(self._resident_bytes, found.pids)

    def _keep(self, test: SpeedTest) -> None:
        tests = {**self.all(), test.model_ref: test}
        write_object(self._path, {"tests": [asdict(one) for one in tests.values()]})


async def _write(engine: Engine, name: str, tokens: int) -> Timings:
    options = Options(context_tokens=CONTEXT_TOKENS, max_tokens=tokens, temperature=0.7, seed=1)
    request = Request(name, (Message("user", _PROMPT),), options)
    timings = Timings()
    async with contextlib.aclosing(engine.stream(request)) as chunks:
        async for chunk in chunks:
            if isinstance(chunk, Done):
                timings = chunk.timings
    return timings


def _read(entry: object) -> SpeedTest | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("model_ref"), str):
        return None
    rate, measured_at, memory = (
        _number(entry.get(key)) for key in ("tokens_per_s", "measured_at", "memory_bytes")
    )
    if not rate or measured_at is None:
        return None
    return SpeedTest(
        entry["model_ref"],
        rate,
        _number(entry.get("prompt_tokens_per_s")),
        _number(entry.get("load_s")),
        None if memory is None else int(memory),
        measured_at,
    )


def _number(value: object) -> float | None:
    """A number that can be one of these."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and isinstance(value, int | float) and 0 <= value < 1e15 else None
