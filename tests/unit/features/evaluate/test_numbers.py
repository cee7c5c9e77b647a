"""Numbers as people and models of several countries write them."""

import pytest

from slmdesk.features.evaluate.pack import NOT_STATED, Kind
from slmdesk.features.evaluate.scorers import plain_answer, score
from slmdesk.features.evaluate.scorers.number_reading import read_numbers
from tests.unit.features.evaluate.questions import asked

NUMBER = asked(Kind.NUMBER)
MONEY = asked(Kind.NUMBER, unit="EUR")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("184,302", 184302), ("184'302", 184302), ("184’302", 184302), ("184 302", 184302),
        ("184\u202f302", 184302), ("184\u00a0302", 184302), ("1,84,302", 184302), ("1,234,567.50", 1234567.5),
        ("1.234.567,50", 1234567.5), ("1'234'567.50", 1234567.5), ("0,302", 0.302), ("12,5", 12.5),
        ("12.50", 12.5),
        ("11.000", 11000), ("184,302 records", 184302), ("**184,302**", 184302), ("184,302¹", 184302),
        ("2.6 million", 2.6e6), ("2,6 Millionen", 2.6e6), ("rund 2,6 Mio.", 2.6e6), ("2.6m", 2.6e6),
        ("2.612 million", 2.612e6), ("2,612 Millionen", 2.612e6), ("3 Mrd. Euro", 3e9), ("2 Billionen", 2e12),
        ("5 lakh", 5e5), ("2.5 crore", 2.5e7), ("47k", 47e3), ("2.6 × 10^6", 2.6e6), ("2.6·10⁶", 2.6e6),
        ("1e6", 1e6), ("10⁶", 1e6),
        ("two dozen", 24), ("a dozen", 12), ("half a million", 5e5), ("two and a half million", 2.5e6),
        ("2½ million", 2.5e6), ("one hundred and twenty thousand", 120e3), ("twenty-five", 25),
        ("zweihundertfünfzigtausend", 250e3), ("fünfundzwanzig", 25), ("anderthalb Millionen", 1.5e6),
        ("about 11,000", 11000), ("approximately 1,2 million", 1.2e6), ("~12,000", 12000),
        ("fast 12.000", 12000),
        ("−5", -5), ("minus 5", -5), ("zero", 0), ("none", 0), ("No records were affected.", 0), ("null", 0),
        ("On 12 August 2024, 184,302 customers", 184302), ("In 2024, about 5,000 records", 5000),
        ("GPT-4 lost 12 records", 12), ("The answer is 42, not 43", 42),
        ("184,302 (about 184 thousand)", 184302),
        ("as of 11.08.2024: 500", 500), ("184,302 records, 12,000 of them new", 184302),
    ],
)  # fmt: skip
def test_the_number_is_read(text: str, value: float) -> None:
    readings, _ = read_numbers(text)
    assert [amount.low for amount in readings] == [pytest.approx(value)]
    assert readings[0].low == readings[0].high


@pytest.mark.parametrize(
    "text",
    [
        "", "unknown", "dozens", "hundreds of thousands", "thousands of records", "5th", "1.2.3",
        "about a third", "nearly two-thirds",
        "42 or 43", "42, 43", "1 in 5", "five of 12 hospitals", "two systems were breached, 12,000 records",
        "The breach affected 184,302 people, 12,000 of them children", "one of the largest", "GPT-4",
        "11 August 2024",
        "12:30",
    ],
)  # fmt: skip
def test_what_stays_open_is_no_number(text: str) -> None:
    assert read_numbers(text)[0] == ()


@pytest.mark.parametrize(
    ("text", "low", "high", "bound"),
    [
        ("between 5 and 7 thousand", 5000, 7000, ""), ("zwischen 5 und 7 Tausend", 5000, 7000, ""),
        ("5–7 thousand", 5000, 7000, ""), ("15k–20k", 15e3, 20e3, ""), ("5,000 – 7,000", 5000, 7000, ""),
        ("five to seven thousand", 5000, 7000, ""),
        ("from 5 to 7", 5, 7, ""), ("between 1500 and 2000 records", 1500, 2000, ""),
        ("more than 47k", 47e3, 94e3, "more"), ("at least 5", 5, 10, "more"), ("5 or more", 5, 10, "more"),
        ("47k+", 47e3, 94e3, "more"), ("> 500", 500, 1000, "more"), ("mehr als 500", 500, 1000, "more"),
        ("no more than 500", 250, 500, "less"), ("up to 50,000", 25e3, 50e3, "less"),
        ("<500", 250, 500, "less"),
    ],
)  # fmt: skip
def test_ranges(text: str, low: float, high: float, bound: str) -> None:
    (amount,) = read_numbers(text)[0]
    assert (amount.low, amount.high, amount.bound) == (low, high, bound)


