"""Dates and ranges in English and German."""

import pytest

from slmdesk.features.evaluate.pack import NOT_STATED, Kind
from slmdesk.features.evaluate.scorers import plain_answer, score
from slmdesk.features.evaluate.scorers.date_reading import read_dates
from tests.unit.features.evaluate.questions import asked

DATE = asked(Kind.DATE)


@pytest.mark.parametrize(
    "text",
    [
        "11-Aug-2024", "11‑Aug‑2024", "11–Aug–2024", "2024-08-11", "2024/08/11", "20240811",
        "August 11, 2024",
        "August 11th 2024", "Aug. 11, 2024", "11 Aug. 2024", "11 AUGUST 2024", "11. August 2024",
        "11.08.2024", "11.8.24",
        "11th of August, 2024", "Sunday, 11 August 2024", "11-Aug-24", "11 Aug '24", "2024-08-11T10:30:00Z",
        "The breach happened on 11 August 2024.", "**11 August 2024**", "am 11. August 2024",
        "On 11 August 2024; found on 19 August 2024", "The answer is 11 August 2024, not 12 August 2024",
        "11 August 2024 at 10:30",
    ],
)  # fmt: skip
def test_a_day(text: str) -> None:
    (span,), _ = read_dates(text)
    assert (str(span.first), str(span.last)) == ("2024-08-11", "2024-08-11")
    assert score(DATE, text, "11-Aug-2024").is_right


@pytest.mark.parametrize(
    "text",
    [
        "between 11 and 19 August 2024", "11–19 August 2024", "11 to 19 August 2024", "11 - 19 Aug 2024",
        "August 11-19, 2024", "11-Aug-2024 to 19-Aug-2024", "2024-08-11/2024-08-19",
        "2024-08-11 – 2024-08-19",
        "vom 11. bis 19. August 2024", "zwischen dem 11. und 19. August 2024", "11.–19. August 2024",
        "11.08.–19.08.2024", "11.-19.08.2024", "from 11 August to 19 August 2024",
        "Between August 11, 2024 and August 19, 2024", "11.08.2024 bis 19.08.2024",
        "between Sunday, 11 August and Monday, 19 August 2024", "It lasted from 11 until 19 August 2024.",
    ],
)  # fmt: skip
def test_a_range(text: str) -> None:
    (span,), _ = read_dates(text)
    assert (str(span.first), str(span.last)) == ("2024-08-11", "2024-08-19")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("August 2024", "2024-08-01", "2024-08-31"), ("08/2024", "2024-08-01", "2024-08-31"),
        ("2024-08", "2024-08-01", "2024-08-31"), ("mid-August 2024", "2024-08-11", "2024-08-20"),
        ("Mitte August 2024", "2024-08-11", "2024-08-20"), ("late August 2024", "2024-08-21", "2024-08-31"),
        ("early August 2024", "2024-08-01", "2024-08-10"),
        ("end of February 2024", "2024-02-21", "2024-02-29"),
        ("2024", "2024-01-01", "2024-12-31"), ("Anfang 2024", "2024-01-01", "2024-04-30"),
        ("Q3 2024", "2024-07-01", "2024-09-30"), ("third quarter of 2024", "2024-07-01", "2024-09-30"),
        ("3. Quartal 2024", "2024-07-01", "2024-09-30"), ("July to August 2024", "2024-07-01", "2024-08-31"),
        ("July/August 2024", "2024-07-01", "2024-08-31"), ("2023-2024", "2023-01-01", "2024-12-31"),
        ("the first week of August 2024", "2024-08-01", "2024-08-07"),
        ("in the last week of August 2024", "2024-08-25", "2024-08-31"),
        ("second half of August 2024", "2024-08-16", "2024-08-31"),
        ("2024 August 11", "2024-08-11", "2024-08-11"),
        ("28 December 2023 – 3 January 2024", "2023-12-28", "2024-01-03"),
        ("May 5, 2024", "2024-05-05", "2024-05-05"),
        ("the week of 12 August 2024", "2024-08-12", "2024-08-18"),
        ("1. und 2. Mai 2024", "2024-05-01", "2024-05-02"),
        ("13/08/2024", "2024-08-13", "2024-08-13"), ("08/13/2024", "2024-08-13", "2024-08-13"),
        ("3. März 2024", "2024-03-03", "2024-03-03"), ("im Dezember 2024", "2024-12-01", "2024-12-31"),
    ],
)  # fmt: skip
def test_months_quarters_and_years(text: str, first: str, last: str) -> None:
    (span,), _ = read_dates(text)
    assert (str(span.first), str(span.last)) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "31 June 2024", "00-Jan-2024", "31 February 2024", "32.01.2024", "2024-13-45",
        "they may have",
        "It happened on 11 August 2024 and was found on 19 August 2024", "184,302", "on a march",
        "19 to 11 August 2024",
    ],
)  # fmt: skip
def test_no_date_or_several(text: str) -> None:
    assert read_dates(text)[0] == ()


