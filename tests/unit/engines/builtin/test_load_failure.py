"""Why a child ended: the engine's log lines, as they were seen, in plain words."""

import pytest

from slmdesk.base.errors import LoadFailed, OutOfMemory
from slmdesk.engines.builtin.load_failure import crash_error, exit_words, load_error, reason

TRUNCATED = (
    "0.0 E llama_model_load: error: tensor 't' not within the file bounds, corrupted or incomplete",
    "0.00.047.458 E cmn  common_init_: failed to load model '/tmp/trunc.gguf'",
    "0.00.047.460 E srv    load_model: failed to load model, '/tmp/trunc.gguf'",
    "0.00.048.101 E srv          init: exiting due to model loading error",
    "Failed to init server, please check the input params.",
)
NO_ROOM = (
    "1.12.242.620 W llama_context: n_ctx_seq (400000000) > n_ctx_train (8192) -- possible overflow",
    "1.42.578.092 E ggml_aligned_malloc: insufficient memory (attempted to allocate 8789062.50 MB)",
    "1.44.173.930 E llama_init_from_model: failed to initialize the context: failed to allocate buffer",
)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (TRUNCATED, "the file is damaged or was not downloaded whole"),
        (
            ["0.0 E gguf_init_from_reader: invalid magic characters: 'hell'"],
            "it is no GGUF file",
        ),
        (
            ["0.0 E gguf_init_from_file: failed to open GGUF file '/x.gguf' (No such file or directory)"],
            "the file is not there any more",
        ),
        (
            ["0.0 E llama_model_load: error loading model: unknown model architecture: 'rwkv9'"],
            "this engine does not know the architecture “rwkv9”",
        ),
        (
            ["0.0 E llama_model_load: error loading model: missing tensor 'output.weight'"],
            "the file lacks the tensor “output.weight”",
        ),
        (["0.0 E srv  load_model: something  nobody foresaw.", "Failed to init"], "something nobody foresaw"),
        (["", "RuntimeError: bare words", ""], "RuntimeError: bare words"),
        ([], ""),
    ],
)
def test_the_log_in_plain_words(lines: list[str], words: str) -> None:
    assert reason(lines) == words


def test_a_load_refused_with_a_reason() -> None:
    error = load_error("m", 1, TRUNCATED, 10**9, None)

    assert isinstance(error, LoadFailed)
    assert error.message == "m could not be loaded: the file is damaged or was not downloaded whole."
    assert load_error("m", 3, (), 0, None).message == "m could not be loaded: exit code 3."
    assert isinstance(load_error("m", -11, (), 0, None), LoadFailed)


def test_memory_names_what_was_needed_and_free() -> None:
    for error in (load_error("m", 1, NO_ROOM, 4 * 10**9, 10**9), load_error("m", -9, (), 4 * 10**9, 10**9)):
        assert isinstance(error, OutOfMemory)
        assert (error.needed_bytes, error.free_bytes) == (4 * 10**9, 10**9)
        assert "about 4.0 GB were needed and 1.0 GB were free" in error.message


def test_a_kill_with_room_to_spare_is_not_laid_on_the_memory() -> None:
    error = load_error("m", -9, (), 10**9, 20 * 10**9)

    assert isinstance(error, LoadFailed)
    assert "killed while it loaded m: about 1.0 GB were needed and 20.0 GB were free" in error.message
    assert "anyway" not in error.next_step
    assert isinstance(load_error("m", -9, (), 10**9, None), OutOfMemory)


def test_a_crash_under_an_answer() -> None:
    error = crash_error(-9, 2 * 10**9, None)

    assert error.message == ("The engine process ended (signal 9: out of memory?): about 2.0 GB were needed.")
    roomy = crash_error(-9, 2 * 10**9, 20 * 10**9)
    assert "(signal 9): about 2.0 GB were needed and 20.0 GB were free" in roomy.message
    assert exit_words(-11) == "signal 11"
    assert exit_words(None) == "exit code unknown"
