"""Keys of commands as text, such as Ctrl+Shift+P: checked and compared without Qt."""

import re
from collections.abc import Mapping

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say

_MODIFIERS = {
    "ctrl": "Ctrl",
    "control": "Ctrl",
    "alt": "Alt",
    "shift": "Shift",
    "meta": "Meta",
    "cmd": "Ctrl",
}
_ORDER = ("Ctrl", "Meta", "Alt", "Shift")
_NAMED = {
    name.casefold(): name
    for name in (
        *("Backspace", "Del", "Down", "End", "Enter", "Home", "Ins", "Left"),
        *("PgDown", "PgUp", "Return", "Right", "Space", "Tab", "Up"),
    )
}
_FUNCTION_KEY = re.compile(r"f([1-9]|[12]\d|3[0-5])")


def normal_keys(text: str) -> str:
    """The keys in the one spelling that Qt uses too; "" for none. Raises BadInput.

    A key without Ctrl, Alt or Meta would be typed into a text, so only function keys stand alone.
    """
    written = text.strip()
    if not written:
        return ""
    names, key = _split(written)
    is_function = bool(_FUNCTION_KEY.fullmatch(key.casefold()))
    modifiers = [_MODIFIERS.get(name.strip().casefold(), "") for name in names]
    if not all(modifiers) or len(set(modifiers)) != len(modifiers) or not _is_key(key):
        raise BadInput(
            say("“{written}” are no keys.", written=written[:40]),
            next_step=say("Write them as in Ctrl+Shift+P or F5."),
        )
    if not is_function and not {"Ctrl", "Alt", "Meta"} & set(modifiers):
        raise BadInput(
            say("“{written}” would be typed into texts.", written=written[:40]),
            next_step=say("Add Ctrl or Alt."),
        )
    shown = _NAMED.get(key.casefold(), key.upper())
    return "+".join([*(name for name in _ORDER if name in modifiers), shown])


def taken_by(command: str, keys: str, in_force: Mapping[str, str]) -> str | None:
    """The other command that has these keys, by `in_force` (command: keys); None if they are free."""
    return next((other for other, its in in_force.items() if keys and its == keys and other != command), None)


def _split(written: str) -> tuple[list[str], str]:
    """Modifiers and key; the key may be the plus sign itself."""
    if written.endswith("++"):
        return written[:-2].split("+"), "+"
    *names, key = written.split("+")
    return names, key.strip()


def _is_key(key: str) -> bool:
    folded = key.casefold()
    return folded in _NAMED or bool(_FUNCTION_KEY.fullmatch(folded)) or (len(key) == 1 and key.isprintable())
