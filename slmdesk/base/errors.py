"""The tree of known errors: the world's faults, each with what the user can do next.

SlmdeskError
├── BadInput              the user gave something that cannot be used
│   └── PrivateAddress        a web address of this machine or its network
├── AlreadyRunning        another instance owns the data folder
├── StoreError
│   ├── DataFolderUnusable    read-only, missing rights, no room
│   │   └── DataFolderAway        moved to a disk that is not connected
│   ├── DiskFull              a model needs more room than its disk has
│   ├── DatabaseDamaged       the file was kept aside
│   └── DatabaseNewer         written by a newer version of the program
├── SecretsUnavailable    no keyring, or it is locked
└── EngineError
    ├── EngineOffline         nothing answers at the address
    ├── EngineBusy            queue full or rate limit, before the first token
    ├── NotAuthorised         key missing or refused
    ├── ModelMissing          the engine does not have this model
    ├── LoadFailed            the weights could not be loaded
    ├── OutOfMemory           the model needs more memory than there is
    ├── ContextOverflow       the prompt is longer than the context
    ├── RequestRefused        the engine understood and said no
    ├── Interrupted           the answer ended before its end (what came is kept)
    └── BadReply              the server broke its protocol

Anything that is not a SlmdeskError is a bug of this program.
"""

from slmdesk.base.words import later, say

_SENTENCE_ENDS = (".", "!", "?", "…")


class SlmdeskError(Exception):
    """A known error: `message` says what happened, `next_step` what the user can do.

    Both are in the reader's language: made with `say`. A message that ends in the words of somebody else
    is given the full stop that they lack.
    """

    next_step = ""

    def __init__(self, message: str, *, next_step: str | None = None) -> None:
        self.message = message if message.endswith(_SENTENCE_ENDS) else f"{message}."
        super().__init__(self.message)
        self.next_step = say(self.next_step) if next_step is None else next_step

    def sentence(self) -> str:
        """Both sentences in one line, for a pane or the terminal."""
        return f"{self.message} {self.next_step}".strip()


class BadInput(SlmdeskError):
    """The user gave something that cannot be used."""


class PrivateAddress(BadInput):
    """A web address that leads to this machine or into the private network."""

    next_step = later("Open it only if you know what answers there: a page or a model may have named it.")


class AlreadyRunning(SlmdeskError):
    """Another instance owns the data folder."""

    next_step = later("Use the window that is open, or choose another folder with --data-dir.")


class StoreError(SlmdeskError):
    """The data folder or the database cannot be used as it is."""


class DataFolderUnusable(StoreError):
    """The data folder is read-only, not ours, or full."""

    next_step = later("Choose another folder with --data-dir.")


class DataFolderAway(DataFolderUnusable):
    """The data was moved to a place that is not there now: a disk that is not connected."""


class DiskFull(StoreError):
    """A model needs more room than there is on its disk; both figures in bytes, None if unknown."""

    next_step = later("Free some space, or move the data folder to a larger disk, and go on.")

    def __init__(
        self,
        message: str,
        *,
        needed_bytes: int | None = None,
        free_bytes: int | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.needed_bytes = needed_bytes
        self.free_bytes = free_bytes


class DatabaseDamaged(StoreError):
    """The database could not be read and was kept aside."""


class DatabaseNewer(StoreError):
    """The database was written by a newer version of the program."""

    next_step = later("Update SLM Desk; until then everything can be read and nothing is changed.")


class SecretsUnavailable(SlmdeskError):
    """There is no keyring, or it is locked."""

    next_step = later("The key is kept for this session only.")


class EngineError(SlmdeskError):
    """An engine could not do what was asked."""


class EngineOffline(EngineError):
    """Nothing answers at the engine's address."""

    next_step = later("Start it and try again, or choose a model of the built-in engine.")


class EngineBusy(EngineError):
    """The engine takes no more requests now; nothing was generated.

    `retry_after_s` is the time after which the server wants to be asked again, None if it did not say.
    """

    next_step = later("Wait a moment, or for a running answer to end, and try again.")
    retry_after_s: float | None = None


class NotAuthorised(EngineError):
    """The key is missing or was refused."""

    next_step = later("Check the key in Settings.")


class ModelMissing(EngineError):
    """The engine does not have this model."""

    next_step = later("Choose another model.")


class LoadFailed(EngineError):
    """The weights could not be loaded; the message holds the engine's reason."""

    next_step = later("Try a smaller context or another model.")


class OutOfMemory(EngineError):
    """Loading needs more memory than may be used; both figures in bytes, None if unknown."""

    next_step = later("Close other programs, choose a smaller model or context, or load it anyway.")

    def __init__(
        self,
        message: str,
        *,
        needed_bytes: int | None = None,
        free_bytes: int | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.needed_bytes = needed_bytes
        self.free_bytes = free_bytes


class ContextOverflow(EngineError):
    """The prompt has more tokens than the context; both counts in tokens, None if unknown."""

    next_step = later("Raise the context length, shorten the prompt or start a new chat.")

    def __init__(
        self,
        message: str,
        *,
        prompt_tokens: int | None = None,
        context_tokens: int | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.prompt_tokens = prompt_tokens
        self.context_tokens = context_tokens


class RequestRefused(EngineError):
    """The engine understood the request and refused it; the message holds its reason."""

    next_step = later("Change the settings of this request, or choose another model.")


class Interrupted(EngineError):
    """The answer ended before its end; everything received so far is kept."""

    next_step = later("Press Again to ask once more.")


class BadReply(EngineError):
    """The server sent something that is not its protocol."""

    next_step = later("Check that the address belongs to a model server.")
