"""GGUF files made to order, and thousands of damaged ones from a seed."""

import random
import struct
from collections.abc import Iterator, Sequence
from typing import Any

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
_SCALARS = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "?", U64: "Q", I64: "q"}
_SCALARS[F64] = "d"

# The numbers that break parsers: signs, limits, one beside a limit.
_HOSTILE_NUMBERS = (0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1, 1 << 40)


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def entry(key: str, kind: int, value: Any) -> bytes:
    """One key with its value; an array is `(kind of its elements, elements)`."""
    return text(key) + struct.pack("<I", kind) + _value(kind, value)


def _value(kind: int, value: Any) -> bytes:
    if kind == STRING:
        return text(value)
    if kind == ARRAY:
        inner, elements = value
        return struct.pack("<IQ", inner, len(elements)) + b"".join(_value(inner, each) for each in elements)
    return struct.pack("<" + _SCALARS[kind], value)


def tensor(name: str, shape: Sequence[int], kind: int = 0, offset: int = 0) -> bytes:
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def gguf(
    entries: Sequence[bytes], tensors: Sequence[bytes] = (), data: bytes = b"", version: int = 3
) -> bytes:
    """A whole file: header, padding, weights."""
    header = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(entries))
    header += b"".join(entries) + b"".join(tensors)
    return header + bytes(-len(header) % 32) + data


def small_model(**changes: tuple[int, Any]) -> bytes:
    """A header like that of a real model, with a vocabulary, and one tensor of weights."""
    values: dict[str, tuple[int, Any]] = {
        "general.architecture": (STRING, "llama"),
        "general.name": (STRING, "Tiny"),
        "general.file_type": (U32, 7),
        "llama.context_length": (U32, 2048),
        "llama.block_count": (U32, 4),
        "llama.embedding_length": (U32, 64),
        "llama.attention.head_count": (U32, 8),
        "llama.attention.head_count_kv": (U32, 2),
        "llama.rope.freq_base": (F32, 10000.0),
        "tokenizer.ggml.model": (STRING, "gpt2"),
        "tokenizer.ggml.tokens": (ARRAY, (STRING, [f"token{number}" for number in range(300)])),
        "tokenizer.ggml.scores": (ARRAY, (F32, [0.5] * 300)),
        "tokenizer.ggml.add_bos_token": (BOOL, True),
        "tokenizer.chat_template": (STRING, "{{ messages }}"),
    } | {key.replace("__", "."): value for key, value in changes.items()}
    entries = [entry(key, kind, value) for key, (kind, value) in values.items()]
    return gguf(entries, [tensor("token_embd.weight", (64, 300), kind=8)], bytes(64 * 300 // 32 * 34))


def mutated(seed: int, count: int) -> Iterator[bytes]:
    """Damaged copies of a small model: flipped, cut, doubled, with hostile numbers in every place."""
    source = random.Random(seed)
    whole = small_model()
    header_end = len(whole) - 64 * 300 // 32 * 34
    for _ in range(count):
        data = bytearray(whole)
        for _ in range(source.choice((1, 1, 1, 2, 5, 40))):
            _damage(data, header_end, source)
        yield bytes(data)


def _damage(data: bytearray, header_end: int, source: random.Random) -> None:
    if not data:
        return
    at = source.randrange(min(header_end, len(data)))
    match source.randrange(7):
        case 0:
            data[at] = source.randrange(256)
        case 1:
            data[at] ^= 1 << source.randrange(8)
        case 2:
            del data[at:]
        case 3:
            del data[at : at + source.randrange(1, 64)]
        case 4:
            data[at:at] = source.randbytes(source.randrange(1, 64))
        case 5:
            data[at : at + 8] = struct.pack("<Q", source.choice(_HOSTILE_NUMBERS))
        case 6:
            data[at : at + 4] = struct.pack("<I", source.choice(_HOSTILE_NUMBERS) & 0xFFFFFFFF)
