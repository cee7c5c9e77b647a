"""What comes of a file or an address: text with what is to be said about it, or a picture."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from slmdesk.base.words import later
from slmdesk.engines.base import Image


class Kind(StrEnum):
    """What a file holds; the value is how people call it."""

    TEXT = later("text")
    MARKDOWN = "Markdown"
    CODE = later("code")
    TABLE = later("table")
    JSON = "JSON"
    HTML = later("web page")
    PDF = "PDF"
    DOCX = later("Word document")
    XLSX = later("Excel workbook")
    PICTURE = later("picture")


@dataclass(frozen=True, slots=True)
class Document:
    """Text for a model. `name` is the file's name or the page's title, `source` its address, "" for a file.

    `title` is that of a web page; `language` names the programming language of code, "" otherwise;
    `pages` counts the pages of a PDF or the sheets of a workbook, None where there are none. `notes` are
    sentences for the user: what was guessed, left out or could not be read. `size_bytes` is the size of
    the file, not of the text. `whole` is all the text of a web page of which `text` is the article.
    """

    name: str
    kind: Kind
    text: str
    notes: tuple[str, ...] = ()
    size_bytes: int = 0
    pages: int | None = None
    language: str = ""
    title: str = ""
    source: str = ""
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image made ready for a vision model: upright, small enough, without metadata.

    `width` and `height` in pixels are those of `image`; `size_bytes` is the size of the original.
    """

    name: str
    image: Image
    width: int
    height: int
    notes: tuple[str, ...] = ()
    size_bytes: int = 0


Attachment: TypeAlias = Document | Picture


@dataclass(frozen=True, slots=True)
class Content:
    """What a reader found in a file; the fields are those of Document."""

    kind: Kind
    text: str
    notes: tuple[str, ...] = ()
    pages: int | None = None
    title: str = ""
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Pixels:
    """What the reader of pictures made of one; the fields are those of Picture."""

    data: bytes
    mime: str
    width: int
    height: int
    notes: tuple[str, ...] = ()
