"""The header scan: right about real models, harmless with any other file (promise X5)."""

import os
import struct
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from slmdesk.engines.builtin.gguf import GgufHeader, read_header
from tests import models
from tests.data import gguf
from tests.data.gguf import ARRAY, F32, I32, STRING, U8, U32, entry, small_model, tensor


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], GgufHeader]:
    path = tmp_path / "model.gguf"

    def read_bytes(data: bytes) -> GgufHeader:
        path.write_bytes(data)
        return read_header(path)

    return read_bytes


def test_the_starter_is_read_as_it_is() -> None:
    header = read_header(models.starter())

    assert header.architecture == "llama"
    assert header.parameters == 134_515_008
    assert header.quantization == "Q4_1"
    assert (header.context_tokens, header.block_count, header.embedding_length) == (8192, 30, 576)
    assert header.kv_bytes_per_token == 30 * 3 * 64 * 2 * 2  # 90 MiB at 4,096 tokens, as llama.cpp says
    assert header.tokenizer == "gpt2"
    assert header.license == "apache-2.0"
    assert header.chat_template is not None
    assert "<|im_start|>" in header.chat_template
    assert header.shard_count == 1
    assert not header.is_embedding
    assert header.missing_bytes == 0


def test_a_base_model_has_no_template_and_a_large_vocabulary_costs_little_time() -> None:
    path = models.gemma()
    started = time.process_time()
    header = read_header(path)
    took_s = time.process_time() - started

    assert (header.architecture, header.parameters, header.quantization) == ("gemma3", 268_098_176, "Q4_K_M")
    assert header.chat_template is None
    assert header.kv_bytes_per_token == 18 * 1 * 256 * 2 * 2
    assert header.needed_bytes == header.size_bytes == path.stat().st_size
    assert took_s < 1.0


def test_a_file_that_was_not_downloaded_whole_says_how_much_is_missing(
    read: Callable[[bytes], GgufHeader],
) -> None:
    whole = small_model()

    assert read(whole).missing_bytes == 0
    assert read(whole[:-1000]).missing_bytes == 1000


def test_layers_may_differ_in_their_kv_heads(read: Callable[[bytes], GgufHeader]) -> None:
    data = small_model(llama__attention__head_count_kv=(ARRAY, (I32, [2, 0, 1, 1])))

    assert read(data).kv_bytes_per_token == 4 * (8 + 8) * 2


def test_head_sizes_may_be_given(read: Callable[[bytes], GgufHeader]) -> None:
    data = small_model(llama__attention__key_length=(U32, 16), llama__attention__value_length=(U32, 32))

    assert read(data).kv_bytes_per_token == 4 * 2 * (16 + 32) * 2


def test_what_is_not_told_is_not_known(read: Callable[[bytes], GgufHeader]) -> None:
    header = read(gguf.gguf([entry("general.architecture", STRING, "mamba")]))

    assert header.context_tokens is header.kv_bytes_per_token is header.quantization is header.name is None
    assert header.shard_count == 1


