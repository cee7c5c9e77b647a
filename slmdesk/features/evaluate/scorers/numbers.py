"""Numbers: equal within a relative tolerance; a range that holds the expected number is worth a half."""

from collections.abc import Iterator, Sequence

from slmdesk.base.words import number, say
from slmdesk.features.evaluate.normal_text import shown
from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.scorers.number_reading import Amount, read_numbers

_ROUNDING = 1e-9
_WIDEST = 2.0
"""A range whose end is more than so many times its beginning says too little to be worth anything."""


def score_number(question: Question, answer: str, expected: str) -> Score:
    """1 within the tolerance (a share of the expected number); ranges by what they have in common.

    Where "184.302" can be read in two ways, the one that fits counts, and the reason says how it was read.
    """
    wanted, _ = read_numbers(expected, question.unit)
    given, _ = read_numbers(answer, question.unit)
    if not wanted:
        return Score(
            0.0, say("The expected answer “{expected}” cannot be read as a number.", expected=shown(expected))
        )
    if not given:
        return Score(0.0, say("“{answer}” cannot be read as one number.", answer=shown(answer)))
    tolerance = question.scoring.tolerance
    value, read, meant = max(_compared(given, wanted, tolerance), key=lambda each: each[0])
    return Score(value, _why(value, read, meant, tolerance))


def _compared(
    given: Sequence[Amount], wanted: Sequence[Amount], tolerance: float
) -> Iterator[tuple[float, Amount, Amount]]:
    for read in given:
        for meant in wanted:
            yield _likeness(read, meant, tolerance), read, meant


def _likeness(read: Amount, meant: Amount, tolerance: float) -> float:
    if read.currency and meant.currency and read.currency != meant.currency:
        return 0.0
    if _is_plain(read) and meant.low - _room(meant.low, tolerance) <= read.low <= meant.high + _room(
        meant.high, tolerance
    ):
        return 1.0
    is_one_ended = bool(read.bound or meant.bound) and (_is_plain(meant) or read.bound == meant.bound)
    if is_one_ended and _is_near(read.named, meant.named, tolerance):
        return 1.0
    if _is_near(read.low, meant.low, tolerance) and _is_near(read.high, meant.high, tolerance):
        return 1.0
    return _in_common(read, meant)


def _is_plain(amount: Amount) -> bool:
    return amount.low == amount.high


def _room(value: float, tolerance: float) -> float:
    return abs(value) * max(tolerance, _ROUNDING)


def _is_near(read: float, meant: float, tolerance: float) -> bool:
    return abs(read - meant) <= _room(meant, tolerance)


def _in_common(read: Amount, meant: Amount) -> float:
    """The F1 of the stretches that two ranges cover; a half for a narrow range around a plain number."""
    if _is_plain(read):
        return 0.0
    if _is_plain(meant):
        is_narrow = 0 < read.high <= _WIDEST * read.low * (1 + _ROUNDING)
        return 0.5 if is_narrow and read.low <= meant.low <= read.high else 0.0
    both = min(read.high, meant.high) - max(read.low, meant.low)
    return max(0.0, 2 * both / (read.high - read.low + meant.high - meant.low))


def _why(value: float, read: Amount, meant: Amount, tolerance: float) -> str:
    numbers = {"read": in_words(read), "meant": in_words(meant)}
    if value >= 1.0 and _is_near(read.named, meant.named, 0.0):
        return say("The answer is read as {read}, as expected.", **numbers)
    if value >= 1.0 and _is_plain(meant):
        return say(
            "The answer is read as {read}, within {tolerance:.3g} % of {meant}.",
            **numbers,
            tolerance=100 * tolerance,
        )
    if value >= 1.0:
        return say("The answer is read as {read}, which lies in {meant} as expected.", **numbers)
    if value > 0.0:
        return say("The answer is read as {read}, which is {meant} only in part.", **numbers)
    if read.currency and meant.currency and read.currency != meant.currency:
        return say(
            "The answer is read as {read}, in another unit than {meant}, which is expected.", **numbers
        )
    return say("The answer is read as {read}, but {meant} is expected.", **numbers)


def in_words(amount: Amount) -> str:
    """ "2,600,000 EUR", "5,000 to 7,000", "more than 47,000"."""
    after = "" if not amount.currency else f" {amount.currency}"
    if amount.bound == "more":
        return say("more than {number}", number=_figures(amount.named) + after)
    if amount.bound == "less":
        return say("less than {number}", number=_figures(amount.named) + after)
    if _is_plain(amount):
        return _figures(amount.low) + after
    return say("{first} to {last}", first=_figures(amount.low), last=_figures(amount.high) + after)


def _figures(value: float) -> str:
    if abs(value) >= 1e15:
        return number(value, ".6g")
    return number(value, ",.0f") if value == round(value) else number(round(value, 6), ",")


def plain_number(text: str, unit: str = "") -> str | None:
    """One spelling for all ways of writing the same number: "2600000", "5000/7000"; None for none."""
    readings, _ = read_numbers(text, unit)
    if not readings:
        return None
    amount = readings[0]
    if amount.bound:
        figures = f"{'>' if amount.bound == 'more' else '<'}{amount.named:.12g}"
    else:
        figures = "/".join(dict.fromkeys(f"{value:.12g}" for value in (amount.low, amount.high)))
    return f"{figures} {amount.currency}".strip()
