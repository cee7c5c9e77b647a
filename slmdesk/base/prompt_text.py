"""What may be sent as a prompt; everything else is refused with what to do instead."""

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say

MAX_PROMPT_BYTES = 1_000_000
_ORDINARY_CONTROLS = frozenset("\t\n\r\f\v")
_BINARY_SHARE = 0.05


def checked_prompt(text: str) -> str:
    """The prompt as it is sent, or BadInput: empty, over 1 MB, or not text at all."""
    if not text.strip():
        raise BadInput(say("There is nothing to send."), next_step=say("Type a question first."))
    size_bytes = len(text.encode("utf-8", "surrogatepass"))
    if size_bytes > MAX_PROMPT_BYTES:
        raise BadInput(
            say(
                "This prompt has {size_mb:.1f} MB; more than 1 MB fits into no small model.",
                size_mb=size_bytes / 1_000_000,
            ),
            next_step=say("Send the part that matters, or several parts one by one."),
        )
    if is_binary(text):
        raise BadInput(
            say("This looks like the content of a binary file, not like text."),
            next_step=say("Send text; convert the document to plain text first."),
        )
    return text.encode("utf-8", "replace").decode("utf-8")  # half surrogate pairs cannot be stored or sent


def is_binary(text: str) -> bool:
    """NULs, or more control and replacement characters than any text has."""
    if "\0" in text:
        return True
    odd = sum(1 for char in text if (char < " " and char not in _ORDINARY_CONTROLS) or char == "\ufffd")
    return odd > max(4, len(text) * _BINARY_SHARE)
