"""How single dates are written, in English and German: each pattern with what it means."""

import calendar
import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

NO_YEAR = 2000
"""Stands for a year that is not said: it has a 29 February."""

_NAMES = (
    ("january", "januar", "jänner", "jan", "jän"),
    ("february", "februar", "feber", "feb"),
    ("march", "märz", "maerz", "mar", "mär", "mrz"),
    ("april", "apr"),
    ("may", "mai"),
    ("june", "juni", "jun"),
    ("july", "juli", "jul"),
    ("august", "aug"),
    ("september", "sept", "sep"),
    ("october", "oktober", "oct", "okt"),
    ("november", "nov"),
    ("december", "dezember", "dec", "dez"),
)
_MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names}
_QUARTERS = {
    **dict.fromkeys(("1", "1st", "first", "erstes", "ersten", "i"), 1),
    **dict.fromkeys(("2", "2nd", "second", "zweites", "zweiten", "ii"), 2),
    **dict.fromkeys(("3", "3rd", "third", "drittes", "dritten", "iii"), 3),
    **dict.fromkeys(("4", "4th", "fourth", "viertes", "vierten", "iv"), 4),
}
_EARLY, _MID, _LATE = "early", "mid", "late"
_WEEKS = ("first", "second", "third", "fourth", "last", "erste", "zweite", "dritte", "vierte", "letzte")
_PARTS = {
    **{f"{name} week": f"week {place % 5}" for place, name in enumerate(_WEEKS[:5], 1)},
    **{f"{name} woche": f"week {place % 5}" for place, name in enumerate(_WEEKS[5:], 1)},
    **dict.fromkeys(("first half", "erste hälfte"), "half 1"),
    **dict.fromkeys(("second half", "zweite hälfte"), "half 2"),
    **dict.fromkeys(("early", "beginning", "start", "anfang", "beginn"), _EARLY),
    **dict.fromkeys(("mid", "middle", "mitte"), _MID),
    **dict.fromkeys(("late", "end", "ende"), _LATE),
}

_M = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_D = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?"
_D2 = r"(?P<day2>\d{1,2})(?:st|nd|rd|th)?\.?"
_Y = r"(?P<year>[12]\d{3}|'\d{2})(?!\d)"
_DOT = r"(?P<day>\d{1,2})\. ?"
_ONE_TWO = r"(?P<one>\d{1,2}) ?(?P<mark>[./-]) ?(?P<two>\d{1,2})"
_ORDINAL = "|".join(sorted(_QUARTERS, key=len, reverse=True))
_PART = rf"(?:(?P<part>{'|'.join(_PARTS)})(?: of)?[ -]+)?"
_TO = r" ?(?:-|/|to|and|through|until|till|bis(?: zum)?|und)(?: the| dem| den)? ?"
_WORDS_TOO = r"(?:may|mai|mar|march|sep|dec|jan)\b"  # names that are other words as well
_START = r"(?<!\w)(?<!\d[.,])(?<!\W\d/)(?<!\d\d/(?!\d{4}-))"


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last day, both included. Without a year, that of both is NO_YEAR.

    `bound` is "before" or "after" where the text names an end of the time alone.
    """

    first: datetime.date
    last: datetime.date
    has_year: bool = True
    bound: str = ""


Reading = Callable[[re.Match[str]], Sequence[Span]]


def _day(year: int, month: int, day: int, *, has_year: bool = True) -> list[Span]:
    return _days(year, (month, day), (month, day), has_year=has_year)


def _days(year: int, first: tuple[int, int], last: tuple[int, int], *, has_year: bool = True) -> list[Span]:
    try:
        span = Span(datetime.date(year, *first), datetime.date(year, *last), has_year)
    except ValueError:  # there is no 31 June
        return []
    return [span] if span.first <= span.last else []


def _year(match: re.Match[str]) -> tuple[int, bool]:
    written = match.groupdict().get("year")
    return (_full_year(written), True) if written else (NO_YEAR, False)


def _full_year(written: str) -> int:
    """ "24" and "'24" are 2024."""
    digits = written.lstrip("'")
    return int(digits) + (0 if len(digits) > 2 else 2000 if int(digits) < 70 else 1900)


def _named(match: re.Match[str]) -> list[Span]:
    """A day, or two days of one month, with the month's name."""
    year, has_year = _year(match)
    month, day = _MONTHS[match["month"]], int(match["day"])
    last = int(match.groupdict().get("day2") or day)
    return _days(year, (month, day), (month, last), has_year=has_year)


def _iso(match: re.Match[str]) -> list[Span]:
    return _day(_full_year(match["year"]), int(match["m"]), int(match["day"]))


def _numeric(match: re.Match[str]) -> list[Span]:
    """11/08/2024: both readings where both are dates; with full stops the day is first."""
    year = _full_year(match["short"])
    one, two = int(match["one"]), int(match["two"])
    day_first, month_first = _day(year, two, one), _day(year, one, two)
    if match["mark"] == ".":
        return day_first
    return [*day_first, *(span for span in month_first if span not in day_first)]


