"""Addresses as people write them."""

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.engines.wire.addresses import is_encrypted, is_loopback, ollama_address, openai_address, origin


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("http://0.0.0.0", "http://127.0.0.1:80"),
        ("[::]:8080", "http://[::1]:8080"),
        (":5000", "http://127.0.0.1:5000"),
        ("box", "http://box:11434"),
        ("box:5000", "http://box:5000"),
        (" Box.Lan/ ", "http://box.lan:11434"),
        ("http://box", "http://box:80"),
        ("https://box", "https://box:443"),
        ("HTTPS://box:8443/sub/", "https://box:8443/sub"),
        ("box:5000/sub", "http://box:5000/sub"),
        ("::1", "http://[::1]:11434"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("http://[::1]:5000", "http://[::1]:5000"),
        ("fe80::1/sub", "http://[fe80::1]:11434/sub"),
        ("http:/box:5000", "http://box:5000"),
        ("http://box:11434/api/chat", "http://box:11434"),
        ("http://box:11434/v1/", "http://box:11434"),
        ("http://box:11434/sub/api", "http://box:11434/sub"),
    ],
)
def test_ollama(written: str, address: str) -> None:
    assert ollama_address(written, {}) == address
    assert ollama_address("", {"OLLAMA_HOST": f"'{written}'"}) == address


def test_a_setting_comes_before_the_environment() -> None:
    assert ollama_address("a:1", {"OLLAMA_HOST": "b:2"}) == "http://a:1"


@pytest.mark.parametrize(
    "written", ["ftp://box", "http://box:99999", "box:port", "http://me:secret@box", "a b", "http://[::1"]
)
def test_no_address(written: str) -> None:
    with pytest.raises(BadInput) as caught:
        ollama_address(written, {})
    assert caught.value.message
    if "secret" in written:
        assert "secret" not in caught.value.sentence()


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        ("localhost:8080/", "http://localhost:8080/v1"),
        ("box.local:1", "http://box.local:1/v1"),
        ("192.168.1.7:1", "http://192.168.1.7:1/v1"),
        ("[::1]:1", "http://[::1]:1/v1"),
        ("api.openai.com", "https://api.openai.com:443/v1"),
        ("https://api.openai.com/v1/", "https://api.openai.com:443/v1"),
        ("https://x.example/api/openai/", "https://x.example:443/api/openai"),
        ("http://x.example:1/v1/chat/completions", "http://x.example:1/v1"),
        ("http://x.example:1/v1/models", "http://x.example:1/v1"),
        ("x.example/v1/embeddings/", "https://x.example:443/v1"),
        ("http:/127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1"),
        ("http:box:1", "http://box:1/v1"),
        ("http:1", "http://http:1/v1"),
        ("https://bücher.example", "https://bücher.example:443/v1"),
    ],
)
def test_openai(written: str, address: str) -> None:
    assert openai_address(written) == address
    assert openai_address(address) == address


def test_an_empty_address_is_no_address() -> None:
    with pytest.raises(BadInput, match="empty"):
        openai_address("  ")


def test_origin_is_scheme_host_and_port() -> None:
    assert origin("https://Box/v1") == origin("https://box:443/v2") == "https://box:443"
    assert len({origin(a) for a in ("http://a", "https://a", "http://b", "http://a:81")}) == 4


@pytest.mark.parametrize(
    ("address", "is_near"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.9.9.9:1", True),
        ("http://[::1]:1", True),
        ("http://localhost:1", True),
        ("http://192.168.0.1:1", False),
        ("http://localhost.evil.example:1", False),
        ("http://0.0.0.0.example", False),
    ],
)
def test_loopback(address: str, is_near: bool) -> None:
    assert is_loopback(address) is is_near


def test_encrypted() -> None:
    assert is_encrypted("https://a")
    assert not is_encrypted("http://a")
