"""Bytes to text: marks of Unicode first, then UTF-8, then a guess that is told."""

import codecs
from dataclasses import dataclass

from slmdesk.base.errors import BadInput
from slmdesk.base.prompt_text import is_binary
from slmdesk.base.words import say
from slmdesk.features.documents.limits import MAX_TEXT_CHARS

_MAX_BYTES_PER_CHAR = 4
_SAMPLE_BYTES = 64 * 1024
_SAMPLE_CHARS = 100_000
_MARKS = (  # the longer first: the mark of UTF-32 begins like that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WESTERN = "cp1252"
# Alphabets that share most of their letters with Western Europe, where short texts are guessed wrongly.
_LIKE_WESTERN = {"cp1250", "cp1254", "cp1257", "latin_1", "iso8859_15", "mac_roman"}
_CANDIDATES = [_WESTERN, "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256"]
_CANDIDATES += ["shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"]
_MAX_DAMAGE = 0.1  # of the characters beyond ASCII


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text with Unix line ends; `notes` says what was guessed or left out."""

    text: str
    notes: tuple[str, ...] = ()


def decode(name: str, data: bytes) -> Decoded:
    """The text in `data`, at most MAX_TEXT_CHARS of it; BadInput if it is none."""
    encoding, skipped, note = _encoding(data)
    if not encoding:
        raise _binary(name)
    text = _decoded(data, encoding, skipped)
    if is_binary(text[:_SAMPLE_CHARS]) or "\0" in text:
        raise _binary(name)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    shortened, cut_note = shorten(text, is_whole=len(data) <= MAX_TEXT_CHARS * _MAX_BYTES_PER_CHAR)
    return Decoded(shortened, tuple(filter(None, (note, cut_note))))


def shorten(text: str, *, is_whole: bool = True) -> tuple[str, str]:
    """At most MAX_TEXT_CHARS of the text, and the sentence that says so, "" if it is whole."""
    if len(text) <= MAX_TEXT_CHARS and is_whole:
        return text, ""
    return text[:MAX_TEXT_CHARS], say(
        "Only the first {max_text_chars:,} characters were read.", max_text_chars=MAX_TEXT_CHARS
    )


def _encoding(data: bytes) -> tuple[str, int, str]:
    """Encoding, bytes to skip, and a note; no encoding for what is not text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark), ""
    if b"\0" in data[:_SAMPLE_BYTES]:
        return _unmarked_utf16(data[:_SAMPLE_BYTES]), 0, say("Read as UTF-16, which is a guess.")
    broken, others = _damage(data)
    if not broken:
        return "utf-8", 0, ""
    if broken <= others * _MAX_DAMAGE:
        return "utf-8", 0, say("A few damaged characters are shown as �.")
    encoding = _guess(data[:_SAMPLE_BYTES])
    return (
        encoding,
        0,
        say("Read as {encoding}, which is a guess.", encoding=encoding.replace("cp", "Windows-")),
    )


def _unmarked_utf16(sample: bytes) -> str:
    """Western text in UTF-16 has a NUL at every other place, and at those alone."""
    even, odd = sample[::2], sample[1::2]
    for zeros, letters, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if zeros.count(0) > 0.7 * len(zeros) and 0 not in letters:
            return encoding
    return ""


def _damage(data: bytes) -> tuple[int, int]:
    """How many characters are no UTF-8, and how many beyond ASCII are."""
    text = _decoded(data, "utf-8", 0)
    broken = text.count("\ufffd")
    others = sum(1 for char in text if char > "\x7f") - broken if broken else 0
    return broken, others


def _decoded(data: bytes, encoding: str, skipped: int) -> str:
    """Decoded up to the limit; a character cut by the limit is no damage."""
    end = skipped + MAX_TEXT_CHARS * _MAX_BYTES_PER_CHAR
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return decoder.decode(data[skipped:end], final=end >= len(data))


def _guess(sample: bytes) -> str:
    """The likeliest encoding; Western Europe's where it makes sense, since others only look alike."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    encoding = best.encoding if best else _WESTERN
    if encoding in _LIKE_WESTERN and _is_western(sample):
        return _WESTERN
    return encoding


def _is_western(sample: bytes) -> bool:
    """Whether the text in Western Europe's alphabet has no symbols inside its words."""
    try:
        text = sample.decode(_WESTERN)
    except UnicodeDecodeError:
        return False
    inner = zip(text, text[1:], text[2:], strict=False)
    return not any(
        a.isalpha() and c.isalpha() and b > "\x7f" and b not in "’‘·­" and not b.isalpha() for a, b, c in inner
    )


def _binary(name: str) -> BadInput:
    return BadInput(
        say("“{name}” is a binary file, not a text.", name=name),
        next_step=say("Attach text, a PDF, a Word or Excel file, a picture, or convert it to one of these."),
    )
