"""What models are called in a sentence, and which are quantizations of one another."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

_QUANTIZATION = re.compile(
    r"[-_.:@](?:ud[-_])?(?:i?q\d(?:_[0-9a-z]+)*|tq\d_\d|mxfp4|bf16|fp?(?:16|32))$", re.IGNORECASE
)


def names_in_words(model_refs: Sequence[str]) -> Mapping[str, str]:
    """Without the engine (`ollama/qwen2.5:1.5b` as `qwen2.5:1.5b`) where that is still one of its kind."""
    short = {ref: _without_engine(ref) for ref in model_refs}
    uses = Counter(short.values())
    return {ref: name if uses[name] == 1 else ref for ref, name in short.items()}


def base_name(model_ref: str) -> str:
    """The model of which this is a quantization: `ollama/qwen2.5:3b-q8_0` and `…:3b-q4_K_M` have the same."""
    name = _without_engine(model_ref)
    stem = name[: -len(".gguf")] if name.lower().endswith(".gguf") else name
    return _QUANTIZATION.sub("", stem).lower()


def _without_engine(ref: str) -> str:
    engine, slash, name = ref.partition("/")
    return name if slash and name and " " not in engine else ref
