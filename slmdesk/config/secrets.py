"""Keys of servers: in the system's keyring or in memory, never in a file. Sole owner of keyring."""

import re
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "SLM Desk"

_PORTS = {"http": 80, "https": 443}
_PASTED = re.compile(r"(authorization\s*:)?\s*bearer\s+", re.IGNORECASE)
_QUOTES = "'\"`“”‘’"
_NOT_SAFE = (
    "keyring.backends.fail",  # there is none
    "keyring.backends.null",  # forgets at once
    "keyrings.alt",  # plain or weakly hidden files
)


def origin_of(address: str) -> str:
    """Scheme, host and port, normalised: a key goes to the server it was given for and to no other."""
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or parts.scheme not in _PORTS:
        raise BadInput(say("The address of a server starts with http:// or https://, then the host."))
    name = f"[{host}]" if ":" in host else host.rstrip(".")
    return f"{parts.scheme}://{name}:{_PORTS[parts.scheme] if port is None else port}"


def pasted_key(text: str) -> str:
    """The key in what was pasted: a header's "Bearer", quotes, spaces and line ends are no part of it."""
    bare = _PASTED.sub("", text.strip().strip(_QUOTES).strip(), count=1)
    return "".join(char for char in bare if char.isprintable() and not char.isspace()).strip(_QUOTES)


class Secrets:
    """The keys, by the origin of their server. Calls may block (a locked keyring asks): use a thread.

    `notice` is a sentence for the user when the keyring did not do what was asked, "" otherwise.
    """

    def __init__(self, service: str = SERVICE) -> None:
        self.notice = ""
        self._service = service
        self._session: dict[str, str] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Secrets({self._service!r})"

    def get(self, address: str) -> str | None:
        """The key of the server at this address, or None."""
        origin = origin_of(address)
        with self._lock:
            if origin in self._session:
                return self._session[origin]
            return self._read(origin)

    def set(self, address: str, key: str) -> None:
        """Keep the key; without a keyring for this session alone, and `notice` says so."""
        origin = origin_of(address)
        with self._lock:
            self._session.pop(origin, None)
            if not self._store(origin, key):
                self._session[origin] = key

    def delete(self, address: str) -> None:
        """Forget the key; an unknown one is no error."""
        origin = origin_of(address)
        with self._lock:
            self._session.pop(origin, None)
            self._remove(origin)

    def _read(self, origin: str) -> str | None:
        from keyring.errors import KeyringError

        try:
            backend = self._backend()
            return backend.get_password(self._service, origin) if backend else None
        except (KeyringError, OSError) as error:
            self._say(say("The system's keyring could not be read ({name}).", name=type(error).__name__))
            return None

    def _store(self, origin: str, key: str) -> bool:
        from keyring.errors import KeyringError

        try:
            backend = self._backend()
            if backend is None:
                self._say(say("This system has no keyring."))
                return False
            backend.set_password(self._service, origin, key)
        except (KeyringError, OSError) as error:
            self._say(say("The system's keyring did not take the key ({name}).", name=type(error).__name__))
            return False
        self.notice = ""
        return True

    def _remove(self, origin: str) -> None:
        from keyring.errors import KeyringError

        try:
            backend = self._backend()
            if backend and backend.get_password(self._service, origin) is not None:
                backend.delete_password(self._service, origin)
        except (KeyringError, OSError) as error:
            self.notice = say(
                "The key could not be removed from the system's keyring ({name}): it is still there. "
                "Unlock the keyring and remove it again.",
                name=type(error).__name__,
            )

    def _say(self, reason: str) -> None:
        self.notice = say("{reason} Keys are kept for this session only.", reason=reason)

    def _backend(self) -> "KeyringBackend | None":
        """The first back end that hides what it keeps."""
        import keyring

        chosen = keyring.get_keyring()
        # The chainer would pass a key on to any back end that is installed, plain files included.
        for backend in getattr(chosen, "backends", [chosen]):
            if not type(backend).__module__.startswith(_NOT_SAFE):
                return backend  # type: ignore[no-any-return]  # the chainer's list is untyped
        return None
