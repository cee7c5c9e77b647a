"""Text for the cells of a spreadsheet: what models and documents wrote is not run as a formula."""

import re

_FORMULA_STARTS = tuple("=+-@＝＋－＠")  # spreadsheets take the wide ones for the others
_CELL_STARTS = ("\t", "\r", "\n")
# Where the comma is the decimal sign, spreadsheets end a cell at each semicolon, whatever stands in quotes.
_SEMICOLON = re.compile(r"(; *)(?=[=+\-@＝＋－＠])")


def harmless(cell: str) -> str:
    """The text, behind an apostrophe where a spreadsheet would take it for a formula."""
    cell = cell.replace("\0", "\ufffd")
    is_formula = cell.startswith(_CELL_STARTS) or cell.lstrip().startswith(_FORMULA_STARTS)
    return f"'{cell}" if is_formula else cell


def harmless_in_csv(cell: str) -> str:
    """As `harmless`, and also where a spreadsheet cuts the line at other places than it was written."""
    return harmless(_SEMICOLON.sub(r"\1'", cell))