def test_an_unknown_file_type_falls_back_to_the_type_of_most_weights(
    read: Callable[[bytes], GgufHeader],
) -> None:
    assert read(small_model(general__file_type=(U32, 4711))).quantization == "Q8_0"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "ends inside its header"),
        (b"GGUF", "ends inside its header"),
        (b"PK\x03\x04" * 100, "does not begin like a GGUF file"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "version 1"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "version 50331648"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), "claims 1,152,921,504,606,846,976 entries"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**40, 0), "entries"),
        (gguf.gguf([]), "which architecture"),
        (gguf.gguf([entry("general.architecture", U32, 3)]), "which architecture"),
        (gguf.gguf([entry("a", U32, 3), entry("a", U32, 3)]), "twice"),
        (gguf.gguf([gguf.text("k") + struct.pack("<I", 99)]), "unknown type 99"),
        (gguf.gguf([gguf.text("k") + struct.pack("<IIQ", ARRAY, ARRAY, 1)]), "unknown type 9"),
        (gguf.gguf([gguf.text("k") + struct.pack("<IIQ", ARRAY, STRING, 2**63)]), "array of"),
        (gguf.gguf([gguf.text("k") + struct.pack("<IIQ", ARRAY, U8, 2**63)]), "ends inside"),
        (gguf.gguf([struct.pack("<Q", 2**63)]), "name of"),
        (gguf.gguf([gguf.text("k") + struct.pack("<IQ", STRING, 2**62)]), "ends inside"),
        (small_model()[:900], "ends inside"),
        (gguf.gguf([entry("general.architecture", STRING, "x")], [tensor("t", ())]), "0 dimensions"),
        (gguf.gguf([entry("general.architecture", STRING, "x")], [tensor("t", (1,) * 5)]), "5 dimensions"),
        (
            gguf.gguf([entry("general.architecture", STRING, "x")], [tensor("t", (2**40, 2**40))]),
            "impossible size",
        ),
    ],
)
def test_damage_is_named(read: Callable[[bytes], GgufHeader], data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(data)


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")

    with pytest.raises(ValueError, match="not a file"):
        read_header(tmp_path / "pipe.gguf")


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises((ValueError, OSError)):
        read_header(tmp_path)


def test_texts_that_are_not_text_do_no_harm(read: Callable[[bytes], GgufHeader]) -> None:
    assert read(small_model(general__name=(STRING, b"\xff\xfe\x00"))).name == "��\x00"
    assert read(small_model(llama__context_length=(F32, 1.0))).context_tokens is None


def _worst(kind: str) -> bytes:
    """As much as the limits allow, of one kind."""
    name = entry("general.architecture", STRING, "x")
    match kind:
        case "texts":
            return gguf.gguf(
                [name, gguf.text("k") + struct.pack("<IIQ", ARRAY, STRING, 2_000_000) + bytes(16_000_000)]
            )
        case "tensors":
            return gguf.gguf([name], [tensor(f"tensor{number}", (1, 1, 1, 1)) for number in range(16_384)])
        case "keys":
            return gguf.gguf([name, *(entry(f"key{number}", U32, number) for number in range(16_383))])
        case "long texts":  # wide characters take four times their size
            return gguf.gguf([name, *(entry(f"k{n}", STRING, "😀" + "x" * 900_000) for n in range(60))])
        case _:  # a number in a tuple takes eight times its size
            return gguf.gguf([name, *(_numbers(f"k{n}") for n in range(9_000))])


def _numbers(key: str) -> bytes:
    return gguf.text(key) + struct.pack("<IIQ", ARRAY, U8, 4096) + bytes(4096)


@pytest.mark.parametrize("kind", ["texts", "tensors", "keys", "long texts", "numbers"])
def test_the_worst_headers_stay_within_time_and_memory(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "worst.gguf"
    path.write_bytes(_worst(kind))
    started = time.process_time()
    read_header(path)
    # Under coverage each line takes several times longer.
    assert time.process_time() - started < (1.0 if sys.gettrace() is None else 8.0)
    if kind != "texts":  # which are stepped over: following every allocation would take seconds
        tracemalloc.start()
        read_header(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 128 << 20


def test_a_sparse_giant_is_given_up_early(tmp_path: Path) -> None:
    path = tmp_path / "giant.gguf"
    with path.open("wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + gguf.text("k"))
        file.write(struct.pack("<IIQ", ARRAY, STRING, 1_000_000))
        file.truncate(1 << 36)  # zeros: a million empty texts, then a header that never ends
        file.seek(1 << 35)
        file.write(b"x")
    started = time.process_time()
    with pytest.raises(ValueError, match=r"architecture|header"):
        read_header(path)
    assert time.process_time() - started < 1.0


def _fuzz(tmp_path: Path, seed: int, count: int) -> int:
    """How many of the damaged headers were refused; anything but a header or ValueError is raised."""
    path = tmp_path / "fuzzed.gguf"
    refused = 0
    for data in gguf.mutated(seed, count):
        path.write_bytes(data)
        started = time.process_time()
        try:
            read_header(path)
        except ValueError:
            refused += 1
        assert time.process_time() - started < 1.0, data[:64]
    return refused


def test_damaged_headers_are_read_or_refused(tmp_path: Path) -> None:
    assert 100 < _fuzz(tmp_path, seed=1, count=500) < 500  # the damage is real, and not always fatal


@pytest.mark.slow
def test_ten_thousand_damaged_headers(tmp_path: Path) -> None:
    tracemalloc.start()
    _fuzz(tmp_path, seed=2, count=10_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 256 << 20
