"""Every exception of the HTTP clients has an error of ours: a new one in a new version turns this red."""

import json
import ssl
from typing import Any

import httpcore
import httpcore2
import httpx
import httpx2
import ollama
import openai
import pytest

from slmdesk.base.errors import BadReply, EngineBusy, EngineError, EngineOffline, Interrupted, RequestRefused
from slmdesk.engines.ollama import client as ollama_client
from slmdesk.engines.openai_compat import client as openai_client
from slmdesk.engines.wire.transport import Row, map_error, mapped, reply_error

# Exceptions of programming, which no server can cause.
OURS_ALONE = {"CookieConflict", "RequestNotRead", "SSEError", "InvalidWebhookSignatureError"}
WEBSOCKETS = {"WebSocketConnectionClosedError", "WebSocketQueueFullError"}


def exceptions(module: Any) -> set[type[Exception]]:
    found = {
        value
        for value in list(vars(module).values())
        if isinstance(value, type) and issubclass(value, Exception)
    }
    return {kind for kind in found if kind.__name__ not in OURS_ALONE | WEBSOCKETS}


def instance(kind: type[Exception], words: str = "x") -> Exception:
    error = kind.__new__(kind)
    error.args = (words,)
    return error


@pytest.mark.parametrize(
    ("module", "table"),
    [
        (httpx, ollama_client.TABLE),
        (httpcore, ollama_client.TABLE),
        (httpx2, openai_client.TABLE),
        (httpcore2, openai_client.TABLE),
        (openai, openai_client.TABLE),
    ],
)
def test_every_exception_is_mapped(module: Any, table: tuple[Row, ...]) -> None:
    kinds = exceptions(module)
    assert len(kinds) > 10
    for kind in kinds:
        assert isinstance(map_error(instance(kind), table, "there"), EngineError), kind


@pytest.mark.parametrize("table", [ollama_client.TABLE, openai_client.TABLE])
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), EngineOffline),
        (ConnectionRefusedError(), EngineOffline),
        (ConnectionResetError(), Interrupted),
        (BrokenPipeError(), Interrupted),
        (OSError(113, "No route to host"), EngineOffline),
        (TimeoutError(), EngineOffline),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "bad"), BadReply),
        (json.JSONDecodeError("bad", "", 0), BadReply),
        (RuntimeError("Cannot send a request, as the client has been closed."), Interrupted),
    ],
)
def test_what_python_raises(table: tuple[Row, ...], error: Exception, kind: type[EngineError]) -> None:
    assert type(map_error(error, table, "there")) is kind


@pytest.mark.parametrize("library", [httpx, httpx2])
@pytest.mark.parametrize(
    ("name", "words", "kind"),
    [
        ("ConnectError", "All connection attempts failed", EngineOffline),
        ("ConnectError", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", EngineOffline),
        ("ConnectTimeout", "", EngineOffline),
        ("ReadTimeout", "", EngineOffline),
        ("PoolTimeout", "", EngineBusy),
        ("ReadError", "", Interrupted),
        ("WriteError", "", Interrupted),
        ("CloseError", "", Interrupted),
        ("RemoteProtocolError", "Server disconnected without sending a response.", Interrupted),
        ("RemoteProtocolError", "peer closed connection", Interrupted),
        ("RemoteProtocolError", "illegal status line: bytearray(b'SSH-2.0')", BadReply),
        ("LocalProtocolError", "Illegal header value", RequestRefused),
        ("DecodingError", "incorrect header check", BadReply),
        ("ProxyError", "403", EngineOffline),
        ("UnsupportedProtocol", "", EngineOffline),
        ("StreamClosed", "", Interrupted),
    ],
)
def test_where_the_kinds_differ(library: Any, name: str, words: str, kind: type[EngineError]) -> None:
    table = ollama_client.TABLE if library is httpx else openai_client.TABLE
    error = map_error(instance(getattr(library, name), words), table, "there")
    assert type(error) is kind
    assert "there" in error.message
    assert error.next_step


def test_a_bug_stays_a_bug() -> None:
    for bug in (
        RuntimeError("dictionary changed size"),
        KeyError("x"),
        AttributeError("x"),
        RecursionError(),
    ):
        assert map_error(bug, ollama_client.TABLE, "there") is None
        with pytest.raises(type(bug)), mapped(ollama_client.TABLE, "there"):
            raise bug


def test_ours_passes_unchanged() -> None:
    ours = EngineBusy("full")
    with pytest.raises(EngineBusy) as caught, mapped(ollama_client.TABLE, "there"):
        raise ours
    assert caught.value is ours


def test_the_package_has_no_other_errors() -> None:
    """`ollama` raises these two, both caught by its client of ours."""
    assert exceptions(ollama) == {ollama.ResponseError, ollama.RequestError}


def test_a_redirect_names_its_target() -> None:
    error = reply_error(307, b"", {"location": "https://elsewhere.example/v1"}, "The server")
    assert isinstance(error, BadReply)
    assert "elsewhere.example" in error.message