@pytest.mark.parametrize(
    ("answer", "expected", "days", "value"),
    [
        ("11/08/2024", "11-Aug-2024", 0, 1), ("11/08/2024", "08-Nov-2024", 0, 1),
        ("11/08/2024", "12-Aug-2024", 0, 0),
        ("12-Aug-2024", "11-Aug-2024", 0, 0), ("12-Aug-2024", "11-Aug-2024", 1, 1),
        ("13-Aug-2024", "11-Aug-2024", 1, 0),
        ("12 to 18 August 2024", "11 to 19 August 2024", 1, 1),
        ("12 to 18 August 2024", "11 to 19 August 2024", 0, 14 / 16),
        ("11 August 2024", "11 to 19 August 2024", 0, 2 / 10),
        ("mid-August 2024", "11 to 19 August 2024", 0, 18 / 19),
        ("August 2024", "11-Aug-2024", 0, 2 / 32), ("11 August", "11-Aug-2024", 0, 0.5),
        ("12 August", "11-Aug-2024", 0, 0),
        ("before 11 August 2024", "11-Aug-2024", 0, 0.5),
        ("not before 11 August 2024", "after 11 August 2024", 0, 1),
        ("before 11 August 2024", "vor dem 11. August 2024", 0, 1),
        ("August 2024", "1 to 31 August 2024", 0, 1), ("2024", "August 2024", 0, 62 / (366 + 31)),
        ("soon", "August 2024", 0, 0),
        ("29 February", "01-Mar-2023", 0, 0), ("11 August 2023", "11 August 2024", 0, 0),
    ],
)  # fmt: skip
def test_the_score(answer: str, expected: str, days: float, value: float) -> None:
    assert score(asked(Kind.DATE, tolerance=days), answer, expected).value == pytest.approx(value)


def test_the_reason_says_how_the_answer_was_read() -> None:
    assert score(DATE, "11/08/2024", "8 November 2024").why == (
        "Day and month are unclear; read as 2024-11-08, it is the expected date."
    )
    assert score(DATE, "11 August", "11 August 2024").why == (
        "The answer is read as 08-11 without a year, where 2024-08-11 is expected."
    )
    assert "only in part" in score(DATE, "August 2024", "11 August 2024").why
    assert "cannot be read as one date" in score(DATE, "soon", "11 August 2024").why
    assert "cannot be read as a date" in score(DATE, "11 August 2024", "some day").why


def test_unknown_is_right_only_where_it_is_expected() -> None:
    assert score(DATE, "The date is not mentioned in the report.", "Unknown").is_right
    assert score(DATE, "11 August 2024", "Unknown").value == 0.0
    assert score(DATE, "Unknown", "11 August 2024").value == 0.0
    assert score(DATE, NOT_STATED, "—").is_right


@pytest.mark.parametrize("text", ["11-Aug-2024", "August 11, 2024", "11.08.2024", "on 11 August 2024"])
def test_one_spelling_for_one_date(text: str) -> None:
    assert plain_answer(DATE, text) == "2024-08-11"
