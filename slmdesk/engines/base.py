"""The contract that every engine fulfils, and the plain values that cross it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant"]
Vector: TypeAlias = tuple[float, ...]

DEFAULT_CONTEXT_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class Image:
    """An encoded picture; `mime` is its media type, such as "image/png"."""

    data: bytes
    mime: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. `images` are for models that can see, in the turns of the user."""

    role: Role
    content: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How to generate. `None` leaves the choice to the model's own defaults.

    `context_tokens` is always sent: servers that are not told cut the prompt silently.
    """

    context_tokens: int = DEFAULT_CONTEXT_TOKENS
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One generation. `model` is the engine's own name, without the engine's id.

    `top_logprobs` asks for that many alternatives per token; None asks for none.
    `is_oversized_allowed` loads a model even if it needs more memory than is free.
    """

    model: str
    messages: tuple[Message, ...]
    options: Options = Options()
    is_thinking: bool = False
    schema: Mapping[str, Any] | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    top_logprobs: int | None = None
    is_oversized_allowed: bool = False


class Phase(StrEnum):
    """What a generation is doing, in the order in which it happens; it may wait again once it has loaded."""

    WAITING = "waiting"
    LOADING = "loading"
    READING = "reading"
    THINKING = "thinking"
    WRITING = "writing"


class StopReason(StrEnum):
    """Why a finished generation ended, as the server said it."""

    END = "end"
    LENGTH = "length"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token with the natural logarithm of its probability and the alternatives offered.

    Bytes that are but a part of a character are lone surrogates (PEP 383, "surrogateescape").
    """

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Timings:
    """What the server counted; seconds and tokens, None where it is not known to be true.

    `prompt_tokens` counts the whole prompt, `prompt_tokens_cached` the part that was not
    computed again, `prompt_s` the time for the computed part. `ttft_s` (time to first
    token) and `total_s` are measured by us from the moment the request was sent.
    `thinking_tokens` is the part of `output_tokens` that was thinking, shown or not.
    `answer_ttft_s` is as `ttft_s`, to the first token of the answer itself, after thinking.
    """

    load_s: float | None = None
    prompt_tokens: int | None = None
    prompt_tokens_cached: int | None = None
    prompt_s: float | None = None
    output_tokens: int | None = None
    output_s: float | None = None
    ttft_s: float | None = None
    total_s: float | None = None
    thinking_tokens: int | None = None
    answer_ttft_s: float | None = None

    @property
    def output_tokens_per_s(self) -> float | None:
        """Writing speed; fewer than two tokens have no speed."""
        if self.output_tokens is None or self.output_tokens < 2 or not self.output_s:
            return None
        return self.output_tokens / self.output_s

    @property
    def prompt_tokens_per_s(self) -> float | None:
        """Reading speed of the computed part; None while the cached share is unknown."""
        if self.prompt_tokens is None or self.prompt_tokens_cached is None or not self.prompt_s:
            return None
        return (self.prompt_tokens - self.prompt_tokens_cached) / self.prompt_s


@dataclass(frozen=True, slots=True)
class Progress:
    """The phase before text comes: loading in per cent, reading in tokens; None if unknown.

    Waiting in the engine's queue, `done` is how many requests are ahead of this one, 0 for the
    next. `retry_in_s` counts down to asking again a server that takes no more requests now.
    """

    phase: Phase
    done: int | None = None
    total: int | None = None
    retry_in_s: int | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer, of the thinking, or of both. Not always one token.

    `counted` is what the server has counted up to here, where it tells that along the way.
    """

    text: str = ""
    thinking: str = ""
    logprobs: tuple[TokenLogprob, ...] = ()
    counted: Timings | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a function; `arguments` as the model gave them."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """The terminal event: exactly one ends a stream that did not raise.

    `left_out` names options that the model does not take and that it answered without.
    """

    stop_reason: StopReason
    timings: Timings
    left_out: tuple[str, ...] = ()


Chunk: TypeAlias = Progress | Delta | ToolCall | Done


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do at all; a single model may do less.

    `prefill`: where the last message is the assistant's, the answer goes on from its text.
    """

    chat: bool = True
    complete: bool = False
    embed: bool = False
    tokenize: bool = False
    schema: bool = False
    logprobs: bool = False
    vision: bool = False
    thinking: bool = False
    pull: bool = False
    create: bool = False
    unload: bool = False
    prefill: bool = False


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that an engine offers; None where the engine does not say.

    `size_bytes` are the weights on disk, `parameters` a count, `context_tokens` the
    longest context the model was trained for. `kv_bytes_per_token` is the size of the
    KV cache for one token at 16 bits (layers x KV heads x head size x 2 x 2 bytes).
    `problem` says why a listed model cannot be used now (its file is gone), "" if it can.
    `base` is the model that a custom one was made from, "" for others.
    """

    engine_id: str
    name: str
    size_bytes: int | None = None
    parameters: int | None = None
    quantization: str | None = None
    family: str | None = None
    context_tokens: int | None = None
    kv_bytes_per_token: int | None = None
    capabilities: frozenset[str] = frozenset()
    digest: str | None = None
    problem: str = ""
    base: str = ""

    @property
    def ref(self) -> str:
        """The name used everywhere in the program: `engine/model`."""
        return f"{self.engine_id}/{self.name}"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory. `vram_bytes` is the part on the GPU.

    `expires_at` in Unix seconds, endless for one that stays as long as the program runs; None while it
    is in use, or where it is not known. `slots` is how many answers it serves at once, None where the
    engine does not say.
    """

    engine_id: str
    name: str
    size_bytes: int | None = None
    vram_bytes: int | None = None
    context_tokens: int | None = None
    expires_at: float | None = None
    pids: tuple[int, ...] = ()
    slots: int | None = None

    @property
    def ref(self) -> str:
        return f"{self.engine_id}/{self.name}"


class Engine(Protocol):
    """Runs models. `id` names it in `engine/model`; `label` is what the user reads.

    Every method raises only EngineError (see base.errors). `address` is where requests
    go, "" for the built-in engine; `is_local` says that nothing leaves this machine.
    """

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def is_local(self) -> bool: ...
    @property
    def capabilities(self) -> Capabilities: ...

    async def models(self) -> list[ModelInfo]:
        """All models on offer now; raises EngineOffline when nothing answers."""
        ...

    def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """Generate: ends in exactly one Done, or raises EngineError.

        Closing the iterator stops the server. A generation is never repeated by itself.
        """
        ...

    async def embed(self, model: str, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order, each of length 1 (all zeros stay so). May load the model."""
        ...

    async def count_tokens(self, model: str, text: str) -> int | None:
        """Tokens of a text by the model's own vocabulary, without those of a template.

        None where it cannot be had at once: no model is loaded for it.
        """
        ...

    async def loaded(self) -> list[LoadedModel]:
        """What is in memory now."""
        ...

    async def unload(self, model: str) -> None:
        """Free the memory of a model; unknown or unloaded models are no error."""
        ...

    async def renew(self, model: str) -> None:
        """How long it stays in memory was chosen anew: that holds from now on, if it is there."""
        ...

    async def aclose(self) -> None:
        """Close connections and end child processes."""
        ...


@dataclass(frozen=True, slots=True)
class EngineState:
    """What is known of an engine after a look at it; `problem` is empty when it answers.

    `is_absent` says that nothing runs at its address, which is no fault of anybody.
    """

    engine: Engine
    models: tuple[ModelInfo, ...] = ()
    problem: str = ""
    next_step: str = ""
    is_absent: bool = False

    @property
    def is_online(self) -> bool:
        return not self.problem
