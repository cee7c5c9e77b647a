"""What was measured of a model is told of the one that is meant, and of no other."""

from slmdesk.engines.base import ModelInfo
from slmdesk.features.catalog.catalogue import shipped_catalogue
from slmdesk.features.catalog.measured import measured_of
from slmdesk.features.catalog.memory_seen import MemorySeen
from slmdesk.store.speeds import WritingSpeed

CATALOGUE = shipped_catalogue()
QWEN = CATALOGUE.named("qwen2.5:7b")
MODELS = (
    ModelInfo("ollama", "qwen2.5:7b", quantization="Q4_K_M"),
    ModelInfo("builtin", "qwen2.5-7b-instruct-q8_0", quantization="Q8_0"),
    ModelInfo("ollama", "qwen2.5:14b", quantization="Q4_K_M"),
    ModelInfo("ollama", "own"),
)


def test_speed_and_memory_of_each_form_that_is_here() -> None:
    seen = {
        "ollama/qwen2.5:7b": MemorySeen("ollama/qwen2.5:7b", 5_100_000_000, 8192),
        "builtin/qwen2.5-7b-instruct-q8_0": MemorySeen("builtin/x", 8_100_000_000, None),
    }
    speeds = {
        "ollama/qwen2.5:7b": WritingSpeed(11.2, 4),
        "builtin/qwen2.5-7b-instruct-q8_0": WritingSpeed(6.04, 1),
        "ollama/own": WritingSpeed(30.0, 9),
    }
    assert [one.words for one in measured_of(QWEN, CATALOGUE, MODELS, seen, speeds)] == [
        "ollama/qwen2.5:7b, Q4_K_M: 11.2 tok/s (median of 4 answers), 5.1 GB in memory at 8K",
        "builtin/qwen2.5-7b-instruct-q8_0, Q8_0: 6.0 tok/s (median of 1 answer), 8.1 GB in memory",
    ]
    assert measured_of(QWEN, CATALOGUE, MODELS, {}, {}) == []
