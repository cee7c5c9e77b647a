"""Every known error says what happened and what to do next."""

import inspect

import pytest

from slmdesk.base import errors
from slmdesk.base.errors import ContextOverflow, OutOfMemory, SlmdeskError

KNOWN = [value for _, value in inspect.getmembers(errors, inspect.isclass) if issubclass(value, SlmdeskError)]
LEAVES = [error for error in KNOWN if not error.__subclasses__()]


@pytest.mark.parametrize("error", KNOWN)
def test_the_tree_in_the_docstring_names_every_error(error: type[SlmdeskError]) -> None:
    assert errors.__doc__ is not None
    assert error.__name__ in errors.__doc__


@pytest.mark.parametrize("error", LEAVES)
def test_a_sentence_holds_the_message_and_the_next_step(error: type[SlmdeskError]) -> None:
    raised = error("The thing broke.", next_step="Mend it.")
    assert raised.sentence() == "The thing broke. Mend it."


def test_figures_travel_with_the_error() -> None:
    memory = OutOfMemory("Too large.", needed_bytes=9, free_bytes=4)
    overflow = ContextOverflow("Too long.", prompt_tokens=3010, context_tokens=2048)
    assert (memory.needed_bytes, memory.free_bytes) == (9, 4)
    assert (overflow.prompt_tokens, overflow.context_tokens) == (3010, 2048)
