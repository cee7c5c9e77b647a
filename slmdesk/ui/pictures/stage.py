"""An engine for pictures: its models say what is written here, and hold still where a picture is wanted."""

import asyncio
import itertools
import re
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import TypeAlias

from slmdesk.base.errors import EngineError, Interrupted, OutOfMemory, RequestRefused
from slmdesk.engines.base import (
    Capabilities,
    Chunk,
    Delta,
    Done,
    LoadedModel,
    ModelInfo,
    Phase,
    Progress,
    Request,
    StopReason,
    Timings,
    TokenLogprob,
    Vector,
)

# A chunk is said, an error raised; at None the engine waits to be let go, and ends.
Line: TypeAlias = Chunk | EngineError | None

GB = 1_000_000_000
DONE = Done(
    StopReason.END,
    Timings(
        load_s=1.2,
        prompt_tokens=48,
        prompt_tokens_cached=16,
        prompt_s=0.2,
        output_tokens=188,
        output_s=6.0,
        ttft_s=0.42,
        total_s=6.4,
    ),
)
PROMPT = "Explain Python generators, with a short example."
ANSWER = """A **generator** is a function that hands out its values one at a time. It keeps its place \
between calls, so it needs no list in memory.

```python
def countdown(n):
    while n:
        yield n
        n -= 1
```

Use one when the values are many, or never end:

| | List | Generator |
|---|---|---|
| Memory | all values | one value |
| Can be read twice | yes | no |

1. `next(g)` takes one value.
2. `for x in g` takes all of them.
"""
SHORT = "A generator hands out values one at a time, with `yield`. It needs no list in memory."
FORMULAS = r"""The roots of $ax^2 + bx + c = 0$ are

$$x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$$

They are real when $b^2 \ge 4ac$. For $x^2 - 3x + 2$ they are $1$ and $2$.
"""
THOUGHT = "The user wants the general formula. I complete the square:\n\n- divide by a\n- add (b/2a)²\n"
MEMORY = OutOfMemory(
    "mistral-small-24b-instruct needs about 15.9 GB with a context of 4,096 tokens, and 6.2 GB are free.",
    needed_bytes=int(15.9 * GB),
    free_bytes=int(6.2 * GB),
)
CUT = Interrupted("The engine closed the connection in the middle of the answer.")

ALIKE = (
    "The Eiffel Tower was built in 1889 for the World's Fair. It is 330 metres high and made of iron.",
    "The Eiffel Tower was built in 1889 for the World's Fair. It is 312 metres high.",
    "The Eiffel Tower was finished in 1887 for the World's Fair. It is 330 metres high and made of steel.",
)
LIST = (
    "When was the Eiffel Tower built?",
    "Explain Python generators in one sentence.",
    "Translate “good morning” into French, Spanish and Italian.",
    "What is the capital of Australia?",
    "Name three uses of a hash table.",
)
FILES = {
    "sales.csv": "month,region,amount\n" + "January,North,120\nFebruary,South,140\n" * 40,
    "A long name of some minutes of the meeting in March, second version.md": "# Minutes\n\n" + SHORT,
    "virus.exe": "MZ\0\1\2",
}
JSON_PROMPT = "Take the invoice apart: three boxes of pears at 12.50 each, for Ada Lovelace, due on 1 May."
JSON_ANSWER = """{"customer": "Ada Lovelace", "due": "2026-05-01", "items": [
  {"name": "box of pears", "count": 3, "price": 12.5}], "is_paid": false}"""
JSON_SCHEMA = """{
  "type": "object",
  "properties": {
    "customer": {"type": "string"},
    "due": {"type": "string"},
    "items": {
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "name": {"type": "string"},
          "count": {"type": "integer"},
          "price": {"type": "number"}
        },
        "required": ["name", "count", "price"]
      }
    },
    "is_paid": {"type": "boolean"}
  },
  "required": ["customer", "items"]
}"""
SERVER = "http://office-box.local:1234/v1"

CATALOGUED = "qwen2.5-7b-instruct"
LONG = "hf.co/maker/A-Very-Long-Name-Of-A-Model-13B-Instruct-GGUF:Q5_K_M"
SIZES = {
    "qwen3:4b": int(2.5 * GB),
    "llama3.2:3b": 2 * GB,
    "gemma3:1b": int(0.8 * GB),
    "phi4-mini": int(2.5 * GB),
    "mistral-small:24b": 14 * GB,
    LONG: 9 * GB,
}
WRITES = (Progress(Phase.READING, 32, 48), Delta(ANSWER), DONE)


# What a model says to everything, or what it says to a request.
Lines: TypeAlias = Sequence[Line] | Callable[[Request], Sequence[Line]]


def weighed() -> tuple[Line, ...]:
    """The usual answer word by word, with logprobs of which a few are low."""
    logprobs = itertools.cycle((-0.02, -0.4, -0.1, -0.9, -0.05, -0.3, -2.2, -0.01, -0.2, -0.08, -3.5))
    others = ((" class", -1.9), (" list", -2.4), (" tool", -3.1))
    words = re.findall(r"\s*\S+", ANSWER)
    tokens = (TokenLogprob(word, logprob, others) for word, logprob in zip(words, logprobs, strict=False))
    return (*(Delta(token.token, logprobs=(token,)) for token in tokens), DONE)


class StageEngine:
    """`lines` are what a model says; without any it writes the usual answer. `is_held` while one waits."""

    id = "example"
    label = "Example engine"
    address = ""
    is_local = True
    capabilities = Capabilities(logprobs=True, thinking=True, schema=True, unload=True)

    def __init__(self) -> None:
        self.lines: Mapping[str, Lines] = {}
        self.held = 0
        self._go = asyncio.Event()
        self._in_memory: set[str] = set()

    def play(self, lines: Mapping[str, Lines]) -> None:
        """Say this from now on."""
        self.lines = lines
        self._go.clear()

    def let_go(self) -> None:
        """End the pauses."""
        self._go.set()

    async def models(self) -> list[ModelInfo]:
        return [
            ModelInfo(
                self.id,
                name,
                size,
                quantization="Q4_K_M",
                context_tokens=32_768,
                kv_bytes_per_token=100_000,
                capabilities=frozenset({"completion"}),
            )
            for name, size in SIZES.items()
        ]

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        yield Progress(Phase.WAITING)
        self._in_memory.add(request.model)
        lines = self.lines.get(request.model, WRITES)
        for line in lines(request) if callable(lines) else lines:
            if isinstance(line, EngineError):
                raise line
            if line is not None:
                yield line
                continue
            self.held += 1
            try:
                await self._go.wait()
            finally:
                self.held -= 1
            yield DONE

    async def count_tokens(self, model: str, text: str) -> int | None:
        return None

    async def embed(self, model: str, texts: Sequence[str]) -> list[Vector]:
        raise RequestRefused("The example engine makes no embeddings.")

    async def loaded(self) -> list[LoadedModel]:
        return [
            LoadedModel(self.id, name, SIZES[name], SIZES[name], 4096, time.time() + 240)
            for name in sorted(self._in_memory)
        ]

    async def unload(self, model: str) -> None:
        self._in_memory.discard(model)

    async def aclose(self) -> None:
        self.let_go()
