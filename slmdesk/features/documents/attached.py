"""Documents and pictures of a chat: into the store and back, and into the prompt, cut to its room."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from slmdesk.engines.base import Image
from slmdesk.features.documents.document import Attachment, Document, Kind, Picture
from slmdesk.features.documents.fitting import fit_documents
from slmdesk.features.documents.tokens import estimate_tokens
from slmdesk.store.attachments import StoredAttachment

_SOURCE_FILE, _NOTES = "file", "notes"  # of drafts alone: neither is sent or exported
LONG_TEXT_CHARS = 50_000
DOCUMENT_SHARE = 0.8  # of the room: the rest is for the questions that follow


@dataclass(frozen=True, slots=True)
class SentTurn:
    """A message as a model is told it: documents first, the question last."""

    role: str
    text: str
    images: tuple[Image, ...] = ()


def to_stored(attachment: Attachment) -> StoredAttachment:
    """As the store keeps it; a document is kept whole, whatever of it fits today."""
    if isinstance(attachment, Picture):
        details: dict[str, Any] = {
            "mime": attachment.image.mime,
            "width": attachment.width,
            "height": attachment.height,
            "size_bytes": attachment.size_bytes,
        }
        return StoredAttachment(attachment.name, Kind.PICTURE.value, "", attachment.image.data, details)
    details = {
        "size_bytes": attachment.size_bytes,
        "pages": attachment.pages,
        "language": attachment.language,
        "title": attachment.title,
        "source": attachment.source,
    }
    kept = {key: value for key, value in details.items() if value}
    return StoredAttachment(attachment.name, attachment.kind.value, attachment.text, None, kept)


def to_unsent(attachment: Attachment, file: str = "") -> StoredAttachment:
    """As the store keeps it while it is not sent: with what was said of it, and the file it came from."""
    stored = to_stored(attachment)
    more = {_NOTES: list(attachment.notes), _SOURCE_FILE: file}
    return replace(stored, details={**stored.details, **{key: value for key, value in more.items() if value}})


def unread(name: str, file: str) -> StoredAttachment:
    """A file that is still being read: only its place is known."""
    return StoredAttachment(name, "", details={_SOURCE_FILE: file})


def from_unsent(stored: StoredAttachment) -> Attachment | None:
    """The attachment of a draft as it was; None where it had not been read yet."""
    told = stored.details.get(_NOTES)
    notes = tuple(map(str, told)) if isinstance(told, list) else ()
    if stored.data is not None:
        return _picture(stored, notes)
    return replace(_document(stored), notes=notes) if stored.kind else None


def file_of(stored: StoredAttachment) -> str:
    """The file that an attachment of a draft came from, "" for what has none."""
    return str(stored.details.get(_SOURCE_FILE, ""))


def documents_of(attachments: Iterable[StoredAttachment]) -> list[Document]:
    """The documents among them, in their order."""
    return [_document(each) for each in attachments if each.data is None]


def images_of(attachments: Iterable[StoredAttachment]) -> tuple[Image, ...]:
    """The pictures among them, in their order."""
    return tuple(_image(each.data, each.details) for each in attachments if each.data is not None)


class _Said(Protocol):
    @property
    def text(self) -> str: ...


class Told(_Said, Protocol):
    """A message to unfold; `id` is the same for the same text and attachments."""

    @property
    def id(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def attachments(self) -> tuple[StoredAttachment, ...]: ...


class DocumentUnfolding:
    """Puts the documents of a chat into its prompts; what was fitted once is not counted again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], str] = {}
        self._counts: dict[str, int] = {}

    @staticmethod
    def budget(turns: Sequence[_Said], question: str, room_tokens: int, head_tokens: int) -> int:
        """The tokens that documents may have beside the system prompt, what was said, and the question."""
        said = sum(estimate_tokens(turn.text) for turn in turns)
        return max(0, int((room_tokens - head_tokens - said - estimate_tokens(question)) * DOCUMENT_SHARE))

    def turns(self, messages: Iterable[Told], room_tokens: int, head_tokens: int) -> list[SentTurn]:
        """What a model is told. Slow where a long document is new here: use a thread."""
        turns: list[SentTurn] = []
        for message in messages:
            if not message.attachments:
                turns.append(SentTurn(message.role, message.text))
                continue
            budget = self.budget(turns, message.text, room_tokens, head_tokens)
            images = images_of(message.attachments)
            turns.append(SentTurn(message.role, self._text(message, budget), images))
        return turns

    def _text(self, message: Told, budget_tokens: int) -> str:
        key = (message.id, budget_tokens)
        if key not in self._known:
            fitting = fit_documents(documents_of(message.attachments), budget_tokens, self._count)
            self._known[key] = fitting.prompt(message.text)
        return self._known[key]

    def _count(self, text: str) -> int:
        """Long texts once: with another context they are fitted again, on the window's thread."""
        if len(text) < LONG_TEXT_CHARS:
            return estimate_tokens(text)
        if text not in self._counts:
            self._counts[text] = estimate_tokens(text)
        return self._counts[text]


def _image(data: bytes, details: Mapping[str, Any]) -> Image:
    return Image(data, str(details.get("mime", "image/png")))


def _picture(stored: StoredAttachment, notes: tuple[str, ...]) -> Picture:
    details = stored.details
    width, height, size_bytes = (_count(details.get(name)) for name in ("width", "height", "size_bytes"))
    return Picture(stored.name, _image(stored.data or b"", details), width, height, notes, size_bytes)


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _document(stored: StoredAttachment) -> Document:
    details = stored.details
    pages = details.get("pages")
    kinds = {kind.value: kind for kind in Kind}
    return Document(
        stored.name,
        kinds.get(stored.kind, Kind.TEXT),
        stored.text,
        size_bytes=_count(details.get("size_bytes")),
        pages=pages if isinstance(pages, int) else None,
        language=str(details.get("language", "")),
        title=str(details.get("title", "")),
        source=str(details.get("source", "")),
    )
