"""No text becomes a formula in a spreadsheet, and plain text stays as it was written."""

import pytest

from slmdesk.base.spreadsheet_cells import harmless, harmless_in_csv


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-2", "@SUM(A1)", "  =1", "＝1", "\t=1", "\r\n=1", "=cmd|' /C calc'!A0"]
)
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Yes", "2.6 million", "a = b", "11-19 August", "O'Neill"])
def test_plain_text_stays(text: str) -> None:
    assert harmless(text) == text == harmless_in_csv(text)


def test_a_cell_that_is_cut_at_its_semicolons_holds_no_formula() -> None:
    assert harmless_in_csv("Acme; =1+1;-2; Beta") == "Acme; '=1+1;'-2; Beta"
    assert harmless("Acme; =1+1") == "Acme; =1+1"
