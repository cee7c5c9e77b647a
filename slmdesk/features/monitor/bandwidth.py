"""How fast this machine reads its main memory: measured once in half a second, then remembered."""

import contextlib
import ctypes
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.base.machine import Bandwidth
from slmdesk.config.json_file import read_object, write_object

# Far beyond the caches of processors, and little beside a model.
_BUFFER_BYTES = 64 << 20
_MOST_THREADS = 8
_FOR_S = 0.4
_KEY = "bandwidth"


def remembered_bandwidth(path: Path) -> Bandwidth | None:
    """What was measured earlier; None where nothing was, or the file is damaged."""
    with contextlib.suppress(ValueError, DataFolderUnusable):
        kept = (read_object(path) or {}).get(_KEY)
        if isinstance(kept, dict):
            rate, when = kept.get("bytes_per_s"), kept.get("measured_at")
            if isinstance(rate, int | float) and isinstance(when, int | float) and rate > 0:
                return Bandwidth(float(rate), float(when))
    return None


def remember_bandwidth(path: Path, measured: Bandwidth) -> None:
    """Keep it for later; raises DataFolderUnusable."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_object(path, {_KEY: {"bytes_per_s": measured.bytes_per_s, "measured_at": measured.measured_at}})


def measure_bandwidth(threads: int, *, for_s: float = _FOR_S) -> Bandwidth:
    """Read memory with these threads for a while; blocks for about `for_s` and takes 128 MB a thread."""
    count = max(1, min(threads, _MOST_THREADS))
    compare = _memory_compare()
    rates = [0.0] * count
    together = threading.Barrier(count)

    def read(number: int) -> None:
        one, other = bytearray(_BUFFER_BYTES), bytearray(_BUFFER_BYTES)
        first, second = (_address(buffer) for buffer in (one, other))
        together.wait()
        read_bytes, started = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - started) < for_s:
            compare(first, second, _BUFFER_BYTES)  # equal, so both are read to their ends
            read_bytes += 2 * _BUFFER_BYTES
        rates[number] = read_bytes / elapsed

    workers = [threading.Thread(target=read, args=(number,), name="bandwidth") for number in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return Bandwidth(sum(rates), time.time())


def _memory_compare() -> Callable[[int, int, int], int]:
    """memcmp of the C library: it reads and does not write, and other threads run meanwhile."""
    library = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
    compare: Callable[[int, int, int], int] = library.memcmp
    compare.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]  # type: ignore[attr-defined]  # the library gives a function object
    return compare


def _address(buffer: bytearray) -> int:
    """Where its bytes are; they are touched, since pages of zeros may all be the same one."""
    view = (ctypes.c_char * len(buffer)).from_buffer(buffer)
    ctypes.memset(view, 1, len(buffer))
    return ctypes.addressof(view)
