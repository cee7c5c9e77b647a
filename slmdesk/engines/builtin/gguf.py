"""Reads the header of a GGUF file: what the model is, without its weights and without its vocabulary.

Every damage is a ValueError that says where; no input takes more than a second or reads beyond the limits.
"""

import os
import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from slmdesk.base.words import say
from slmdesk.engines.builtin.gguf_types import (
    ARRAY,
    FILE_TYPES,
    INTEGERS,
    SCALARS,
    STRING,
    TENSOR_TYPES,
    tensor_bytes,
)

Value: TypeAlias = int | float | bool | str | tuple[int, ...]

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_MAX_ENTRIES = 16_384  # keys, and tensors; real files have hundreds, rarely a few thousand
_MAX_HEADER_BYTES = 128 << 20
_MAX_STRINGS = 2_000_000  # in all arrays; the largest vocabularies have 800,000 with their merges
_MAX_NAME_BYTES = 256  # llama.cpp's own limit for tensors is 64
_MAX_KEPT_BYTES = 8 << 20  # texts and numbers that are remembered
_MAX_TEXT_BYTES = 1 << 20  # chat templates are the longest texts worth keeping
_MAX_NUMBERS = 4_096  # one a layer
_MAX_DIMENSIONS = 4
_WINDOW_BYTES = 1 << 18
_DEFAULT_ALIGNMENT = 32
_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What the header says; None where it does not. `parameters` counts this file's tensors alone."""

    architecture: str
    name: str | None
    parameters: int
    quantization: str | None
    context_tokens: int | None
    block_count: int | None
    embedding_length: int | None
    kv_bytes_per_token: int | None
    tokenizer: str | None
    chat_template: str | None
    license: str | None
    shard_count: int
    is_embedding: bool
    is_adapter: bool
    needed_bytes: int
    size_bytes: int

    @property
    def missing_bytes(self) -> int:
        """How much of the weights is not there: the file was not downloaded whole."""
        return max(0, self.needed_bytes - self.size_bytes)


def read_header(path: Path) -> GgufHeader:
    """Read the header of `path`; raises ValueError for what is no whole GGUF header, OSError for the disk."""
    # A named pipe would be waited for: look before opening, and open without waiting.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(say("it is not a file"))
        return _Scan(file, status.st_size).header()


