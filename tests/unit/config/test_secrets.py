"""Keys: bound to their server, in a keyring or in memory, a canary key in no file, log or repr (X4)."""

import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import pytest
from keyring.errors import KeyringLocked, PasswordDeleteError

from slmdesk.base.errors import BadInput
from slmdesk.config.paths import Paths
from slmdesk.config.secrets import Secrets, origin_of, pasted_key
from slmdesk.config.servers import ServerAddress
from slmdesk.config.settings import Settings, save_settings

CANARY = "sk-canary-4c1f9d2e7b"
ADDRESS = "https://api.example.com/v1"


class SafeKeyring(keyring.backend.KeyringBackend):
    """Keeps keys in memory, as the system's would."""

    priority = 1  # type: ignore[assignment]  # the base class declares a property

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError(username)

    def _check(self) -> None:
        if self.is_locked:
            raise KeyringLocked("locked")


class PlainFileKeyring(SafeKeyring):
    """Stands for keyrings.alt, which writes keys in the clear."""


PlainFileKeyring.__module__ = "keyrings.alt.file"


class Chainer(SafeKeyring):
    """As keyring.backends.chainer: passes everything on to several back ends."""

    def __init__(self, *backends: keyring.backend.KeyringBackend) -> None:
        super().__init__()
        self.backends = backends


@pytest.fixture(autouse=True)
def original_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.fixture
def safe() -> SafeKeyring:
    backend = SafeKeyring()
    keyring.set_keyring(backend)
    return backend


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://api.example.com/v1", "https://api.example.com:443"),
        ("HTTPS://API.Example.COM:443/other?x=1", "https://api.example.com:443"),
        ("https://api.example.com./", "https://api.example.com:443"),
        ("http://api.example.com", "http://api.example.com:80"),
        ("http://user:pass@host:8080/", "http://host:8080"),
        ("http://[::1]:1234/v1", "http://[::1]:1234"),
    ],
)
def test_origins_are_normalised(address: str, origin: str) -> None:
    assert origin_of(address) == origin


@pytest.mark.parametrize("address", ["", "host:80", "ftp://host", "http://", "http://[::1", "http://h:99999"])
def test_what_is_no_address_has_no_origin(address: str) -> None:
    with pytest.raises(BadInput):
        origin_of(address)


def test_a_key_is_for_its_scheme_host_and_port_alone(safe: SafeKeyring) -> None:
    secrets = Secrets()
    secrets.set(ADDRESS, CANARY)
    assert secrets.get("https://api.example.com:443/v2") == CANARY
    for other in ("http://api.example.com", "https://api.example.com:444", "https://example.com"):
        assert secrets.get(other) is None
    assert Secrets().get(ADDRESS) == CANARY
    assert secrets.notice == ""
    secrets.delete(ADDRESS)
    secrets.delete(ADDRESS)
    assert secrets.get(ADDRESS) is None
    assert safe.kept == {}


@pytest.mark.parametrize(
    "backend",
    [
        keyring.backends.fail.Keyring(),
        keyring.backends.null.Keyring(),
        PlainFileKeyring(),
        Chainer(),
        Chainer(PlainFileKeyring()),
    ],
    ids=["none", "null", "plain files", "empty chain", "chain of plain files"],
)
def test_without_a_safe_keyring_the_key_lives_as_long_as_the_program(
    backend: keyring.backend.KeyringBackend,
) -> None:
    keyring.set_keyring(backend)
    secrets = Secrets()
    assert secrets.get(ADDRESS) is None
    secrets.set(ADDRESS, CANARY)
    assert secrets.get(ADDRESS) == CANARY
    assert "this session only" in secrets.notice
    assert Secrets().get(ADDRESS) is None
    assert getattr(backend, "kept", {}) == {}
    secrets.delete(ADDRESS)
    assert secrets.get(ADDRESS) is None


def test_a_chain_uses_its_safe_member() -> None:
    plain, safe = PlainFileKeyring(), SafeKeyring()
    keyring.set_keyring(Chainer(plain, safe))
    Secrets().set(ADDRESS, CANARY)
    assert list(safe.kept.values()) == [CANARY]
    assert plain.kept == {}


def test_a_locked_keyring_is_told_and_the_key_works_for_the_session(safe: SafeKeyring) -> None:
    safe.is_locked = True
    secrets = Secrets()
    assert secrets.get(ADDRESS) is None
    assert "could not be read" in secrets.notice
    secrets.set(ADDRESS, CANARY)
    assert secrets.get(ADDRESS) == CANARY
    secrets.delete(ADDRESS)
    assert "could not be removed" in secrets.notice
    assert "still there" in secrets.notice  # not: kept for this session only
    assert "session" not in secrets.notice
    safe.is_locked = False
    secrets.set(ADDRESS, CANARY)
    assert secrets.notice == ""


def test_the_canary_key_is_found_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())
    caplog.set_level(logging.DEBUG)
    paths = Paths(tmp_path)
    paths.create()
    secrets = Secrets()
    secrets.set(ADDRESS, CANARY)
    settings = Settings(openai_servers=(ServerAddress("x", "X", ADDRESS),))
    save_settings(paths, settings)
    try:
        secrets.set("no address", CANARY)
    except BadInput as error:
        report = "".join(traceback.format_exception(error))
    seen = [repr(secrets), str(secrets), repr(settings), secrets.notice, report, caplog.text]
    seen += [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert not [text for text in seen if CANARY in text]


@pytest.mark.parametrize(
    "pasted",
    [
        CANARY,
        f" {CANARY}\n",
        f"{CANARY[:12]}\n{CANARY[12:]}",
        f'"{CANARY}"',
        f"“{CANARY}”",
        f"Bearer {CANARY}",
        f"'Authorization: bearer {CANARY}'",
        f"\ufeff{CANARY}\u200b",
    ],
)
def test_a_key_is_what_is_left_of_what_was_pasted(pasted: str) -> None:
    assert pasted_key(pasted) == CANARY


def test_nothing_pasted_is_no_key() -> None:
    assert pasted_key(" '' ") == ""
