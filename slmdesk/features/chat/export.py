"""A chat as Markdown to read and as JSON from which it can be made again, figures included."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from slmdesk.engines.answer import AnswerState
from slmdesk.engines.answer_words import figures
from slmdesk.engines.plain import estimate_from_plain, timings_from_plain
from slmdesk.store.chats import Chat
from slmdesk.store.messages import StoredMessage

FORMAT = "slmdesk-chat"
VERSION = 1


def to_markdown(chat: Chat, messages: Sequence[StoredMessage]) -> str:
    """Headings for who speaks, the texts as they are, a line of figures below each answer."""
    parts = [f"# {' '.join(chat.title.split()) or 'Chat'}", f"*{_moment(chat.created_at)}*"]
    if chat.settings.system_prompt.strip():
        parts += ["## System prompt", chat.settings.system_prompt.strip()]
    for message in messages:
        parts += _answer_parts(message) if message.role == "assistant" else ["## You", message.text.strip()]
    return "\n\n".join(part for part in parts if part) + "\n"


def to_json(chat: Chat, messages: Sequence[StoredMessage]) -> str:
    """Everything that is stored of the path on the screen."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "title": chat.title,
        "created_at": chat.created_at,
        "settings": {
            "model": chat.settings.model_ref,
            "system_prompt": chat.settings.system_prompt,
            "options": dict(chat.settings.options),
            "is_thinking": chat.settings.is_thinking,
        },
        "messages": [_message(message) for message in messages],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _message(message: StoredMessage) -> dict[str, Any]:
    content: dict[str, Any] = {
        "role": message.role,
        "text": message.text,
        "created_at": message.created_at,
    }
    if message.role != "assistant":
        return content
    return content | {
        "thinking": message.thinking,
        "model": message.model_ref,
        "state": message.state,
        "stop_reason": message.stop_reason,
        "error": message.error,
        "timings": dict(message.timings),
    }


def _answer_parts(message: StoredMessage) -> list[str]:
    state = AnswerState.INTERRUPTED if message.state == AnswerState.WRITING else message.state
    timings, estimate = timings_from_plain(message.timings), estimate_from_plain(message.timings)
    line = figures(timings, message.stop_reason, state, estimate)
    return [
        f"## {message.model_ref or 'Assistant'}",
        _quoted(message.thinking),
        message.text.strip(),
        f"*{line}*" if line else "",
        f"> {' '.join(message.error.split())}" if message.error else "",
    ]


def _quoted(thinking: str) -> str:
    """Thinking as a quotation, so that it cannot be taken for the answer."""
    lines = thinking.strip().splitlines()
    return "\n".join(["> *Thinking*", ">", *(f"> {line}".rstrip() for line in lines)]) if lines else ""


def _moment(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
