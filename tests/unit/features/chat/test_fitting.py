"""What is left out are whole exchanges from the oldest on, and never the question itself."""

from hypothesis import given
from hypothesis import strategies as st

from slmdesk.features.chat.fitting import fit, room_for_prompt

TALK = ["user", "assistant"] * 3 + ["user"]


def test_the_oldest_exchanges_go_first() -> None:
    counts = [10, 20, 30, 40, 50, 60, 70]
    assert fit(TALK, counts, 280).left_out == 0
    found = fit(TALK, counts, 279)
    assert (found.left_out, found.needed_tokens, found.is_enough) == (2, 250, True)
    assert fit(TALK, counts, 279, head_tokens=30).left_out == 4
    found = fit(TALK, counts, 69)
    assert (found.left_out, found.is_enough) == (6, False)


def test_room_is_kept_for_the_answer() -> None:
    assert room_for_prompt(4096, 512) == 3584
    assert room_for_prompt(4096, None) == 3072
    assert room_for_prompt(4096, 100_000) == 2048


@given(
    st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.integers(0, 100)), max_size=20),
    st.integers(0, 500),
    st.integers(0, 100),
)
def test_no_more_is_left_out_than_must_be(talk: list[tuple[str, int]], room: int, head: int) -> None:
    roles = [*(role for role, _ in talk), "user"]
    counts = [*(count for _, count in talk), 7]
    found = fit(roles, counts, room, head_tokens=head)
    assert found.needed_tokens == head + sum(counts[found.left_out :])
    assert found.is_enough == (found.needed_tokens <= room)
    assert found.left_out == 0 or roles[found.left_out] == "user"
    if found.left_out:
        fewer = max((at for at in range(found.left_out) if roles[at] == "user"), default=0)
        assert head + sum(counts[fewer:]) > room
    if not found.is_enough:
        assert "user" not in roles[found.left_out + 1 :]
