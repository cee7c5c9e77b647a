"""A short title for a chat, asked of the chat's own model."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from slmdesk.engines.base import Message, Options, Request
from slmdesk.features.chat.history import Turn
from slmdesk.store.text import title_from

_TASK = (
    "Write a title for the conversation below: at most six words, in the language of the conversation, "
    "without quotation marks. Answer with the title alone."
)
_EXCHANGE_CHARACTERS = 1_500  # a title needs no more, and a slow machine reads for seconds
_MAX_TOKENS = 32
_THINKING = re.compile(r"<think>.*?(</think>|$)", re.DOTALL)
_LABEL = re.compile(
    r"^(?:the )?(?:title|titel|titre|título|标题|タイトル)\s*(?:is)?\s*[:：]\s*", re.IGNORECASE
)
_WRAPPING = "\"'“”„«»‹›‘’`*_#~「」『』 \t"
_ENDING = ".,;:!。，； "


_BRANCH = re.compile(r" \(branch(?: \d+)?\)$")


def branch_titles(title: str) -> Iterator[str]:
    """What a branch of a chat may be called: "Rivers (branch)", "Rivers (branch 2)", and so on."""
    origin = _BRANCH.sub("", title)
    yield f"{origin} (branch)".strip()
    yield from (f"{origin} (branch {number})".strip() for number in itertools.count(2))


def title_request(turns: Sequence[Turn], options: Options) -> Request:
    """Ask about the first question and its answer; with the chat's context, so that nothing is reloaded."""
    first = next((turn.text for turn in turns if turn.role == "user"), "")
    reply = next((turn.text for turn in turns if turn.role == "assistant" and turn.text.strip()), "")
    parts = [_TASK, f"User: {first[:_EXCHANGE_CHARACTERS]}"]
    if reply:
        parts.append(f"Assistant: {reply[:_EXCHANGE_CHARACTERS]}")
    chosen = replace(options, max_tokens=_MAX_TOKENS, temperature=0.2, stop=())
    return Request(model="", messages=(Message("user", "\n\n".join(parts)),), options=chosen)


def clean_title(reply: str) -> str:
    """The first line of what the model wrote, without what models wrap around it; "" if nothing is left."""
    lines = (line.strip() for line in _THINKING.sub("", reply).splitlines())
    line = next((line for line in lines if line.strip(_WRAPPING + _ENDING)), "")
    before = None
    while before != line:
        before = line
        line = _LABEL.sub("", line.strip(_WRAPPING)).rstrip(_ENDING)
    return title_from("".join(char if char.isprintable() else " " for char in line))
