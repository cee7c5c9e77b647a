"""Office files, which are ZIP archives: looked at before anything is unpacked, then given to their reader."""

import io
import zipfile

from slmdesk.base.errors import BadInput
from slmdesk.base.words import later, say
from slmdesk.features.documents.document import Content
from slmdesk.features.documents.limits import (
    MAX_ARCHIVE_ENTRIES,
    MAX_TREE_BYTES,
    MAX_UNPACKED_BYTES,
    megabytes,
)

_WORD_TEXT = "word/document.xml"
_OTHERS = {  # how the files of an archive begin, and what it is then
    "ppt/": (later("a PowerPoint presentation"), later("Save it as PDF and attach that.")),
    "META-INF/container.xml": (later("an e-book"), later("Convert it to PDF or text and attach that.")),
    "content.xml": (later("an OpenDocument file"), later("Save it as DOCX, XLSX or PDF and attach that.")),
    "xl/workbook.bin": (later("a binary Excel workbook"), later("Save it as XLSX and attach that.")),
}


def read(name: str, data: bytes) -> Content:
    """The text of a Word or Excel file; raises BadInput for any other archive and for one too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise BadInput(
            say("“{name}” is damaged: its end is missing or does not fit its beginning.", name=name),
            next_step=say("Copy or download it once more and attach that."),
        ) from error
    _refuse_bomb(name, entries)
    names = {entry.filename for entry in entries}
    if _WORD_TEXT in names:
        _refuse_tree(name, entries)
        from slmdesk.features.documents.readers import docx

        return docx.read(name, data)
    if "xl/workbook.xml" in names:
        from slmdesk.features.documents.readers import xlsx

        return xlsx.read(name, data)
    raise _other(name, names)


def _refuse_bomb(name: str, entries: list[zipfile.ZipInfo]) -> None:
    """The sizes are those that the archive declares; Python's reader unpacks no more than that."""
    unpacked_bytes = sum(entry.file_size for entry in entries)
    excess = ""
    if unpacked_bytes > MAX_UNPACKED_BYTES:
        excess = say(
            "unpacks to {unpacked}; at most {max_unpacked}",
            unpacked=megabytes(unpacked_bytes),
            max_unpacked=megabytes(MAX_UNPACKED_BYTES),
        )
    elif len(entries) > MAX_ARCHIVE_ENTRIES:
        excess = say(
            "holds {count:,} parts; at most {max_archive_entries:,}",
            count=len(entries),
            max_archive_entries=MAX_ARCHIVE_ENTRIES,
        )
    if excess:
        raise BadInput(
            say("“{name}” {excess} are opened.", name=name, excess=excess),
            next_step=say("Save the part that matters as a file of its own and attach that."),
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise BadInput(
            say("“{name}” is protected with a password.", name=name),
            next_step=say("Save a copy without the password and attach that."),
        )


def _refuse_tree(name: str, entries: list[zipfile.ZipInfo]) -> None:
    size_bytes = max(entry.file_size for entry in entries if entry.filename.endswith(".xml"))
    if size_bytes > MAX_TREE_BYTES:
        raise BadInput(
            say(
                "“{name}” holds {size} of text and layout; at most {max_tree} are opened.",
                name=name,
                size=megabytes(size_bytes),
                max_tree=megabytes(MAX_TREE_BYTES),
            ),
            next_step=say("Save the chapters that matter as a file of its own and attach that."),
        )


def _other(name: str, names: set[str]) -> BadInput:
    for head, (what, next_step) in _OTHERS.items():
        if any(entry.startswith(head) for entry in names):
            return BadInput(
                say("“{name}” is {what}, which cannot be read.", name=name, what=say(what)),
                next_step=say(next_step),
            )
    return BadInput(
        say("“{name}” is an archive.", name=name),
        next_step=say("Unpack it and attach the files that matter."),
    )