@pytest.mark.parametrize(
    ("answer", "expected", "tolerance", "value"),
    [
        ("184.302", "184,302", 0, 1), ("184.302", "184302", 0, 1), ("1.250", "1.25", 0, 1),
        ("1,250", "1.25", 0, 0),
        ("11.000", "11", 0, 0), ("11,000", "11", 0, 0), ("2.6 million", "2,600,000", 0, 1),
        ("2.6 million", "2,612,004", 0, 0),
        ("2.6 million", "2,612,004", 0.01, 1), ("101", "100", 0.01, 1), ("102", "100", 0.01, 0),
        ("-5", "5", 0, 0),
        ("none", "0", 0, 1), ("5", "0", 0.5, 0), ("6000", "between 5 and 7 thousand", 0, 1),
        ("8000", "5 to 7 thousand", 0, 0),
        ("5 to 7 thousand", "6000", 0, 0.5), ("1 to 9 thousand", "6000", 0, 0),
        ("more than 47k", "47,000", 0, 1),
        ("more than 47k", "47,800", 0, 0.5), ("47,000", "more than 47,000", 0, 1),
        ("more than 47k", "less than 47k", 0, 0),
        ("5 to 7", "5 to 9", 0, 2 / 3), ("5-7 thousand", "5,000 to 7,000", 0, 1), ("lots", "5", 0, 0),
        ("12 %", "12", 0, 1),
    ],
)  # fmt: skip
def test_the_score(answer: str, expected: str, tolerance: float, value: float) -> None:
    question = asked(Kind.NUMBER, tolerance=tolerance)
    assert score(question, answer, expected).value == pytest.approx(value)


@pytest.mark.parametrize(
    ("unit", "answer", "expected", "value"),
    [
        ("EUR", "€ 1.234,56", "1234.56", 1), ("EUR", "1,234.56 Euro", "1234.56", 1),
        ("EUR", "$1,234.56", "1234.56 EUR", 0),
        ("", "$2.6m", "2.6 million dollars", 1), ("", "£3bn", "3 billion USD", 0),
        ("hours", "3 days", "72", 1),
        ("hours", "72", "3 days", 1), ("km", "500 m", "0.5", 1), ("MB", "2 GB", "2000", 1),
        ("records", "500 m", "500 million", 1),
        ("EUR", "3 invoices for 250 EUR", "250", 1),
        ("records", "5 hospitals lost 1,200 records", "1,200", 1),
        ("CHF", "CHF 12.50", "12,50", 1), ("INR", "Rs. 1,84,302", "184302", 1), ("%", "12 percent", "12", 1),
        ("USD", "US$5bn", "5,000,000,000", 1),
    ],
)  # fmt: skip
def test_units(unit: str, answer: str, expected: str, value: float) -> None:
    assert score(asked(Kind.NUMBER, unit=unit), answer, expected).value == value


def test_not_stated_is_not_zero() -> None:
    assert score(NUMBER, "not disclosed", NOT_STATED).is_right
    assert score(NUMBER, "0", NOT_STATED).value == 0.0
    assert score(NUMBER, "not disclosed", "0").value == 0.0
    assert score(NUMBER, "none", NOT_STATED).is_right
    assert score(NUMBER, "keine Angabe", "5").why == (
        "The answer says that it is not stated, but “5” is expected."
    )


def test_the_reason_says_how_the_answer_was_read() -> None:
    assert score(NUMBER, "2,6 Mio.", "2.6 million").why == "The answer is read as 2,600,000, as expected."
    near = asked(Kind.NUMBER, tolerance=0.05)
    assert score(near, "105", "103").why == "The answer is read as 105, within 5 % of 103."
    assert (
        score(NUMBER, "more than 47k", "9").why
        == "The answer is read as more than 47,000, but 9 is expected."
    )
    assert "in another unit than 5 USD" in score(NUMBER, "5 €", "$5").why
    assert score(NUMBER, "42 or 43", "42").why == "“42 or 43” cannot be read as one number."
    assert "cannot be read as a number" in score(NUMBER, "5", "many").why


@pytest.mark.parametrize("text", ["2.6 million", "2,600,000", "2.600.000", "2,6 Mio.", "2 600 000", "2.6e6"])
def test_one_spelling_for_one_number(text: str) -> None:
    assert plain_answer(NUMBER, text) == "2600000"


def test_an_amount_keeps_its_currency() -> None:
    assert plain_answer(MONEY, "1.234,50 €") == plain_answer(MONEY, "EUR 1,234.5") == "1234.5 EUR"
