"""One program per data folder: the second start asks the first to show its window, and ends.

The lock is the operating system's own and dies with the process, so a stale file is no obstacle.
"""

import contextlib
import json
import os
import socket
import threading

from slmdesk.base.errors import AlreadyRunning
from slmdesk.base.events import Event
from slmdesk.base.words import say
from slmdesk.config.atomic_file import write_atomically
from slmdesk.config.file_lock import try_lock
from slmdesk.config.paths import Paths, unusable

_ANSWER_WITHIN_S = 2.0
_TOKEN_BYTES = 16
_ACCEPTED = b"ok\n"


class InstanceLock:
    """Held while the program uses a data folder.

    `focus_requested` is emitted in a thread of its own: subscribers hop to theirs. Without
    a window (a command in the terminal) nobody is asked to come to the front.
    """

    def __init__(self, paths: Paths, *, has_window: bool = True) -> None:
        self.focus_requested: Event[None] = Event()
        self._has_window = has_window
        self._paths = paths
        self._file: int | None = None
        self._listener: socket.socket | None = None

    def acquire(self) -> None:
        """Take the lock; raises AlreadyRunning after the other window was asked to come to the front."""
        try:
            file = os.open(self._paths.lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise unusable(self._paths.data_dir, error) from error
        if not try_lock(file):
            os.close(file)
            raise AlreadyRunning(self._refusal())
        self._file = file
        try:
            if self._has_window:
                self._listen()
        except OSError as error:
            self.release()
            raise unusable(self._paths.data_dir, error) from error

    def release(self) -> None:
        """Give the folder free. The lock file stays: removing it would let two others both lock."""
        if self._listener:
            # A thread in accept() is not woken by close() alone.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
            self._paths.instance.unlink(missing_ok=True)
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _refusal(self) -> str:
        words = say(
            "SLM Desk is already running with the data folder {data_dir}.", data_dir=self._paths.data_dir
        )
        is_coming = self._has_window and self._ask_for_focus()
        return say("{words} Its window was asked to come to the front.", words=words) if is_coming else words

    def _ask_for_focus(self) -> bool:
        try:
            first = json.loads(self._paths.instance.read_bytes())
            address = ("127.0.0.1", int(first["port"]))
            with socket.create_connection(address, timeout=_ANSWER_WITHIN_S) as connection:
                connection.sendall(bytes.fromhex(first["token"]))
                return connection.recv(len(_ACCEPTED)) == _ACCEPTED
        except (OSError, ValueError, TypeError, KeyError):
            return False

    def _listen(self) -> None:
        token = os.urandom(_TOKEN_BYTES)
        self._listener = listener = socket.create_server(("127.0.0.1", 0))
        content = {"pid": os.getpid(), "port": listener.getsockname()[1], "token": token.hex()}
        write_atomically(self._paths.instance, json.dumps(content).encode())
        threading.Thread(target=self._serve, args=(listener, token), name="instance", daemon=True).start()

    def _serve(self, listener: socket.socket, token: bytes) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed by release()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(_ANSWER_WITHIN_S)
                import hmac  # the first picture need not wait for it

                if hmac.compare_digest(connection.recv(_TOKEN_BYTES), token):
                    self.focus_requested.emit(None)
                    connection.sendall(_ACCEPTED)