class _Scan:
    """Walks once through the header, keeping scalars and short texts and stepping over the rest."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._limit = min(size, _MAX_HEADER_BYTES)
        self._window = b""
        self._window_at = 0
        self._at = 0
        self._strings_left = _MAX_STRINGS
        self._kept_left = _MAX_KEPT_BYTES

    def header(self) -> GgufHeader:
        if self._take(4) != _MAGIC:
            raise ValueError(say("it does not begin like a GGUF file"))
        version = self._u32()
        if version not in _VERSIONS:
            raise ValueError(
                say("it has version {version} of the format, which is not 2 or 3", version=version)
            )
        tensor_count, key_count = self._u64(), self._u64()
        for count in (tensor_count, key_count):
            if count > _MAX_ENTRIES:
                raise ValueError(say("it claims {count:,} entries", count=count))
        values = self._values(key_count)
        parameters, needed_bytes, most_common = self._tensors(tensor_count, _alignment(values))
        return _header(values, parameters, needed_bytes, most_common, self._size)

    def _values(self, key_count: int) -> dict[str, Value]:
        values: dict[str, Value] = {}
        seen: set[str] = set()
        for _ in range(key_count):
            key = self._name()
            if key in seen:
                raise ValueError(say("it has the key {key!r:.100} twice", key=key))
            seen.add(key)
            value = self._value(self._u32())
            if value is not None:
                values[key] = value
        return values

    def _value(self, kind: int) -> Value | None:
        if kind == STRING:
            return self._text()
        if kind == ARRAY:
            return self._array()
        scalar = SCALARS.get(kind)
        if scalar is None:
            raise ValueError(say("it has a value of the unknown type {kind}", kind=kind))
        value: Value = scalar.unpack(self._take(scalar.size))[0]
        return value

    def _array(self) -> tuple[int, ...] | None:
        kind, count = self._u32(), self._u64()
        if kind == STRING:
            self._skip_strings(count)
            return None
        scalar = SCALARS.get(kind)
        if scalar is None:
            raise ValueError(say("it has an array of the unknown type {kind}", kind=kind))
        if kind in INTEGERS and count <= _MAX_NUMBERS and self._may_keep(8 * count):
            return tuple(number for (number,) in scalar.iter_unpack(self._take(count * scalar.size)))
        self._skip(count * scalar.size)
        return None

    def _tensors(self, tensor_count: int, alignment: int) -> tuple[int, int, int | None]:
        """All elements, the size that the file must have, and the type that most elements have."""
        parameters = end = 0
        elements_of: dict[int, int] = {}
        for _ in range(tensor_count):
            self._name()
            elements = self._elements()
            kind, offset = self._u32(), self._u64()
            parameters += elements
            elements_of[kind] = elements_of.get(kind, 0) + elements
            end = max(end, offset + tensor_bytes(kind, elements))
        data_at = self._at + -self._at % alignment
        most_common = max(elements_of, key=elements_of.__getitem__) if elements_of else None
        return parameters, data_at + end if tensor_count else self._at, most_common

    def _elements(self) -> int:
        dimensions = self._u32()
        if not 0 < dimensions <= _MAX_DIMENSIONS:
            raise ValueError(say("it has a tensor of {dimensions} dimensions", dimensions=dimensions))
        elements = 1
        for _ in range(dimensions):
            elements *= self._u64()
        if elements >= 1 << 63:
            raise ValueError(say("it has a tensor of impossible size"))
        return elements

    def _name(self) -> str:
        length = self._u64()
        if length > _MAX_NAME_BYTES:
            raise ValueError(say("it has a name of {length:,} bytes", length=length))
        return self._take(length).decode("utf-8", "replace")

    def _text(self) -> str | None:
        length = self._u64()
        if length > _MAX_TEXT_BYTES or not self._may_keep(length):
            self._skip(length)
            return None
        return self._take(length).decode("utf-8", "replace")

    def _may_keep(self, size: int) -> bool:
        if size > self._kept_left:
            return False
        self._kept_left -= size
        return True

    def _u32(self) -> int:
        number: int = _U32.unpack(self._take(4))[0]
        return number

    def _u64(self) -> int:
        number: int = _U64.unpack(self._take(8))[0]
        return number

    def _take(self, length: int) -> bytes:
        start = self._at - self._window_at
        if not 0 <= start <= start + length <= len(self._window):
            self._check(length)
            self._fill(length)
            start = 0
        self._at += length
        return self._window[start : start + length]

    def _skip(self, length: int) -> None:
        self._check(length)
        self._at += length

    def _skip_strings(self, count: int) -> None:
        """The vocabulary: hundreds of thousands of strings, so this loop is kept tight."""
        self._strings_left -= count
        if self._strings_left < 0:
            raise ValueError(say("it claims an array of {count:,} texts", count=count))
        unpack = _U64.unpack_from
        while count:
            self._check(8)
            self._fill(8)
            window, at = self._window, 0
            last = len(window) - 8
            while count and at <= last:
                at += 8 + unpack(window, at)[0]
                count -= 1
            self._skip(at)

    def _check(self, length: int) -> None:
        if self._at + length > self._limit:
            if self._limit < self._size:
                raise ValueError(
                    say(
                        "its header is larger than {max_header_bytes} MB",
                        max_header_bytes=_MAX_HEADER_BYTES >> 20,
                    )
                )
            raise ValueError(say("it ends inside its header, at {size:,} bytes", size=self._size))

    def _fill(self, length: int) -> None:
        self._file.seek(self._at)
        wanted = min(max(length, _WINDOW_BYTES), self._limit - self._at)
        self._window, self._window_at = self._file.read(wanted), self._at
        if len(self._window) < length:
            raise ValueError(say("it became shorter while it was read"))


def _header(
    values: Mapping[str, Value], parameters: int, needed_bytes: int, most_common: int | None, size_bytes: int
) -> GgufHeader:
    architecture = _text(values, "general.architecture")
    if not architecture:
        raise ValueError(say("it does not say which architecture the model has"))
    return GgufHeader(
        architecture=architecture,
        name=_text(values, "general.name"),
        parameters=parameters,
        quantization=_quantization(_number(values, "general.file_type"), most_common),
        context_tokens=_number(values, f"{architecture}.context_length"),
        block_count=_number(values, f"{architecture}.block_count"),
        embedding_length=_number(values, f"{architecture}.embedding_length"),
        kv_bytes_per_token=_kv_bytes_per_token(values, architecture),
        tokenizer=_text(values, "tokenizer.ggml.model"),
        chat_template=_text(values, "tokenizer.chat_template"),
        license=_text(values, "general.license"),
        shard_count=_number(values, "split.count") or 1,
        is_embedding=f"{architecture}.pooling_type" in values,
        is_adapter=_text(values, "general.type") == "adapter",
        needed_bytes=needed_bytes,
        size_bytes=size_bytes,
    )


def _quantization(file_type: int | None, most_common: int | None) -> str | None:
    name = None if file_type is None else FILE_TYPES.get(file_type)
    return name if name or most_common is None else TENSOR_TYPES.get(most_common)


def _kv_bytes_per_token(values: Mapping[str, Value], architecture: str) -> int | None:
    """16-bit keys and values of all layers; layers may differ in their KV heads, some have none."""
    blocks = _number(values, f"{architecture}.block_count")
    heads = _per_layer(values, f"{architecture}.attention.head_count", blocks)
    kv_heads = _per_layer(values, f"{architecture}.attention.head_count_kv", blocks) or heads
    width = _number(values, f"{architecture}.embedding_length")
    head_width = width // max(heads) if width and heads and max(heads) else None
    key_length = _number(values, f"{architecture}.attention.key_length") or head_width
    value_length = _number(values, f"{architecture}.attention.value_length") or head_width
    if not kv_heads or not key_length or not value_length:
        return None
    return sum(kv_heads) * (key_length + value_length) * 2


def _per_layer(values: Mapping[str, Value], key: str, blocks: int | None) -> tuple[int, ...]:
    value = values.get(key)
    if isinstance(value, tuple):
        return value[:blocks] if blocks and all(number >= 0 for number in value) else ()
    number = _number(values, key)
    return (number,) * min(blocks, _MAX_NUMBERS) if number and blocks else ()


def _alignment(values: Mapping[str, Value]) -> int:
    alignment = _number(values, "general.alignment")
    return alignment if alignment and alignment <= 1 << 20 else _DEFAULT_ALIGNMENT


def _number(values: Mapping[str, Value], key: str) -> int | None:
    value = values.get(key)
    is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_number and isinstance(value, int) else None


def _text(values: Mapping[str, Value], key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) else None
