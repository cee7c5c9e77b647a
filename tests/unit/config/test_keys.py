"""Keys as text: one spelling, nothing that would be typed into a text, conflicts found."""

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.config.keys import normal_keys, taken_by


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("", ""),
        ("  ", ""),
        ("ctrl+k", "Ctrl+K"),
        ("Shift + Control + p", "Ctrl+Shift+P"),
        ("alt+META+Left", "Meta+Alt+Left"),
        ("F5", "F5"),
        ("shift+f12", "Shift+F12"),
        ("Ctrl++", "Ctrl++"),
        ("Ctrl+,", "Ctrl+,"),
        ("ctrl+pgdown", "Ctrl+PgDown"),
        ("Ctrl+É", "Ctrl+É"),
    ],
)
def test_keys_have_one_spelling(written: str, normal: str) -> None:
    assert normal_keys(written) == normal
    assert normal_keys(normal) == normal


@pytest.mark.parametrize(
    "written",
    ["k", "Shift+K", "+", "Ctrl", "Ctrl+", "Ctrl+Ctrl+K", "Hyper+K", "Ctrl+KK", "F36", "Ctrl+\n", "++"],
)
def test_what_are_no_keys_is_said(written: str) -> None:
    with pytest.raises(BadInput) as caught:
        normal_keys(written)
    assert caught.value.next_step


def test_a_conflict_names_the_other_command() -> None:
    in_force = {"palette": "Ctrl+K", "quit": "Ctrl+Q", "help": ""}
    assert taken_by("quit", "Ctrl+K", in_force) == "palette"
    assert taken_by("palette", "Ctrl+K", in_force) is None
    assert taken_by("quit", "", in_force) is None
