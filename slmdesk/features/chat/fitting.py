"""Which of the oldest messages to leave out so that a prompt fits into the context."""

from collections.abc import Sequence
from dataclasses import dataclass

_CONTEXT_STEP = 1024
_ANSWER_SHARE = 4  # of the context, where the length of the answer is not limited


@dataclass(frozen=True, slots=True)
class Fitting:
    """`left_out` is how many of the oldest messages go; `is_enough` is False if even that does not help.

    `needed_tokens` is what the prompt has without them, `room_tokens` what there is for it.
    """

    left_out: int
    needed_tokens: int
    room_tokens: int
    is_enough: bool


def room_for_prompt(context_tokens: int, max_tokens: int | None) -> int:
    """Tokens of the context that are not kept for the answer."""
    reserved = context_tokens // _ANSWER_SHARE if max_tokens is None else max_tokens
    return max(0, context_tokens - min(reserved, context_tokens // 2))


def larger_context(needed_tokens: int, max_tokens: int | None, most_tokens: int | None) -> int | None:
    """The least context, in whole thousands of 1,024, that has room for so many tokens of prompt.

    None if `most_tokens`, the longest that the model knows, is too short.
    """
    context = _CONTEXT_STEP
    while room_for_prompt(context, max_tokens) < needed_tokens:
        context += _CONTEXT_STEP
    return None if most_tokens is not None and context > most_tokens else context


def fit(
    roles: Sequence[str], token_counts: Sequence[int], room_tokens: int, *, head_tokens: int = 0
) -> Fitting:
    """Leave out whole exchanges from the oldest on: what is sent begins with a question.

    `roles` and `token_counts` have one entry a message, `head_tokens` is the system prompt; it and the
    last message are never left out.
    """
    needed = head_tokens + sum(token_counts)
    left_out = 0
    while needed > room_tokens and (following := _next_question(roles, left_out)) is not None:
        needed -= sum(token_counts[left_out:following])
        left_out = following
    return Fitting(left_out, needed, room_tokens, needed <= room_tokens)


def _next_question(roles: Sequence[str], after: int) -> int | None:
    return next((at for at in range(after + 1, len(roles)) if roles[at] == "user"), None)
