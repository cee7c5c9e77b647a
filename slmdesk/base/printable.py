"""Text from outside for a terminal or a page: without what moves a cursor, hides, or turns text around."""

# Control characters (escape sequences begin with one) and those that turn the direction of text around.
_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}
_TURNS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_UNPRINTABLE = _CONTROLS | _TURNS


def printable(text: str) -> str:
    """The text without anything that moves the cursor, colours, rings or hides."""
    return text.translate(_UNPRINTABLE).encode("utf-8", "replace").decode("utf-8")
