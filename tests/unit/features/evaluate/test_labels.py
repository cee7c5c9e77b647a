"""Yes, no and choices in free words."""

import pytest

from slmdesk.features.evaluate.pack import NOT_STATED, Kind
from slmdesk.features.evaluate.scorers import score
from slmdesk.features.evaluate.scorers.labels import read_label
from tests.unit.features.evaluate.questions import CAUSES, asked

YES_NO = asked(Kind.YES_NO)
CAUSE = asked(Kind.CHOICE, choices=CAUSES)
MOOD = asked(Kind.CHOICE, choices=("very positive", "positive", "neutral", "negative"))
BREACH = asked(Kind.CHOICE, choices=("Breach", "Not a breach"))


@pytest.mark.parametrize(
    "answer",
    [
        "Yes", "yes.", "YES!!!", "**Yes**", '"Yes"', "- Yes", "Y", "Yes, partly", "Ja, teilweise", "ja",
        "True",
        "correct", "✅ Yes", "Yes\u200b", "Ｙｅｓ", "Yes. No third parties were named.",
        "Yes, no records were lost",
        "The answer is yes.", "Final answer: **Yes**", "I would say yes", "It is a breach.",
        "They were involved.",
        "No doubt, it is a breach.", "Without a doubt: yes", "Probably yes", "No. Answer: Yes",
        "Is it a breach? Yes", "Of course.", "Definitely",
        "Die Antwort ist ja.",
    ],
)  # fmt: skip
def test_yes(answer: str) -> None:
    assert read_label(YES_NO, answer) == "Yes"


@pytest.mark.parametrize(
    "answer",
    [
        "No", "No.", "NO!!!", "nein", "Nein, das war eine Übung.", "n.", "false", "❌", "No — there was none",
        "not a breach", "This is not a breach.", "It isn't a breach, it is a drill.",
        "Das ist keine Datenpanne.",
        "There is no evidence of a breach.", "Answer: **No**", "I would say no.", "No, it is not a breach.",
        "It was never a breach", "Incorrect", "Neither of them was involved.", "The verdict is: no",
        "No third parties were named.",
        "Is it a breach? No.", "This is false.",
        "Absolutely not", "Definitely not.",
    ],
)  # fmt: skip
def test_no(answer: str) -> None:
    assert read_label(YES_NO, answer) == "No"


@pytest.mark.parametrize(
    "answer",
    [
        "Yes and no", "Yes/No", "yes or no?", "Maybe", "Vielleicht", "It depends", "Jein", "I like cats",
        "It is not true that no data was lost", "It might be a breach", "Is it ja or nein?", "No, yes",
        "yes no",
    ],
)  # fmt: skip
def test_neither_yes_nor_no(answer: str) -> None:
    assert read_label(YES_NO, answer) is None
    assert score(YES_NO, answer, "Yes").value == 0.0
    assert score(YES_NO, answer, "No").value == 0.0


@pytest.mark.parametrize(
    ("answer", "choice"),
    [
        ("phishing", "Phishing"), ("**Insider**", "Insider"), ("The answer is B", "Malware"),
        ("b)", "Malware"),
        ("(C)", "Insider"), ("B. Malware", "Malware"), ("b) Phishing", "Phishing"), ("a", "Phishing"),
        ("A phishing attack", "Phishing"), ("The answer is a phishing mail", "Phishing"), ("2)", "Malware"),
        ("Option 2", "Malware"), ("not malware but phishing", "Phishing"),
        ("Malware, not phishing", "Malware"),
        ("malware rather than phishing", "Malware"), ("It was caused by an insider.", "Insider"),
        ("Phishng", "Phishing"), ("Phishing. Later, malware was found too.", "Phishing"),
        ("Answer: Malware (not Phishing)", "Malware"), ("The cause is unknown", "Unknown"),
        ("Not stated", "Unknown"), ("none", "Unknown"), ("keine Angabe", "Unknown"),
    ],
)  # fmt: skip
def test_choices(answer: str, choice: str) -> None:
    assert read_label(CAUSE, answer) == choice


@pytest.mark.parametrize(
    "answer",
    [
        "Malware or phishing", "Phishing, Malware, Insider, Unknown", "E", "neither", "not phishing",
        "ransom",
        "I think it was phishing, though malware followed", "phishing/malware", "7", "Phishing and malware",
    ],
)  # fmt: skip
def test_no_choice_or_several(answer: str) -> None:
    assert read_label(CAUSE, answer) is None


@pytest.mark.parametrize(
    ("answer", "choice"),
    [
        ("The review is very positive", "very positive"), ("Positive.", "positive"), ("not negative", None),
        ("negative, not positive", "negative"), ("neutral/negative", None),
        ("Sentiment: negative", "negative"),
    ],
)  # fmt: skip
def test_a_choice_inside_another(answer: str, choice: str | None) -> None:
    assert read_label(MOOD, answer) == choice


@pytest.mark.parametrize(
    ("answer", "choice"),
    [
        ("not a breach", "Not a breach"), ("No breach", "Not a breach"), ("kein Breach", "Not a breach"),
        ("It is not a breach", "Not a breach"), ("This is a breach.", "Breach"), ("breach", "Breach"),
    ],
)  # fmt: skip
def test_a_choice_that_denies_another(answer: str, choice: str) -> None:
    assert read_label(BREACH, answer) == choice


def test_what_is_not_stated_is_right_only_where_that_is_expected() -> None:
    assert score(YES_NO, "The report does not say.", NOT_STATED).is_right
    assert score(YES_NO, "The report does not say.", "No").value == 0.0
    assert score(YES_NO, "No", NOT_STATED).value == 0.0
    assert score(YES_NO, "unknown", "n/a").is_right


def test_the_reason_says_how_the_answer_was_read() -> None:
    assert score(YES_NO, "Yes, partly", "Yes").why == "The answer is read as Yes, as expected."
    assert score(YES_NO, "This is not a breach", "ja").why == "The answer is read as No, but Yes is expected."
    assert score(CAUSE, "It was malware", "Phishing").why == (
        "The answer is read as “Malware”, but “Phishing” is expected."
    )
    assert score(YES_NO, "Maybe", "Yes").why == "“Maybe” cannot be read as one of the labels."
