"""Writes a report to a file, in the form that the file's ending asks for."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TypeAlias

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.config.atomic_file import replacing
from slmdesk.features.evaluate.report.html import html_pieces
from slmdesk.features.evaluate.report.plain import json_pieces
from slmdesk.features.evaluate.report.report import Report
from slmdesk.features.evaluate.report.tables import csv_pieces, write_workbook

Write: TypeAlias = Callable[[Report, BinaryIO], None]


def writer(path: Path) -> Write:
    """What writes a file of this ending; raises BadInput for others."""
    writers: Mapping[str, Write] = {
        ".html": _in_pieces(html_pieces),
        ".htm": _in_pieces(html_pieces),
        ".csv": _in_pieces(csv_pieces),
        ".json": _in_pieces(json_pieces),
        ".xlsx": write_workbook,
    }
    if path.suffix.lower() not in writers:
        raise BadInput(
            say("{name} ends in none of .html, .csv, .xlsx and .json.", name=path.name),
            next_step=say("Give it one of these endings."),
        )
    return writers[path.suffix.lower()]


def write_report(report: Report, path: Path, write: Write | None = None) -> None:
    """Write all of it, or leave what was there; raises BadInput. May take a while: call it off the loop.

    `write` is another form than the ending of `path` says.
    """
    write = write or writer(path)
    try:
        with replacing(path) as file:
            write(report, file)
    except OSError as error:
        raise BadInput(
            say("{name} cannot be written: {reason}.", name=path.name, reason=error.strerror or error),
            next_step=say("Choose another folder."),
        ) from error


def _in_pieces(pieces: Callable[[Report], Iterator[str]]) -> Write:
    def write(report: Report, file: BinaryIO) -> None:
        file.writelines(piece.encode("utf-8", "replace") for piece in pieces(report))

    return write
