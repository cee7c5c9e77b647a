"""Roles alternate whatever the chat went through, and the last question is always asked."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from slmdesk.engines.base import Image, Message
from slmdesk.features.chat.history import estimate_tokens, to_messages


@dataclass(frozen=True)
class Said:
    role: str
    text: str
    images: tuple[Image, ...] = ()


turns = st.lists(
    st.builds(Said, st.sampled_from(["user", "assistant"]), st.sampled_from(["", " ", "a", "b"]))
)


@given(turns, st.sampled_from(["", "  ", "Be short."]))
def test_roles_alternate_and_end_with_the_last_question(path: list[Said], system_prompt: str) -> None:
    messages = to_messages(system_prompt, [*path, Said("user", "last")])
    roles = [message.role for message in messages]
    if system_prompt.strip():
        assert roles.pop(0) == "system"
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
    assert messages[-1] == Message("user", "last")


def test_a_guess_of_the_tokens() -> None:
    assert estimate_tokens(["abcd" * 10, ""]) == 10
