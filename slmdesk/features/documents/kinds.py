"""What a file is: by its first bytes, then by its name; and what to do with what cannot be read."""

from dataclasses import dataclass
from pathlib import PurePath

from slmdesk.base.errors import BadInput
from slmdesk.base.words import later, say
from slmdesk.features.documents.document import Kind

_PDF_HEAD_BYTES = 1024  # some programs write a line or two before "%PDF-"
_PICTURE_HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_PAGE_SUFFIXES = {".html", ".htm", ".xhtml"}

_LANGUAGES = {
    "python": "py pyw pyi",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts mts cts tsx",
    "java": "java",
    "kotlin": "kt kts",
    "c": "c h",
    "cpp": "cc cpp cxx hpp hh hxx ino",
    "csharp": "cs",
    "go": "go",
    "rust": "rs",
    "swift": "swift",
    "ruby": "rb",
    "php": "php",
    "perl": "pl pm",
    "lua": "lua",
    "r": "r",
    "julia": "jl",
    "scala": "scala",
    "haskell": "hs",
    "elixir": "ex exs",
    "erlang": "erl",
    "clojure": "clj",
    "dart": "dart",
    "zig": "zig",
    "sql": "sql",
    "bash": "sh bash zsh",
    "powershell": "ps1 psm1",
    "batch": "bat cmd",
    "css": "css scss less",
    "xml": "xml svg xsd xsl",
    "yaml": "yaml yml",
    "toml": "toml",
    "ini": "ini cfg conf properties",
    "latex": "tex",
    "diff": "diff patch",
    "vue": "vue",
    "svelte": "svelte",
    "terraform": "tf",
    "cmake": "cmake",
    "graphql": "graphql gql",
    "protobuf": "proto",
    "jsonl": "jsonl ndjson",
}
_LANGUAGE_OF = {f".{suffix}": name for name, suffixes in _LANGUAGES.items() for suffix in suffixes.split()}
_NAMED_FILES = {"dockerfile": "dockerfile", "makefile": "makefile", "cmakelists.txt": "cmake"}
_TEXT_KINDS = {
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".csv": Kind.TABLE,
    ".tsv": Kind.TABLE,
    ".json": Kind.JSON,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Files that begin with `head`, `offset` bytes from the start: what they are, what to do instead."""

    head: bytes
    what: str
    next_step: str
    offset: int = 0


_SOUND = later("Give its words as text; sounds and films cannot be read.")
_UNPACK = later("Unpack it and attach the files that matter.")
_PROGRAM = later("Attach its source code, or a text that describes it.")
_AS_JPEG = later("Save it as JPEG or PNG and attach that.")
_REFUSALS = (
    Refusal(b"{\\rtf", later("an RTF document"), later("Save it as DOCX or PDF and attach that.")),
    Refusal(b"Rar!", later("a RAR archive"), _UNPACK),
    Refusal(b"7z\xbc\xaf\x27\x1c", later("a 7-Zip archive"), _UNPACK),
    Refusal(b"\x1f\x8b", later("a compressed file (gzip)"), _UNPACK),
    Refusal(b"BZh", later("a compressed file (bzip2)"), _UNPACK),
    Refusal(b"\xfd7zXZ\0", later("a compressed file (xz)"), _UNPACK),
    Refusal(b"\x28\xb5\x2f\xfd", later("a compressed file (zstd)"), _UNPACK),
    Refusal(b"MZ\x90\0", later("a program for Windows"), _PROGRAM),
    Refusal(b"\x7fELF", later("a program for Linux"), _PROGRAM),
    Refusal(b"\xcf\xfa\xed\xfe", later("a program for macOS"), _PROGRAM),
    Refusal(
        b"SQLite format 3\0",
        later("a database"),
        later("Export the table that matters as CSV and attach that."),
    ),
    Refusal(
        b"GGUF", later("a model"), later("Add it in Settings, under model files; it is nothing to read.")
    ),
    Refusal(b"ID3", later("a sound"), _SOUND),
    Refusal(b"OggS", later("a sound"), _SOUND),
    Refusal(b"fLaC", later("a sound"), _SOUND),
    Refusal(b"WAVE", later("a sound"), _SOUND, 8),
    Refusal(b"AVI ", later("a film"), _SOUND, 8),
    Refusal(b"ftyphei", later("a picture in Apple's HEIC format"), _AS_JPEG, 4),
    Refusal(b"ftypmif1", later("a picture in Apple's HEIC format"), _AS_JPEG, 4),
    Refusal(b"ftypavif", later("an AVIF picture"), _AS_JPEG, 4),
    Refusal(b"ftyp", later("a film or a sound"), _SOUND, 4),
    Refusal(b"II*\0", later("a TIFF picture"), _AS_JPEG),
    Refusal(b"MM\0*", later("a TIFF picture"), _AS_JPEG),
)


def binary_kind(name: str, data: bytes) -> Kind | None:
    """The kind that the child process reads, None for plain text. DOCX stands for any ZIP archive.

    Raises BadInput for what is known and cannot be read.
    """
    if is_picture(data):
        return Kind.PICTURE
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Kind.DOCX
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise old_office(name, data)
    if b"%PDF-" in data[:_PDF_HEAD_BYTES]:
        return Kind.PDF
    for refusal in _REFUSALS:
        if data.startswith(refusal.head, refusal.offset):
            raise BadInput(
                say("“{name}” is {what}, not a text.", name=name, what=say(refusal.what)),
                next_step=say(refusal.next_step),
            )
    if _suffix(name) in _PAGE_SUFFIXES or data[:200].lstrip().lower().startswith(
        (b"<!doctype html", b"<html")
    ):
        return Kind.HTML
    return None


def is_picture(data: bytes) -> bool:
    """PNG, JPEG, GIF, BMP or WebP."""
    is_webp = data.startswith(b"RIFF") and data[8:12] == b"WEBP"
    # "BM" alone begins many a text: the four bytes at its sixth place are always 0 in a bitmap.
    is_bitmap = data.startswith(b"BM") and data[6:10] == b"\0\0\0\0"
    return is_webp or is_bitmap or data.startswith(_PICTURE_HEADS)


def text_kind(name: str) -> tuple[Kind, str]:
    """The kind of a plain text by its name, and the programming language, "" for none."""
    suffix = _suffix(name)
    language = _NAMED_FILES.get(name.lower()) or _LANGUAGE_OF.get(suffix, "")
    if language:
        return Kind.CODE, language
    return _TEXT_KINDS.get(suffix, Kind.TEXT), ""


def old_office(name: str, data: bytes) -> BadInput:
    """Microsoft's container: either encrypted or from before 2007."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return BadInput(
            say("“{name}” is protected with a password.", name=name),
            next_step=say("Open it, save a copy without the password and attach that."),
        )
    return BadInput(
        say("“{name}” is in an Office format from before 2007.", name=name),
        next_step=say("Save it as DOCX, XLSX or PDF and attach that."),
    )


def _suffix(name: str) -> str:
    return PurePath(name).suffix.lower()


def damaged(name: str) -> BadInput:
    """For a file that its own reader cannot make sense of."""
    return unusable(name, say("is damaged, or not quite what its name says"))


def unusable(name: str, what: str) -> BadInput:
    """For a file that another copy of itself may cure."""
    return BadInput(
        f"“{name}” {what}.",
        next_step=say("Open it in the program that made it, save a new copy (or a PDF) and attach that."),
    )