def _dotted(match: re.Match[str]) -> list[Span]:
    """ "11.-19.08.2024" and, without a year, "11.08."."""
    year, has_year = _year(match)
    month, day = int(match["m"]), int(match["day"])
    last = int(match.groupdict().get("day2") or day)
    return _days(year, (month, day), (month, last), has_year=has_year)


def _month(match: re.Match[str]) -> list[Span]:
    year, has_year = _year(match)
    named = match.groupdict()
    month = _MONTHS[named["month"]] if named.get("month") else int(named["m"])
    if not 1 <= month <= 12:
        return []
    end = calendar.monthrange(year, month)[1]
    parts = {
        **{f"week {place}": (7 * place - 6, 7 * place) for place in (1, 2, 3, 4)},
        "week 0": (end - 6, end),
        "half 1": (1, 15),
        "half 2": (16, end),
        _EARLY: (1, 10),
        _MID: (11, 20),
        _LATE: (21, end),
    }
    first, last = parts.get(_part(match), (1, end))
    return _days(year, (month, first), (month, last), has_year=has_year)


def _part(match: re.Match[str]) -> str:
    return _PARTS.get(match.groupdict().get("part") or "", "")


def _quarter(match: re.Match[str]) -> list[Span]:
    last = 3 * _QUARTERS[match["quarter"]]
    year = _full_year(match["year"])
    return _days(year, (last - 2, 1), (last, calendar.monthrange(year, last)[1]))


def _whole_year(match: re.Match[str]) -> list[Span]:
    parts = {_EARLY: (1, 4), _MID: (5, 8), _LATE: (9, 12), "half 1": (1, 6), "half 2": (7, 12)}
    first, last = parts.get(_part(match), (1, 12))
    year = _full_year(match["year"])
    return _days(year, (first, 1), (last, calendar.monthrange(year, last)[1]))


HINT = re.compile(rf"\d[-./ ]+\d|\d{{4}}|q\d|quart|{_M}")
"""Without one of these there is no date."""
# In this order: a longer form before the shorter ones inside it.
PATTERNS: tuple[tuple[re.Pattern[str], Reading], ...] = tuple(
    (re.compile(_START + pattern), reading)
    for pattern, reading in (
        (rf"{_D}{_TO}{_D2} ?(?:of )?{_M}(?:,? (?:of )?|[-/]){_Y}", _named),
        (rf"{_M} ?{_D}{_TO}{_D2}(?:,|-)? ?(?:of )?{_Y}", _named),
        (rf"{_D}[ -/]?(?:of )?{_M}(?:,? ?(?:of )?|[-/.]){_Y}", _named),
        (rf"{_M}[ -]?{_D},?[ -]?(?:of )?{_Y}", _named),
        (rf"{_Y}[ -]{_M}[ -]{_D}(?!\w)", _named),
        (rf"{_D}[-/]{_M}[-/](?P<year>\d{{2}})(?![\w:])", _named),
        (
            r"(?P<year>[12]\d{3})(?P<mark>[-/.])(?P<m>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)(?:t[\d:.]+z?)?",
            _iso,
        ),
        (
            rf"{_DOT}(?:-|bis|und) ?(?P<day2>\d{{1,2}})\. ?(?P<m>\d{{1,2}})\. ?(?P<year>[12]\d{{3}})(?!\d)",
            _dotted,
        ),
        (
            rf"{_ONE_TWO} ?(?P=mark) ?(?P<short>[12]\d{{3}}|\d{{2}})(?!\w)",
            _numeric,
        ),
        (r"(?P<year>[12]\d{3})(?P<m>0[1-9]|1[0-2])(?P<day>[0-3]\d)(?!\w)", _iso),
        (rf"{_PART}{_M}(?:,? ?(?:of )?|[-/]){_Y}", _month),
        (r"(?P<m>0?[1-9]|1[0-2])/(?P<year>[12]\d{3})(?![\d/])", _month),
        (r"(?P<year>[12]\d{3})-(?P<m>0[1-9]|1[0-2])(?![\d-])", _month),
        (rf"q(?P<quarter>[1-4])[ /-]?(?:of )?{_Y}", _quarter),
        (
            rf"(?P<quarter>{_ORDINAL})\.?[ -]quart(?:er|al) (?:of )?{_Y}",
            _quarter,
        ),
        (rf"{_D}{_TO}{_D2} ?(?:of )?{_M}", _named),
        (rf"{_M} {_D}{_TO}{_D2}(?!\d)", _named),
        (rf"{_D}[ -]?(?:of )?{_M}", _named),
        (rf"{_M} {_D}(?!\d)", _named),
        (r"(?P<day>\d{1,2})\. ?(?P<m>\d{1,2})\.(?!\d)", _dotted),
        (rf"(?:(?<=in )|(?<=im )|^(?=\S+$)|(?!{_WORDS_TOO})){_PART}{_M}(?!\w)", _month),
        (rf"{_PART}{_Y}(?![.,]\d)", _whole_year),
    )
)
