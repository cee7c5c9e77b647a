"""The child process of the built-in engine (`slmdesk engine`): llama.cpp's own server for one model.

One line of JSON parameters on stdin, one line with the address on stdout; it ends when stdin ends.
"""

import contextlib
import ctypes
import json
import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

# These must stand in the environment before the process starts: libgomp and llama.cpp read them once.
# Spinning threads on busy cores cost nine tenths of the speed. The port makes llama.cpp tell the
# progress of loading on stdout, as it does for its own router; nothing is ever sent to that port.
ENVIRONMENT = {"GOMP_SPINCOUNT": "0", "OMP_WAIT_POLICY": "passive", "LLAMA_SERVER_ROUTER_PORT": "1"}
PROGRESS_PREFIX = b"cmd_child_to_router:state:"

# Stop is noticed between two batches: 64 prompt tokens take 0.5 s on one slow core, and larger
# batches read only 4 % faster there. A GPU wants large ones.
_BATCH_TOKENS = 64
_GPU_BATCH_TOKENS = 512
_HTTP_THREADS = 32  # a waiting answer holds one; questions about the state must not wait behind it
_LOG_WARNINGS = 2
_PR_SET_PDEATHSIG = 1
_OOM_SCORE = 500  # when memory runs out the kernel should end this process, not the window
_MAX_LINE_BYTES = 1 << 20


Pooling: TypeAlias = Literal["", "model", "mean"]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What to load and how; `chat_template` is "" for the model's own.

    `pooling` makes it serve embeddings instead of answers: "model" as the file says, "mean" for a
    model that was made to write.
    """

    model_path: str
    context_tokens: int
    slots: int
    threads: int
    api_key: str
    parent_pid: int
    chat_template: str = ""
    pooling: Pooling = ""
    adapter_path: str = ""

    def to_line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


def main() -> int:
    """Serve until stdin ends. Works on the file descriptors: a frozen program has no sys.stdin."""
    _die_with_parent()
    parameters = Parameters(**json.loads(_read_line(0)))
    if sys.platform == "linux" and os.getppid() != parameters.parent_pid:
        return 0  # the parent ended before the kernel was told to watch it
    control, reports = _keep_stdin_for_us(), os.dup(1)  # llama.cpp turns its logs from stdout to stderr
    threading.Thread(target=_end_with_input, args=(control,), daemon=True).start()
    try:
        server = _serve(parameters)
    except RuntimeError as error:  # llama.cpp has said why on stderr
        _tell(2, str(error))
        return 1
    _tell(reports, json.dumps({"address": server.listening_address}))
    _end_with_input(control)
    return 0


def _serve(parameters: Parameters) -> Any:
    """Load the model and start the server; returns when it listens."""
    import xllamacpp

    devices = xllamacpp.get_device_info()
    has_gpu = any("GPU" in device["type"].name for device in devices)
    params = xllamacpp.CommonParams()
    params.model.path = parameters.model_path
    params.chat_template = parameters.chat_template
    params.n_parallel = parameters.slots
    params.n_ctx = parameters.slots * parameters.context_tokens
    params.kv_unified = False  # each answer its own context: no answer fails because of another
    params.n_batch = params.n_ubatch = _GPU_BATCH_TOKENS if has_gpu else _BATCH_TOKENS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = parameters.threads
    params.fit_params = has_gpu  # how many layers go to the GPU; without one it only costs 0.25 s
    params.ctx_shift = False
    params.cache_ram_mib = 0  # memory stays what was estimated
    params.port = 0
    params.hostnames = ["127.0.0.1"]
    params.api_keys = [parameters.api_key]
    params.cors_origins = "localhost"
    params.cors_origins_explicit = True
    params.endpoint_metrics = params.endpoint_slots = True
    params.ui = False
    params.media_path = ""
    params.n_threads_http = _HTTP_THREADS
    params.verbosity = _LOG_WARNINGS
    if parameters.adapter_path:
        params.lora_adapters = [_adapter(parameters.adapter_path)]
    if parameters.pooling:
        _embed_only(params, parameters)
    return xllamacpp.Server(params)


def _adapter(path: str) -> Any:
    import xllamacpp

    adapter = xllamacpp.CommonAdapterLoraInfo()
    adapter.path, adapter.scale = path, 1.0
    return adapter


def _embed_only(params: Any, parameters: Parameters) -> None:
    """Vectors instead of answers. A text is read in one batch: cut in two it would have two vectors."""
    import xllamacpp

    params.embedding = True
    params.n_batch = params.n_ubatch = parameters.context_tokens
    if parameters.pooling == "mean":
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN


def _die_with_parent() -> None:
    """Linux: be killed with the thread that started us, even if that thread is killed itself."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_OOM_SCORE))


def _keep_stdin_for_us() -> int:
    """Our own descriptor for stdin; descriptor 0 becomes a pipe that never ends.

    As a router's child llama.cpp watches descriptor 0, too, and would leave through exit handlers.
    """
    control = os.dup(0)
    read_end, write_end = os.pipe()
    os.dup2(read_end, 0)
    os.close(read_end)
    os.set_inheritable(write_end, False)  # stays open as long as the process lives
    return control


def _tell(descriptor: int, line: str) -> None:
    """Write a line. The parent may be gone: an exception here would tear the server down, which hangs."""
    with contextlib.suppress(OSError):
        os.write(descriptor, line.encode() + b"\n")


def _end_with_input(control: int) -> None:
    """Wait for the end of stdin and be gone at once: nothing here needs saving."""
    with contextlib.suppress(OSError):
        while os.read(control, 4096):
            pass
    os._exit(0)


def _read_line(descriptor: int) -> bytes:
    line = b""
    while not line.endswith(b"\n") and len(line) < _MAX_LINE_BYTES:
        byte = os.read(descriptor, 1)
        if not byte:
            break
        line += byte
    return line


if __name__ == "__main__":
    sys.exit(main())
