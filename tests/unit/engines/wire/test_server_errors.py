"""Failures in the servers' own words, recorded or documented, and what they become."""

import json

import pytest

from slmdesk.base.errors import (
    BadReply,
    ContextOverflow,
    EngineBusy,
    EngineError,
    EngineOffline,
    Interrupted,
    LoadFailed,
    ModelMissing,
    NotAuthorised,
    OutOfMemory,
    RequestRefused,
)
from slmdesk.engines.wire.server_errors import read_body, read_error, status_error, stream_error
from tests.fakes.replay_server import recorded_body, recordings


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("chat/overflow-truncate-false", ContextOverflow, "3,010 tokens, the context holds 2,048"),
        ("chat/missing-model", ModelMissing, "nothing:here"),
        ("chat/schema-invalid", RequestRefused, "JSON schema conversion failed"),
        ("chat/think-unsupported", RequestRefused, "does not support thinking"),
        ("chat/tools-unsupported", RequestRefused, "does not support tools"),
        ("chat/image-unsupported", RequestRefused, "Multimodal data"),
        ("chat/logprobs-too-many", RequestRefused, "between 0 and 20"),
        ("chat/option-wrong-type", RequestRefused, "float32"),
        ("chat/wrong-type", RequestRefused, "cannot unmarshal"),
        ("faults/queue-full-2", EngineBusy, "maximum pending requests"),
        ("embed/one", RequestRefused, "does not support embeddings"),
        ("embed/overflow-truncate-false", ContextOverflow, "exceeds the context"),
        ("models/show-bad-name", RequestRefused, "invalid model name"),
        ("openai/missing", ModelMissing, "'nothing' not found"),
        ("server/unknown-path", BadReply, "404 page not found"),
        ("server/wrong-method", BadReply, "405 method not allowed"),
    ],
)
def test_recorded_refusals(name: str, kind: type[EngineError], words: str) -> None:
    error = status_error(recordings()[name]["response"]["status"], read_body(recorded_body(name)))
    assert type(error) is kind
    assert words in error.message
    assert error.next_step


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (500, "model requires more system memory (5.6 GiB) than is available (3.2 GiB)", OutOfMemory),
        (500, "llama runner process has terminated: cudaMalloc failed: out of memory", OutOfMemory),
        (500, "llama runner process has terminated: exit status 2", LoadFailed),
        (500, "unable to load model: /x/y", LoadFailed),
        (500, "timed out waiting for llama runner to start", LoadFailed),
        (500, "something odd", RequestRefused),
        (401, {"message": "no", "code": "invalid_api_key"}, NotAuthorised),
        (403, "forbidden", NotAuthorised),
        (400, {"message": "bad key", "code": "invalid_api_key"}, NotAuthorised),
        (400, {"message": "m", "code": "context_length_exceeded"}, ContextOverflow),
        (400, {"message": "This model's maximum context length is 4096 tokens."}, ContextOverflow),
        (404, {"message": "m", "code": "model_not_found"}, ModelMissing),
        (404, {"message": "The model `x` does not exist"}, ModelMissing),
        (429, {"message": "m", "type": "rate_limit_error"}, EngineBusy),
        (429, "slow down", EngineBusy),
        (429, {"message": "m", "code": "insufficient_quota"}, RequestRefused),
        (503, {"message": "Loading model", "type": "unavailable_error", "code": 503}, EngineBusy),
        (502, "bad gateway", EngineOffline),
        (504, "", EngineOffline),
    ],
)
def test_refusals(status: int, error: object, kind: type[EngineError]) -> None:
    assert type(status_error(status, read_body(json.dumps({"error": error}).encode()))) is kind


def test_memory_figures_are_read() -> None:
    error = stream_error(
        "model requires more system memory (5.5 GiB) than is available (512.0 MiB)", has_begun=False
    )
    assert isinstance(error, OutOfMemory)
    assert (error.needed_bytes, error.free_bytes) == (int(5.5 * 1024**3), 512 * 1024**2)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("plain", "plain"),
        ({"error": "text"}, "text"),
        ({"error": {"message": "m"}}, "m"),
        ({"error": '{"error":{"message":"deep","type":"t"}}'}, "deep"),
        ({"message": '{"error":{"message":"deeper"}}'}, "deeper"),
        ({"detail": [{"msg": "field required"}]}, '[{"msg": "field required"}]'),
        ({"error": []}, '{"error": []}'),
        ({}, "{}"),
        (["x"], "['x']"),
        (None, "None"),
        ({"error": {"message": None}}, '{"message": null}'),
        ({"error": {"message": 5}}, "5"),
        ("{broken", "{broken"),
        ("a\n  b", "a b"),
    ],
)
def test_every_shape_has_words(value: object, message: str) -> None:
    assert read_error(value).message == message


def test_nesting_and_length_are_limited() -> None:
    value: object = "x"
    for _ in range(50):
        value = {"error": value}
    assert read_error(value).message
    assert len(read_error("y" * 10_000).message) < 500


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"<html>", b"[]", b"null"])
def test_bodies_without_structure(body: bytes) -> None:
    assert not read_body(body).is_structured
    assert isinstance(status_error(404, read_body(body)), BadReply)
    assert isinstance(status_error(500, read_body(body)), RequestRefused)


def test_a_failure_in_the_middle_interrupts() -> None:
    assert isinstance(stream_error("unexpected EOF", has_begun=True), Interrupted)
    assert isinstance(stream_error("unexpected EOF", has_begun=False), RequestRefused)
