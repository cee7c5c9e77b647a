"""Whether an answer says that the document does not say it."""

import pytest

from slmdesk.features.evaluate.unstated import is_unstated, says_unstated


@pytest.mark.parametrize(
    "text",
    [
        "Not stated", "not stated.", "**Not stated**", "Not mentioned", "unknown", "Unknown.", "N/A", "n.a.",
        "unspecified",
        "undisclosed", "Not disclosed.", "not specified in the document", "It is not mentioned in the text.",
        "The date is not stated.", "The number of affected records was not disclosed.",
        "This has not been reported.",
        "The document does not say.", "The article doesn't mention the cause.",
        "This report does not specify who did it",
        "There is no information about it.", "No information", "no mention of third parties",
        "Not publicly disclosed",
        "Unknown (the report does not say)", "Not stated. The article only names the firm.", "I don't know",
        "unclear",
        "It is unclear whether data was stolen.", "cannot be determined from the text", "Answer: unknown",
        "keine Angabe", "Keine Angaben.", "k. A.", "k.A.", "unbekannt", "nicht genannt",
        "Wird im Text nicht erwähnt.",
        "Das Dokument nennt keine Namen.", "The report mentions no third parties.",
        "No cause was given.", "No specific number of records is mentioned.", "Kein Datum wird genannt.",
        "Die Ursache ist nicht bekannt.", "ohne Angabe",
        "Dazu gibt es keine Angaben.",
        "Der Text macht dazu keine Angaben.", "Nicht angegeben", "nicht bekannt gegeben", "weiß nicht",
    ],
)  # fmt: skip
def test_said(text: str) -> None:
    assert says_unstated(text)
    assert is_unstated(text)


@pytest.mark.parametrize(
    "text", ["none", "None.", "-", "—", "–", "?", "", "  ", "null", "keine", "nichts", "[]", "...", "NaN"]
)
def test_what_can_mean_other_things_elsewhere(text: str) -> None:
    assert is_unstated(text)
    assert not says_unstated(text)


@pytest.mark.parametrize(
    "text",
    [
        "No", "nein", "0", "zero", "Nordwind", "unknown attacker", "Not a breach",
        "The breach was not disclosed until 2 May 2024",
        "An unknown person stole a laptop", "Unknown, but probably phishing",
        "Not stated, however likely 11 August 2024",
        "None of the third parties paid", "known", "stated", "not Nordwind but Kestrel", "No third parties",
        "Nicht Nordwind",
        "It was not phishing", "The firm did not say sorry", "Unclear Ltd", "5 records, the rest unknown",
    ],
)  # fmt: skip
def test_an_answer_of_its_own(text: str) -> None:
    assert not is_unstated(text)
