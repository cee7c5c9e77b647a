"""Numbers as they stand in a text: digits with separators of several countries, scale, unit."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from slmdesk.features.evaluate.normal_text import folded
from slmdesk.features.evaluate.scorers.date_reading import find_dates
from slmdesk.features.evaluate.scorers.number_units import CURRENCIES, SCALES, currency

LOOKED_AT = 2_000
_MOST_NUMBERS = 40
_LONGEST_DIGITS = 40

_SUPERSCRIPTS = str.maketrans({mark: f"^{digit}" for digit, mark in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")})
_FRACTIONS = {"½": "5", "¼": "25", "¾": "75"}
_FRACTION = re.compile(r"(\d*) ?([½¼¾])")

_MONEY = "|".join(re.escape(word) for word in sorted(CURRENCIES, key=len, reverse=True))
_SCALE = "|".join(re.escape(word) for word in sorted(SCALES, key=len, reverse=True))
_PART = r"(?:thirds?|quarters?|fifths?|tenths?|drittel|viertel)"
_NO_UNIT = r"(?:to|and|or|bis|und|oder|of|in|with|was|were|are|is|on|at|von|im|mit|x)\b"
_LITERAL = re.compile(
    rf"(?<![\w.,'^])(?<!(?<!\d)[a-z]-)"
    rf"(?:(?P<before>{_MONEY}) ?)?(?P<sign>-|minus )?(?:(?P<money>{_MONEY}) ?)?"
    r"(?P<digits>\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?(?![\d'])|\d+(?:[.,']\d+)*)(?!\d)"
    r"(?:e(?P<exponent>[+-]?\d{1,3})(?!\w)| ?[x×·*] ?10\^?(?P<power>\d{1,2})(?!\d))?"
    r"(?:\^(?P<raised>\d{1,2}))?"
    rf"(?!(?:st|nd|rd|th)\b|[ -]{_PART}\b)(?:[ -]?(?P<scale>{_SCALE})(?!\w))?"
    rf"(?P<core>)(?:[ -]?(?P<unit>%|per cent|[€$£¥₹]|(?!{_NO_UNIT})[^\W\d_][\w$-]*))?"
)
_TIME = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")
_YEAR = re.compile(r"\b(?:in|since|from|of|for|by|seit|im jahr|dated) ((?:19|20)\d{2})\b(?![.,]\d)")
_GROUPED = r"[1-9]\d{0,2}(?:[,]\d{3})+|[1-9]\d?(?:[,]\d{2})+[,]\d{3}|\d+"  # the second as in India
_GERMAN_SCALES = {
    "tausend",
    "tsd",
    "tsd.",
    "mio",
    "mio.",
    "millionen",
    "milliarden",
    "mrd",
    "mrd.",
    "billionen",
}
_PLAIN_YEARS = re.compile(r"\d{4}(?:\D*\d{4})?|\d{8}|\d{1,2}\. ?\d{1,2}\.")
_POINT = re.compile(rf"({_GROUPED})(\.\d+)?")
_SWAPPED = str.maketrans(".,", ",.")


@dataclass(frozen=True, slots=True)
class Literal:
    """A number at its place; `core` is where its digits and scale end, `end` where its unit does."""

    start: int
    core: int
    end: int
    value: float
    scale: float
    unit: str
    currency: str


def line_of(text: str) -> str:
    """The text folded, fractions as digits, dates and times of day blanked out."""
    text = _FRACTION.sub(lambda match: f"{match[1] or '0'}.{_FRACTIONS[match[2]]}", text)
    line = folded(text.translate(_SUPERSCRIPTS))
    for date in find_dates(line):
        if not _PLAIN_YEARS.fullmatch(line[date.start : date.end]):
            line = _blanked(line, date.start, date.end)
    return _TIME.sub(lambda match: " " * len(match[0]), line)


def _blanked(line: str, start: int, end: int) -> str:
    return line[:start] + " " * (end - start) + line[end:]


def literals(line: str, mark: str, factors: Mapping[str, float]) -> list[Literal] | None:
    """The numbers of the line where `mark` is the decimal mark; None if one of them cannot be written so.

    `factors` are units that win over a scale of the same letter: with a length asked for, "5 m" are metres.
    """
    matches = [match for match in _LITERAL.finditer(line) if _is_number(match["digits"])][:_MOST_NUMBERS]
    if len(matches) > 1:
        years = {match.start(1) for match in _YEAR.finditer(line)}
        matches = [match for match in matches if match.start("digits") not in years] or matches
    found = [_literal(match, mark, factors) for match in matches]
    return None if None in found else [each for each in found if each is not None]


def _is_number(digits: str) -> bool:
    """Not a version such as 1.2.3, nor digits without end."""
    return len(digits) <= _LONGEST_DIGITS and any(_value(digits, mark, "") is not None for mark in ".,")


def _value(digits: str, mark: str, scale: str) -> float | None:
    """The digits with this decimal mark; None where nobody would write them so.

    Three digits after a comma are thousands, but for "2,612 Millionen"; after a full stop they can be both,
    but for "11.000" and "2.612 million".
    """
    if "'" in digits or " " in digits:
        is_grouped = re.fullmatch(r"\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?", digits)
        return float(re.sub(r"[ ']", "", digits).replace(",", ".")) if is_grouped else None
    if three := re.fullmatch(r"[1-9]\d{0,2}([.,])(\d{3})", digits):
        is_thousands = three[1] != mark
        sure = _thousands_for_sure(three[1], three[2], scale)
        if sure is not None and sure != is_thousands:
            return None
    match = _POINT.fullmatch(digits if mark == "." else digits.translate(_SWAPPED))
    return None if match is None else float(match[1].replace(",", "") + (match[2] or ""))


def _thousands_for_sure(separator: str, after: str, scale: str) -> bool | None:
    """Whether the one separator before three digits is that of thousands; None where it can be both."""
    if separator == ",":
        return scale not in _GERMAN_SCALES
    if after == "000":
        return True
    return None if not scale or scale in _GERMAN_SCALES else False


def _literal(match: re.Match[str], mark: str, factors: Mapping[str, float]) -> Literal | None:
    scale, unit = match["scale"] or "", match["unit"] or ""
    value = _value(match["digits"], mark, scale)
    if value is None:
        return None
    raised = match["raised"] if match["digits"] == "10" else ""  # else it is the mark of a note
    power = int(match["exponent"] or match["power"] or 0) + (int(raised) - 1 if raised else 0)
    if scale in factors and not unit:
        scale, unit = "", scale
    value = (-value if match["sign"] else value) * math.pow(10, min(max(power, -300), 250))
    money = currency(match["before"] or "") or currency(match["money"] or "") or currency(unit)
    return Literal(
        match.start(), match.start("core"), match.end(), value, SCALES.get(scale, 1.0), unit, money
    )
